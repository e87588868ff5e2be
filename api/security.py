"""Who calls, and whether he may: bearer tokens and API keys.

`Authorization: Bearer <token or API key>` or `X-API-Key: <API key>`. There are no cookies here, so a page
of another site can't call in somebody's name.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from crm import auth
from crm.errors import NotAllowed, NotSignedIn
from crm.keys import PREFIX
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores

_bearer = HTTPBearer(auto_error=False, description="The token that /api/auth/login gives, or an API key")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key made on the Settings page")


# What asks no store is a coroutine: FastAPI gives a plain function a thread, which costs more than it does.
async def stores_of(request: Request) -> Stores:
    """The stores of this installation."""
    stores: Stores = request.app.state.stores_provider()
    return stores


StoresDep = Annotated[Stores, Depends(stores_of)]


def token_key() -> bytes:
    """The key that bearer tokens are signed with."""
    return settings().secret("token")


def address_of(request: Request) -> str:
    """Where a request comes from, as far as the connection tells."""
    return request.client.host if request.client else ""


def signed_in(
    stores: StoresDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    api_key: Annotated[str | None, Depends(_api_key)],
) -> auth.Account:
    """Whoever calls. Raises NotSignedIn."""
    given = api_key or (bearer.credentials if bearer else None)
    if not given:
        raise NotSignedIn("Sign in: send a bearer token or an API key.")
    if given.startswith(PREFIX):
        return auth.account_of_key(stores, given)
    return auth.account_of_token(stores, given, key=token_key(), now=utc_now())


SignedIn = Annotated[auth.Account, Depends(signed_in)]


def requires(capability: str) -> Callable[[auth.Account], Awaitable[auth.Account]]:
    """A dependency that gives the caller if he has the capability, else raises NotAllowed."""
    label = auth.CAPABILITIES[capability].label

    async def allowed(account: SignedIn) -> auth.Account:
        if not auth.can(account, capability):
            raise NotAllowed(f"Your role may not {label}." if account.role else "You have no role yet.")
        return account

    allowed.__name__ = f"requires_{capability}"
    allowed.capability = capability  # type: ignore[attr-defined]  # read by the test of roles and endpoints
    return allowed
