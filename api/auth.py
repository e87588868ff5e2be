"""Sign up, sign in, who am I, sign out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.bodies import described, small
from api.schemas import Credentials, Registered, Registration, SignedInUser, User
from api.security import SignedIn, StoresDep, address_of, token_key
from crm import auth
from crm.errors import NotAllowed
from crm.moment import utc_now

router = APIRouter(prefix="/auth", tags=["accounts"])

Signup = Annotated[Registration, Depends(small(Registration))]
Login = Annotated[Credentials, Depends(small(Credentials))]

_WELCOME = "Welcome."
_UNPROVEN = (
    "Welcome. We have a customer with this e-mail address already; the record and its orders stay closed to "
    "this account until the address is proven to be yours."
)


@router.post("/register", status_code=201, openapi_extra=described(Registration))
@router.post("/signup", status_code=201, include_in_schema=False)
def register(stores: StoresDep, body: Signup) -> Registered:
    """Sign up as a shopper: an account, and a customer record of one's own."""
    now = utc_now()
    account = auth.register_shopper(stores, email=body.email, name=body.name, password=body.password, now=now)
    return Registered(
        token=auth.issue_token(account, key=token_key(), now=now),
        user=User.of(account),
        message=_WELCOME if account.customer_id else _UNPROVEN,
    )


@router.post("/login", openapi_extra=described(Credentials))
def login(request: Request, stores: StoresDep, body: Login) -> SignedInUser:
    """Sign in by e-mail and password. Five tries in 15 minutes for one account from one address."""
    now = utc_now()
    account = auth.authenticate(stores, body.email, body.password, address=address_of(request), now=now)
    return SignedInUser(token=auth.issue_token(account, key=token_key(), now=now), user=User.of(account))


@router.get("/me")
def me(account: SignedIn) -> User:
    """The account of the token, and its role as it is now."""
    return User.of(account)


@router.post("/logout", status_code=204)
def logout(stores: StoresDep, account: SignedIn) -> None:
    """End every session and token of the account."""
    if account.is_key:
        raise NotAllowed("An API key does not sign out; revoke it on the Settings page.")
    auth.sign_out(stores, account, now=utc_now())
