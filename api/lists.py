"""Lists of e-mail addresses and external ids, for rules to ask about."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query

from api.answers import PageOf
from api.bodies import read_body
from api.security import StoresDep, requires
from crm import auth, lists
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now

router = APIRouter(prefix="/lists", tags=["segments"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]
Body = Annotated[bytes, Depends(read_body)]


@router.post(
    "",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}},
                        "text/csv": {"schema": {"type": "string"}}},
        }
    },
)  # fmt: skip
def create(
    stores: StoresDep,
    account: Reader,
    body: Body,
    name: str = "",
    content_type: Annotated[str, Header()] = "",
) -> dict[str, Any]:
    """Keep a list: `{name, text}`, or the file as the body with `?name=`.

    The text has e-mail addresses anywhere, else one external id a line; the answer says how many were kept
    and which lines were not.
    """
    text: str | bytes = body
    if content_type.partition(";")[0].strip() in ("", "application/json"):
        name, text = _given(body, name)
    return lists.create(stores, name=name, text=text, account=account, now=utc_now())


def _given(body: bytes, name: str) -> tuple[str, str]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not JSON.", [FieldError("body", str(error))]) from None
    if not isinstance(given, dict):
        raise InvalidInput("The body must be one JSON object.", [FieldError("body", "must be an object")])
    for key, value in (("name", given.get("name", name)), ("text", given.get("text"))):
        if not isinstance(value, str):
            raise InvalidInput(f"{key} must be text.", [FieldError(key, "must be text")])
    return given.get("name", name), given["text"]


@router.get("")
def listing(
    stores: StoresDep,
    account: Reader,
    limit: Annotated[int, Query(ge=1, le=lists.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Stored lists, newest first."""
    items, following = lists.listing(stores, limit=limit, cursor=cursor)
    return PageOf(items=items, next=following)


@router.get("/{list_id}")
def one(stores: StoresDep, account: Reader, list_id: str) -> dict[str, Any]:
    """One list: its name and how many entries it has."""
    return lists.get(stores, list_id)


@router.delete("/{list_id}", status_code=204)
def delete(stores: StoresDep, account: Reader, list_id: str) -> None:
    """Remove a list; 409 while a segment asks about it."""
    lists.delete(stores, list_id, account=account, now=utc_now())
