"""Earlier rules of segments: `_id` (`segmentId:number`), version, rules, size, total, savedAt, savedBy.

The present rules are the segment's own; they come here in the transaction that replaces them.
"""

from pymongo.client_session import ClientSession

from crm.stores.connection import Document, Stores

MOST_KEPT = 200


def keep(stores: Stores, segment: Document, session: ClientSession) -> None:
    """Keep the present rules of a segment as a version; the oldest of more than 200 goes."""
    number, saved = segment.get("version", 1), segment.get("saved") or {}
    version = {
        "version": number,
        "rules": segment["rules"],
        "size": saved.get("size", segment.get("lastSize")),
        "total": saved.get("total"),
        "savedAt": saved.get("at", segment["createdAt"]),
        "savedBy": saved.get("by", segment.get("createdBy")),
    }
    kept = stores.collection("segmentVersions")
    kept.replace_one({"_id": key(segment["_id"], number)}, version, upsert=True, session=session)
    kept.delete_one({"_id": key(segment["_id"], number - MOST_KEPT)}, session=session)


def key(segment_id: str, number: int) -> str:
    """The `_id` of a version; they sort by number."""
    return f"{segment_id}:{number:08d}"


def get(stores: Stores, segment_id: str, number: int) -> Document | None:
    return stores.collection("segmentVersions").find_one({"_id": key(segment_id, number)})


def latest(stores: Stores, segment_id: str, limit: int, before: int | None = None) -> list[Document]:
    """The latest first, at most `limit`, of lower numbers than `before`."""
    end = f"{segment_id};" if before is None else key(segment_id, before)
    query = {"_id": {"$gt": f"{segment_id}:", "$lt": end}}
    return list(stores.collection("segmentVersions").find(query).sort("_id", -1).limit(limit))


def forget(stores: Stores, segment_id: str) -> None:
    stores.collection("segmentVersions").delete_many(
        {"_id": {"$gt": f"{segment_id}:", "$lt": f"{segment_id};"}}
    )
