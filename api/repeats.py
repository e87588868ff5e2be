"""The header Idempotency-Key: the same request again gets the same answer and takes effect once."""

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response

from api.bodies import read_body
from api.security import SignedIn, StoresDep
from crm import auth, repeats
from crm.moment import utc_now
from crm.stores.connection import Stores

_HEADER = (
    "Makes a repetition of this request safe: for one day the same key with the same body is answered as the "
    "first time was, and takes effect once. The same key with another body is 422."
)


Key = Annotated[str | None, Header(alias="Idempotency-Key", description=_HEADER)]


class Once:
    """Answers a request, by what was answered before where the caller's key says that it comes again."""

    def __init__(
        self, stores: Stores, account: auth.Account, route: str, body: bytes, key: str | None
    ) -> None:
        self._stores, self._account, self._body = stores, account, body
        self._route, self._key = route, key

    def __call__(self, work: Callable[[str | None], Any], status: int = 202) -> Any:
        """`work(seed)` makes the answer; what it derives from `seed`, if there is one, is repeatable."""
        if self._key is None:
            return work(None)
        answer = repeats.once(
            self._stores,
            caller=self._account.id,
            route=self._route,
            key=self._key,
            body=self._body,
            now=utc_now(),
            work=lambda seed: orjson.dumps(jsonable_encoder(work(seed))),
        )
        headers = {"Idempotency-Replayed": "true"} if answer.repeated else None
        return Response(answer.json, status, headers, media_type="application/json")


async def _once(
    request: Request,
    stores: StoresDep,
    account: SignedIn,
    body: Annotated[bytes, Depends(read_body)],
    idempotency_key: Key = None,
) -> Once:
    return Once(stores, account, f"{request.method} {request.url.path}", body, idempotency_key)


Repeatable = Annotated[Once, Depends(_once)]
