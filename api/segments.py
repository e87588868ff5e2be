"""Segments: the library, who is in one, and a preview of any rules."""

import csv
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from api.answers import PageOf
from api.bodies import OneRecord
from api.exports import streamed
from api.security import StoresDep, requires
from crm import audiences, auth, cursors, directory, exports, library, rulebook
from crm.errors import FieldError, InvalidInput
from crm.exports import Export
from crm.moment import utc_now
from crm.saved import sizes, trash, usage
from crm.settings import settings

router = APIRouter(tags=["segments"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]


class TotalsOut(BaseModel):
    totalSpent: float
    averageSpent: float | None


class PreviewOut(BaseModel):
    """How many customers the rules select, of how many, whom of them we can reach, what they have spent.

    `nodes` says how many each node selects by itself, by its path. It is empty where counting that would take
    too long: a large rule or a large shop without its snapshot.
    """

    size: int
    total: int
    reachable: int
    nodes: dict[str, int]
    totals: TotalsOut
    asOf: datetime
    engine: str


@router.post("/audience/preview")
def preview(stores: StoresDep, account: Reader, body: OneRecord) -> PreviewOut:
    """Count an audience: `{rules, asOf?}`. Bad rules are 422 with the path of the bad node."""
    rule = rulebook.parse(stores, body.get("rules"))
    zone = settings().zone
    now = audiences.instant(body.get("asOf"), now=utc_now(), zone=zone)
    found = audiences.preview(stores, rule, now=now, zone=zone, charts=(), sample_size=1)
    totals = TotalsOut(totalSpent=found.totals.total_spent, averageSpent=found.totals.average_spent)
    return PreviewOut(
        size=found.size,
        total=found.total,
        reachable=found.reachable,
        nodes=dict(found.nodes),
        totals=totals,
        asOf=found.as_of,
        engine=found.engine,
    )


@router.post("/segments", status_code=201)
def save(stores: StoresDep, account: Reader, body: OneRecord) -> dict[str, Any]:
    """Save a segment: `{name, rules, description?, tags?}`."""
    return library.save(
        stores,
        name=_text(body, "name"),
        description=_text(body, "description"),
        tags=_tags(body) or (),
        rules=body.get("rules"),
        account=account,
        now=utc_now(),
        zone=settings().zone,
    )


@router.get("/segments")
def listing(
    stores: StoresDep,
    account: Reader,
    search: str = "",
    tag: Annotated[list[str] | None, Query()] = None,
    sort: Literal["changed", "name", "size", "used"] = "changed",
    deleted: bool = False,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Saved segments: `?search=` in names and tags, `?tag=` (again for more), `?sort=changed|name|size|used`.

    With `?deleted=true` those that were deleted in the last 30 days, latest first, in one page.
    """
    if deleted:
        cursors.read("deleted segments", cursor, tuple[()])  # they have no second page
        return PageOf(items=trash.listing(stores, limit=limit), next=None)
    items, following = library.listing(
        stores, limit=limit, cursor=cursor, search=search, tags=tag or (), order=sort
    )
    return PageOf(items=items, next=following)


@router.get("/segments/{segment_id}")
def one(stores: StoresDep, account: Reader, segment_id: str) -> dict[str, Any]:
    """One segment, with `sizes` (its trend of 90 days: at, size, total) and `usedBy` (campaigns, segments).

    A segment is used by campaigns that have not ended and by segments whose rules refer to it.
    """
    segment = library.get(stores, segment_id)
    found = usage.users(stores, segment_id)
    return segment | {
        "sizes": sizes.trends(stores, [segment_id], now=utc_now()).get(segment_id, []),
        "usedBy": {"campaigns": found.campaigns, "segments": found.segments},
    }


@router.put("/segments/{segment_id}")
def change(stores: StoresDep, account: Reader, body: OneRecord, segment_id: str) -> dict[str, Any]:
    """Change name, description, tags or rules; what is not given stays, and earlier rules stay as a version.

    With the `updatedAt` that you have read, the answer is 409 where somebody changed the segment since.
    """
    return library.update(
        stores,
        segment_id,
        name=_text(body, "name") if "name" in body else None,
        description=_text(body, "description") if "description" in body else None,
        tags=_tags(body),
        rules=_rules_if_given(body),
        expected=seen_at(body),
        account=account,
        now=utc_now(),
        zone=settings().zone,
    )


@router.delete("/segments/{segment_id}", status_code=204)
def delete(stores: StoresDep, account: Reader, segment_id: str) -> None:
    """Delete a segment; it can be restored for 30 days. 409, with names, while anything uses it."""
    library.delete(stores, segment_id, account=account, now=utc_now())


@router.get("/segments/{segment_id}/members", response_model=PageOf)
def members(
    stores: StoresDep,
    account: Reader,
    segment_id: str,
    asOf: str | None = None,
    format: Literal["json", "ndjson", "csv"] = "json",
    fields: str = ",".join(exports.DEFAULT_FIELDS),
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> Any:
    """Who is in a segment, by `_id`: JSON page by page, NDJSON and CSV whole.

    `fields` are names of customers' fields and attributes, separated by commas; one that holds a comma stands
    in double quotes. `_id` always comes with them.
    `asOf` evaluates what the rules say of time and of orders as of that instant: later orders don't count.
    """
    segment = library.get(stores, segment_id)
    wanted = [name.strip() for name in next(csv.reader([fields], skipinitialspace=True), []) if name.strip()]
    zone = settings().zone
    now = audiences.instant(asOf, now=utc_now(), zone=zone)
    if format != "json":
        export = Export(segment["rules"], tuple(wanted), format, now, segment["name"], segment_id)
        return streamed(stores, account, export)
    rule = rulebook.parse(stores, segment["rules"], own_id=segment_id)
    chosen = exports.fields_of(stores, wanted)
    of = f"members of {segment_id}"
    after = cursors.read(of, cursor, str)
    rows = list(exports.rows(stores, rule, chosen, now=now, zone=zone, after=after, limit=limit + 1))
    following = cursors.written(of, rows[limit - 1]["_id"]) if len(rows) > limit else None
    return PageOf(items=rows[:limit], next=following)


def _rules_if_given(body: dict[str, Any]) -> Any:
    """None where a body says nothing about rules; rules that are null are bad rules."""
    return None if "rules" not in body else body["rules"] if body["rules"] is not None else {}


def _tags(body: dict[str, Any]) -> list[str] | None:
    """None where a body says nothing about tags."""
    tags = body.get("tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise InvalidInput("tags must be a list of texts.", [FieldError("tags", "must be a list of texts")])
    return tags


def seen_at(body: dict[str, Any]) -> datetime | None:
    """The `updatedAt` that a caller has read, None where he says nothing of it."""
    seen = body.get("updatedAt")
    zone = settings().zone
    return audiences.instant(seen, now=utc_now(), zone=zone, field="updatedAt") if seen else None


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"{key} must be text.", [FieldError(key, "must be text")])
    return value or ""
