"""Earlier rules of a segment: listed, compared, restored; and a deleted segment brought back."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.answers import PageOf
from api.bodies import OneRecord
from api.security import StoresDep, requires
from api.segments import seen_at
from crm import auth, cursors
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.saved import trash, versions
from crm.settings import settings

router = APIRouter(prefix="/segments/{segment_id}", tags=["segments"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]
_MOST = 2**31


@router.get("/versions")
def listing(
    stores: StoresDep,
    account: Reader,
    segment_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> PageOf:
    """Versions of a segment's rules, the present one first: who saved them, when, how many they selected."""
    of = f"versions of {segment_id}"
    before = cursors.read(of, cursor, cursors.Number)
    items, following = versions.listing(stores, segment_id, limit=limit, before=before)
    return PageOf(items=items, next=None if following is None else cursors.written(of, following))


@router.get("/difference")
def difference(
    stores: StoresDep,
    account: Reader,
    segment_id: str,
    earlier: Annotated[int, Query(ge=1, le=_MOST)],
    later: Annotated[int, Query(ge=1, le=_MOST)],
) -> dict[str, Any]:
    """What changed between two versions: `{earlier, later, changes: [{kind, path, before, after}]}` in words.

    `kind` is added, removed, changed, moved or rejoined (a group that asks for all, any or none now).
    """
    found = versions.compare(stores, segment_id, earlier, later)
    return {"earlier": earlier, "later": later, "changes": [asdict(step) for step in found]}


@router.post("/restore")
def restore(stores: StoresDep, account: Reader, body: OneRecord, segment_id: str) -> dict[str, Any]:
    """With `{version}`, give a segment the rules of that version, as a new one; with `{}`, undo its deletion.

    With the `updatedAt` that you have read, the answer is 409 where somebody changed the segment since.
    """
    if "version" not in body:
        return trash.restore(stores, segment_id, account=account, now=utc_now())
    number = body["version"]
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _MOST:
        reason = "must be the number of a version"
        raise InvalidInput("Give the number of a version.", [FieldError("version", reason)])
    return versions.restore(
        stores,
        segment_id,
        number,
        expected=seen_at(body),
        account=account,
        now=utc_now(),
        zone=settings().zone,
    )
