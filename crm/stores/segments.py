"""Saved segments: `_id`, name, rules (JSON tree), description, tags, version, createdBy, createdAt,
updatedAt, lastSize, lastTotal, lastSizeAt, lastUsedAt, lastUsedFor.

Kept beside it and never handed out: `folded` (name and tags as they are compared), `saved` (who saved these
rules, when, and how many they selected) and `held`, which grows whenever something else begins to refer to
the segment. So a deletion and a new reference that come at once meet in one document, and one of them loses.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from crm import cursors
from crm.errors import Conflict
from crm.fields import fold
from crm.rules.mentions import segments_in
from crm.stores import segment_versions
from crm.stores.connection import Document, Stores
from crm.stores.containing import containing
from crm.stores.transactions import transact

_HIDDEN = ("folded", "saved", "held")
WITHOUT = dict.fromkeys(_HIDDEN, 0)


def insert(stores: Stores, segment: Document) -> Document:
    """Store a new segment. Raises Conflict where another has its name, or one it refers to is gone."""
    folded = {"name": fold(segment["name"]), "tags": [fold(tag) for tag in segment["tags"]]}
    saved = _saved(segment, segment["createdBy"])

    def work(session: ClientSession) -> None:
        hold(stores, segments_in(segment["rules"]), session, own_id=segment["_id"])
        stores.collection("segments").insert_one(
            {**segment, "folded": folded, "saved": saved}, session=session
        )

    try:
        transact(stores, work)
    except DuplicateKeyError:
        raise _name_taken(segment["name"]) from None
    return segment


def change(
    stores: Stores,
    segment_id: str,
    changes: Document,
    *,
    expected: datetime | None = None,
    by: str | None = None,
    same_as: object = None,
) -> Document | None:
    """The segment after these changes; None if it is gone or, with `expected`, was changed since then.

    Rules make another version, saved by the account `by`; the present one is kept in the same transaction.
    Not so where the present rules still are `same_as`, which the new ones ask the same as.
    Raises Conflict where the name is taken, or a segment that the rules refer to is gone.
    """
    query: Document = {"_id": segment_id}
    if expected is not None:
        query["updatedAt"] = expected
    changes = _with_folded(changes)

    def work(session: ClientSession) -> Document | None:
        present = stores.collection("segments").find_one(query, session=session)
        if present is None:
            return None
        renewed = dict(changes)
        if "rules" in changes:
            hold(stores, segments_in(changes["rules"]), session, own_id=segment_id)
            if present["rules"] != same_as:
                segment_versions.keep(stores, present, session)
                number, saved = present.get("version", 1) + 1, _saved({**present, **changes}, by)
                renewed |= {"version": number, "saved": saved}
        return stores.collection("segments").find_one_and_update(
            query, {"$set": renewed}, projection=WITHOUT, return_document=ReturnDocument.AFTER,
            session=session,
        )  # fmt: skip

    try:
        return transact(stores, work)
    except DuplicateKeyError:
        raise _name_taken(changes["name"]) from None


def retag(stores: Stores, segment_id: str, tags: Callable[[list[str]], list[str]]) -> Document | None:
    """The segment with the tags that follow from its present ones; None if it is gone."""

    def work(session: ClientSession) -> Document | None:
        present = stores.collection("segments").find_one({"_id": segment_id}, {"tags": 1}, session=session)
        if present is None:
            return None
        changes = _with_folded({"tags": tags(present.get("tags", []))})
        return stores.collection("segments").find_one_and_update(
            {"_id": segment_id}, {"$set": changes}, projection=WITHOUT, session=session,
            return_document=ReturnDocument.AFTER,
        )  # fmt: skip

    return transact(stores, work)


def _with_folded(changes: Document) -> Document:
    folded: Document = {}
    if "name" in changes:
        folded["folded.name"] = fold(changes["name"])
    if "tags" in changes:
        folded["folded.tags"] = [fold(tag) for tag in changes["tags"]]
    return {**changes, **folded}


def _saved(segment: Document, by: str | None) -> Document:
    counted = {"size": segment["lastSize"], "total": segment.get("lastTotal")}
    return {"at": segment["updatedAt"], "by": by, **counted}


def hold(
    stores: Stores, segment_ids: Iterable[str], session: ClientSession, *, own_id: str | None = None
) -> None:
    """In this transaction, keep these segments, and those they lead to, from being deleted or changed.

    Raises Conflict where one is gone, or leads back to `own_id`.
    """
    waiting, seen = set(segment_ids), set[str]()
    while waiting:
        if own_id in waiting:
            raise Conflict("These rules lead back to the segment itself, by one that has just changed.")
        query = {"_id": {"$in": sorted(waiting)}}
        found = list(stores.collection("segments").find(query, {"rules": 1}, session=session))
        if len(found) < len(waiting):
            raise Conflict("A segment that these rules refer to has just been deleted.")
        seen |= waiting
        waiting = set().union(*(segments_in(one["rules"]) for one in found)) - seen
    if seen:
        stores.collection("segments").update_many(
            {"_id": {"$in": sorted(seen)}}, {"$inc": {"held": 1}}, session=session
        )


def note_size(stores: Stores, segment: Document, point: Document) -> None:
    """Note how many a segment selects now, if its rules are still those that were counted.

    That is no change of the segment, so that it gets in the way of nobody's edit.
    """
    stores.collection("segments").update_one(
        {"_id": segment["_id"], "version": segment.get("version")},
        {"$set": {"lastSize": point["size"], "lastTotal": point["total"], "lastSizeAt": point["at"]}},
    )


def note_use(stores: Stores, segment_id: str, at: datetime, purpose: str) -> None:
    """Note a use, unless a later one is noted."""
    earlier = {"$or": [{"lastUsedAt": None}, {"lastUsedAt": {"$lt": at}}]}
    stores.collection("segments").update_one(
        {"_id": segment_id, **earlier}, {"$set": {"lastUsedAt": at, "lastUsedFor": purpose}}
    )


def get(stores: Stores, segment_id: str) -> Document | None:
    return stores.collection("segments").find_one({"_id": segment_id}, WITHOUT)


def find_many(stores: Stores, segment_ids: Iterable[str]) -> dict[str, Document]:
    """Those that exist, by id."""
    found = stores.collection("segments").find({"_id": {"$in": list(segment_ids)}}, WITHOUT)
    return {segment["_id"]: segment for segment in found}


def everything(stores: Stores) -> Iterable[Document]:
    """Every segment, oldest first."""
    return stores.collection("segments").find({}, WITHOUT).sort("_id", 1)


def with_saved(stores: Stores, segment_id: str) -> Document | None:
    """A segment with who saved its rules."""
    return stores.collection("segments").find_one({"_id": segment_id}, {"folded": 0, "held": 0})


def names(stores: Stores) -> set[str]:
    """Every name in use, in the form they are compared by."""
    found = stores.collection("segments").find({}, {"folded.name": 1})
    return {segment["folded"]["name"] for segment in found if segment.get("folded")}


def tags(stores: Stores) -> list[str]:
    """Every tag in use, as one segment has it written, by its folded form."""
    pipeline: list[Document] = [
        {"$unwind": {"path": "$folded.tags", "includeArrayIndex": "place"}},
        {"$group": {"_id": "$folded.tags", "written": {"$min": {"$arrayElemAt": ["$tags", "$place"]}}}},
        {"$sort": {"_id": 1}},
    ]
    return [found["written"] for found in stores.collection("segments").aggregate(pipeline)]


def count(stores: Stores, search: str | None = None, tags: Iterable[str] = ()) -> int:
    return stores.collection("segments").count_documents(_asked(search, tags))


ORDERS: dict[str, tuple[str, int]] = {
    "changed": ("updatedAt", -1),
    "name": ("folded.name", 1),
    "size": ("lastSize", -1),
    "used": ("lastUsedAt", -1),
}
"""By what a list may be sorted: the field and the direction. Ties by `_id`; what was never used is last."""

_PLACES: dict[str, Any] = {
    "changed": tuple[cursors.Moment, str],
    "name": tuple[str, str],
    "size": tuple[cursors.Number | None, str],
    "used": tuple[cursors.Moment | None, str],
}


def page(
    stores: Stores,
    *,
    limit: int,
    cursor: str | None = None,
    search: str | None = None,
    tags: Iterable[str] = (),
    order: str = "changed",
) -> tuple[list[Document], str | None]:
    """Segments with all of the tags, in this order, and the cursor of the following page.

    Raises InvalidInput for a cursor that is none of this order.
    """
    path, direction = ORDERS[order]
    query = {"$and": [_asked(search, tags), _behind(cursor, order)]}
    found = stores.collection("segments").find(query, {"saved": 0, "held": 0})
    items = list(found.sort([(path, direction), ("_id", direction)]).limit(limit + 1))
    following = _cursor(items[limit - 1], order) if len(items) > limit else None
    for item in items:
        item.pop("folded", None)
    return items[:limit], following


def _asked(search: str | None, tags: Iterable[str]) -> Document:
    query: Document = {}
    if search and fold(search):
        text = containing(fold(search))
        query["$or"] = [{"folded.name": text}, {"folded.tags": text}]
    wanted = [fold(tag) for tag in tags]
    if wanted:
        query["folded.tags"] = {"$all": wanted}
    return query


def _cursor(segment: Document, order: str) -> str:
    value: Any = segment
    for key in ORDERS[order][0].split("."):
        value = value.get(key)
    return cursors.written(f"segments by {order}", (value, segment["_id"]))


def _behind(cursor: str | None, order: str) -> Document:
    """What comes after the segment that a cursor names."""
    place = cursors.read(f"segments by {order}", cursor, _PLACES[order])
    if place is None:
        return {}
    path, direction = ORDERS[order]
    comparison = "$gt" if direction > 0 else "$lt"
    value, segment_id = place
    same = {path: value, "_id": {comparison: segment_id}}
    if value is None:  # they are the last
        return same
    further: list[Document] = [{path: {comparison: value}}, same]
    return {"$or": [*further, {path: None}] if direction < 0 else further}


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a segment named “{name}” already. Choose another name.")
