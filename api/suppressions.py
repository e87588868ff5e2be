"""Addresses that are not to be written to."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.answers import PageOf
from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import auth, suppressed
from crm.errors import FieldError, InvalidInput, NotFound
from crm.moment import utc_now

router = APIRouter(prefix="/suppressions", tags=["campaigns"])

Marketer = Annotated[auth.Account, Depends(requires("campaigns"))]
Reader = Annotated[auth.Account, Depends(requires("history"))]


@router.post("", status_code=201)
def add(stores: StoresDep, account: Marketer, body: OneRecord) -> dict[str, int]:
    """Suppress addresses: `{addresses, reason?, note?}`, `addresses` a list or text with addresses in it.

    `reason` is unsubscribed, bounced, complained or manual (by hand, the default). Answers `{added, known}`.
    """
    given = body.get("addresses")
    if not isinstance(given, str | list):
        raise _bad("addresses", "is a list of addresses, or text")
    for name in ("reason", "note"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise _bad(name, "must be text")
    return suppressed.add(
        stores, given, reason=body.get("reason") or "manual", note=body.get("note"), account=account,
        now=utc_now(),
    )  # fmt: skip


@router.get("")
def listing(
    stores: StoresDep,
    account: Reader,
    limit: Annotated[int, Query(ge=1, le=suppressed.MAX_PAGE)] = 50,
    cursor: str | None = None,
    search: str | None = None,
    reason: str | None = None,
) -> PageOf:
    """Suppressed addresses in their order; `search` is text within the address."""
    return PageOf(**suppressed.listing(stores, limit=limit, cursor=cursor, search=search, reason=reason))


@router.get("/{address}")
def one(stores: StoresDep, account: Reader, address: str) -> dict[str, Any]:
    """Why an address is suppressed; 404 where it is not."""
    found = suppressed.find(stores, address)
    if found is None:
        raise NotFound("This address is not suppressed.")
    return found


@router.delete("/{address}", status_code=204)
def remove(stores: StoresDep, account: Marketer, address: str) -> None:
    """Let an address be written to again."""
    suppressed.remove(stores, address, account=account, now=utc_now())


def _bad(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field} {reason}.", [FieldError(field, reason)])
