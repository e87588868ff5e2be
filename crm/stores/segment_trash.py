"""Deleted segments, whole, with `deletedAt` and `deletedBy`: out of sight, and back on request."""

from collections.abc import Callable
from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from crm.errors import Conflict
from crm.fields import fold
from crm.rules.mentions import segments_in
from crm.stores import segments
from crm.stores.connection import Document, Stores
from crm.stores.transactions import transact

_SHOWN = {"name": 1, "rules": 1, "tags": 1, "version": 1, "lastSize": 1, "deletedAt": 1, "deletedBy": 1}


def put(
    stores: Stores,
    segment_id: str,
    deleted: Document,
    unless_used: Callable[[ClientSession], None],
) -> bool:
    """Move a segment here; False if it is gone. `unless_used` raises, in the same transaction, to keep it."""

    def work(session: ClientSession) -> bool:
        segment = stores.collection("segments").find_one_and_delete({"_id": segment_id}, session=session)
        if segment is None:
            return False
        unless_used(session)
        kept = {**segment, **deleted}
        stores.collection("deletedSegments").replace_one(
            {"_id": segment_id}, kept, upsert=True, session=session
        )
        return True

    return transact(stores, work)


def take(stores: Stores, segment_id: str, name: str, now: datetime) -> Document | None:
    """Move a segment back, under this name; None if it is not here.

    Raises Conflict where the name is taken meanwhile, or a segment it refers to is gone.
    """

    def work(session: ClientSession) -> Document | None:
        segment = stores.collection("deletedSegments").find_one_and_delete(
            {"_id": segment_id}, session=session
        )
        if segment is None:
            return None
        segments.hold(stores, segments_in(segment["rules"]), session, own_id=segment_id)
        for key in ("deletedAt", "deletedBy"):
            segment.pop(key)
        segment |= {"name": name, "updatedAt": now}
        segment.setdefault("folded", {})["name"] = fold(name)
        stores.collection("segments").insert_one(segment, session=session)
        return {key: value for key, value in segment.items() if key not in segments.WITHOUT}

    try:
        return transact(stores, work)
    except DuplicateKeyError:
        raise Conflict(f"There is a segment named “{name}” already.") from None


def get(stores: Stores, segment_id: str) -> Document | None:
    return stores.collection("deletedSegments").find_one({"_id": segment_id}, _SHOWN)


def latest(stores: Stores, limit: int) -> list[Document]:
    """What was deleted last comes first."""
    found = stores.collection("deletedSegments").find({}, _SHOWN)
    return list(found.sort([("deletedAt", -1), ("_id", -1)]).limit(limit))


def older_than(stores: Stores, before: datetime, limit: int) -> list[str]:
    """Ids of what was deleted before this instant."""
    query = {"deletedAt": {"$lt": before}}
    return [one["_id"] for one in stores.collection("deletedSegments").find(query, {"_id": 1}).limit(limit)]


def forget(stores: Stores, segment_id: str, before: datetime) -> bool:
    """Remove it for good, if it was deleted before this instant and nobody brought it back."""
    query = {"_id": segment_id, "deletedAt": {"$lt": before}}
    return stores.collection("deletedSegments").delete_one(query).deleted_count == 1
