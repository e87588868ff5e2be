"""How segments have grown: one document each, `_id` of the segment, `daily` and `saves` (at, size, total).

Both lists are bounded, each by itself, so that many saves of one day push no other day out.
"""

from collections.abc import Iterable
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from crm.stores.connection import Document, Stores

MOST_DAYS, MOST_SAVES = 400, 100


def add_saved(stores: Stores, segment_id: str, point: Document) -> None:
    """Note a size that was counted for a save."""
    pushed = {"saves": {"$each": [point], "$slice": -MOST_SAVES}}
    stores.collection("segmentSizes").update_one({"_id": segment_id}, {"$push": pushed}, upsert=True)


def add_daily(stores: Stores, segment_id: str, day: str, point: Document) -> bool:
    """Note the size of a day (`2026-05-15`), once a day however many ask; whether this was it."""
    pushed = {"daily": {"$each": [point], "$slice": -MOST_DAYS}}
    try:
        result = stores.collection("segmentSizes").update_one(
            {"_id": segment_id, "day": {"$ne": day}}, {"$push": pushed, "$set": {"day": day}}, upsert=True
        )
    except DuplicateKeyError:  # the day is there already, so no document was found and one was to be made
        return False
    return bool(result.modified_count or result.upserted_id)


def measured_on(stores: Stores, day: str) -> set[str]:
    """Segments whose size of this day is noted."""
    return {found["_id"] for found in stores.collection("segmentSizes").find({"day": day}, {"_id": 1})}


def is_measured(stores: Stores, segment_id: str, day: str) -> bool:
    """Whether the segment was counted on this day already."""
    return stores.collection("segmentSizes").find_one({"_id": segment_id, "day": day}, {"_id": 1}) is not None


def points(
    stores: Stores, segment_ids: Iterable[str], since: datetime | None = None
) -> dict[str, list[Document]]:
    """Sizes by segment, oldest first; nothing for a segment that was never counted."""
    found: dict[str, list[Document]] = {}
    for one in stores.collection("segmentSizes").find({"_id": {"$in": list(segment_ids)}}):
        every = [*one.get("daily", ()), *one.get("saves", ())]
        kept = [point for point in every if since is None or point["at"] >= since]
        found[one["_id"]] = sorted(kept, key=lambda point: point["at"])
    return found


def forget(stores: Stores, segment_id: str) -> None:
    stores.collection("segmentSizes").delete_one({"_id": segment_id})
