"""Saved segments: `_id`, name, rules (JSON tree), description, createdBy, createdAt, updatedAt, lastSize,
lastSizeAt, and `folded.name`, which keeps names apart whatever their case."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm.errors import Conflict
from crm.fields import fold
from crm.stores.connection import Document, Stores

_WITHOUT = {"folded": 0}
_NEWEST_FIRST = [("updatedAt", -1), ("_id", -1)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def insert(stores: Stores, segment: Document) -> Document:
    """Store a new segment. Raises Conflict where another one has its name."""
    try:
        stores.collection("segments").insert_one({**segment, "folded": {"name": fold(segment["name"])}})
    except DuplicateKeyError:
        raise _name_taken(segment["name"]) from None
    return segment


def change(
    stores: Stores, segment_id: str, changes: Document, *, expected: datetime | None
) -> Document | None:
    """The segment after these changes; None if it is gone or, with `expected`, was changed since then."""
    query: Document = {"_id": segment_id}
    if expected is not None:
        query["updatedAt"] = expected
    if "name" in changes:
        changes = {**changes, "folded.name": fold(changes["name"])}
    try:
        return stores.collection("segments").find_one_and_update(
            query, {"$set": changes}, projection=_WITHOUT, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        raise _name_taken(changes["name"]) from None


def get(stores: Stores, segment_id: str) -> Document | None:
    return stores.collection("segments").find_one({"_id": segment_id}, _WITHOUT)


def delete(stores: Stores, segment_id: str) -> bool:
    return stores.collection("segments").delete_one({"_id": segment_id}).deleted_count == 1


def names(stores: Stores) -> set[str]:
    """Every name in use, in the form they are compared by."""
    found = stores.collection("segments").find({}, {"folded.name": 1})
    return {segment["folded"]["name"] for segment in found if segment.get("folded")}


def count(stores: Stores, search: str | None = None) -> int:
    return stores.collection("segments").count_documents(_named(search))


def page(
    stores: Stores, *, limit: int, cursor: str | None = None, search: str | None = None
) -> tuple[list[Document], str | None]:
    """Segments, latest change first, and the cursor of the following page; a bad cursor is the start."""
    query = _named(search)
    position = _position(cursor)
    if position is not None:
        at, segment_id = position
        query = {
            "$and": [
                query,
                {"$or": [{"updatedAt": {"$lt": at}}, {"updatedAt": at, "_id": {"$lt": segment_id}}]},
            ]
        }
    found = stores.collection("segments").find(query, _WITHOUT).sort(_NEWEST_FIRST).limit(limit + 1)
    items = list(found)
    following = _cursor(items[limit - 1]) if len(items) > limit else None
    return items[:limit], following


def users(stores: Stores, segment_id: str, finished: tuple[str, ...]) -> list[Document]:
    """Campaigns that use a segment and are in none of the finished states: `_id`, name and status."""
    query = {"segmentId": segment_id, "status": {"$nin": list(finished)}}
    return list(stores.collection("campaigns").find(query, {"name": 1, "status": 1}).sort("_id", 1).limit(20))


def _named(search: str | None) -> dict[str, Any]:
    return {"folded.name": {"$regex": re.escape(fold(search))}} if search and fold(search) else {}


def _cursor(segment: Document) -> str:
    milliseconds = (segment["updatedAt"] - _EPOCH) // timedelta(milliseconds=1)
    return f"{milliseconds}-{segment['_id']}"


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    found = re.fullmatch(r"(\d{1,14})-(.+)", cursor or "", re.DOTALL)
    return (_EPOCH + timedelta(milliseconds=int(found[1])), found[2]) if found else None


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a segment named “{name}” already. Choose another name.")
