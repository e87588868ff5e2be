"""What workers gave up on: looked at, mended and sent once more, thrown away."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from api.answers import PageOf
from api.security import StoresDep, requires
from crm import auth, dead_letters, directory
from crm.moment import utc_now

router = APIRouter(prefix="/dead-letters", tags=["operation"])

Administrator = Annotated[auth.Account, Depends(requires("administer"))]


class Mended(BaseModel):
    """What is to be sent in place of the letter's own records; null sends it as it is."""

    records: list[Any] | None = None


@router.get("")
def listing(
    stores: StoresDep,
    account: Administrator,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Dead letters, the latest first, each with its reason and what it holds.

    `{_id, stream, kind, at, reason, detail, deliveries, references, records, payload}`; `reason` says what to
    do, `detail` is the worker's own error, and `records` is null for streams that carry none.
    """
    return PageOf.of(dead_letters.listing(stores, limit=limit, cursor=cursor))


@router.get("/{letter_id}")
def one(stores: StoresDep, account: Administrator, letter_id: str) -> dict[str, Any]:
    """One dead letter."""
    return dead_letters.get(stores, letter_id)


@router.post("/{letter_id}/resubmit", status_code=202)
def resubmit(
    stores: StoresDep, account: Administrator, letter_id: str, mended: Mended | None = None
) -> dict[str, str]:
    """Send a letter once more, as it is or with `{records}` in place of its own. 422 names what is wrong."""
    records = mended.records if mended else None
    dead_letters.resubmit(stores, letter_id, records, by=account, now=utc_now())
    return {"message": "Sent once more."}


@router.delete("/{letter_id}", status_code=204)
def discard(stores: StoresDep, account: Administrator, letter_id: str) -> None:
    """Throw a letter away for good."""
    dead_letters.discard(stores, letter_id, by=account, now=utc_now())
