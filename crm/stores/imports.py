"""Uploads as documents: `imports`, and the counts of each of their batches in `importBatches`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import DESCENDING, ReturnDocument

from crm.stores.connection import Document, Session, Stores

COUNTS = ("read", "accepted", "created", "updated", "unchanged", "rejected")


def insert(stores: Stores, document: Document) -> None:
    stores.db.imports.insert_one(document)


def get(stores: Stores, import_id: str) -> Document | None:
    return stores.db.imports.find_one({"_id": import_id})


def newest(stores: Stores, *, before: str | None, limit: int) -> list[Document]:
    """A page of imports, the newest first, from before this id."""
    query: Document = {"_id": {"$lt": before}} if before else {}
    return list(stores.db.imports.find(query).sort("_id", DESCENDING).limit(limit))


def unfinished_before(
    stores: Stores,
    import_id: str,
    kinds: Sequence[str | None],
    states: Collection[str],
    *,
    asker: str | None = None,
) -> str | None:
    """The first import before this one that is of these kinds and states, or `asker` is still to confirm."""
    open_now: list[Document] = [{"state": {"$in": list(states)}}]
    if asker is not None:
        open_now.append({"state": "asking", "createdBy": asker})
    query = {"_id": {"$lt": import_id}, "kind": {"$in": list(kinds)}, "$or": open_now}
    found = stores.db.imports.find_one(query, {"_id": 1}, sort=[("_id", 1)])
    return None if found is None else str(found["_id"])


def change(
    stores: Stores, import_id: str, fields: Document, *, states: Collection[str], reader: str | None = None
) -> Document | None:
    """Set fields of an import in one of these states, and as long as `reader` reads it; else None."""
    query: Document = {"_id": import_id, "state": {"$in": list(states)}}
    if reader is not None:
        query["reader"] = reader
    return stores.db.imports.find_one_and_update(
        query, {"$set": fields}, return_document=ReturnDocument.AFTER
    )


def take_lost(stores: Stores, *, announced_before: datetime, now: datetime) -> list[Document]:
    """Imports queued, or to be undone, and announced long ago; each is given to one caller only."""
    found: list[Document] = []
    waits: list[Document] = [{"state": "queued"}, {"undo.begun": False, "state": {"$ne": "undone"}}]
    query = {"$or": waits, "announcedAt": {"$lt": announced_before}}
    while lost := stores.db.imports.find_one_and_update(query, {"$set": {"announcedAt": now}}):
        found.append(lost)
    return found


def waiting(stores: Stores, states: Collection[str], most: int) -> int:
    """How many imports are in these states, counted up to `most`."""
    return int(stores.collection("imports").count_documents({"state": {"$in": list(states)}}, limit=most))


def being_read(stores: Stores) -> int:
    """How many imports are being read now that publish what they read."""
    query = {"state": "reading", "confirm": {"$ne": "asked"}}
    return int(stores.collection("imports").count_documents(query))


def in_state(stores: Stores, import_ids: Collection[str], state: str) -> set[str]:
    """Those of these imports that are in this state."""
    found = stores.db.imports.find({"_id": {"$in": list(import_ids)}, "state": state}, {"_id": 1})
    return {document["_id"] for document in found}


def stopped(stores: Stores, session: Session, import_ids: Collection[str]) -> set[str]:
    """Those of these imports that were cancelled, or that somebody has asked to undo."""
    if not import_ids:
        return set()
    over: list[Document] = [{"state": {"$in": ["cancelled", "undone"]}}, {"undo": {"$exists": True}}]
    query = {"_id": {"$in": list(import_ids)}, "$or": over}
    return {one["_id"] for one in stores.db.imports.find(query, {"_id": 1}, session=session)}


def recorded_batches(stores: Stores, session: Session, batch_ids: Sequence[str]) -> set[str]:
    """Which of these batches have taken effect."""
    if not batch_ids:
        return set()
    found = stores.db.importBatches.find({"_id": {"$in": list(batch_ids)}}, {"_id": 1}, session=session)
    return {document["_id"] for document in found}


def record_batches(stores: Stores, session: Session, batches: Iterable[Document]) -> None:
    """Write down that batches take effect: `{_id, importId, counts, made}`.

    `made` is the first and the last id of the customers that their transaction made; empty if it made none.
    Belongs in the effect's transaction.
    """
    if documents := list(batches):
        stores.db.importBatches.insert_many(documents, session=session)


def counted(stores: Stores, import_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Import → its batches' counts summed, and `batches`, their number."""
    sums: Document = {name: {"$sum": f"$counts.{name}"} for name in COUNTS}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"importId": {"$in": list(import_ids)}}},
        {"$group": {"_id": "$importId", "batches": {"$sum": 1}, **sums}},
    ]
    found = {one.pop("_id"): one for one in stores.db.importBatches.aggregate(pipeline)}
    nothing = dict.fromkeys((*COUNTS, "batches"), 0)
    return {import_id: found.get(import_id, nothing) for import_id in import_ids}


def made_spans(stores: Stores, import_id: str) -> list[tuple[str, str]] | None:
    """Where the customers that an import made are among all, by `_id`: first and last of each, the newest
    first, none overlapping another. None where that was not written down.
    """
    spans: list[tuple[str, str]] = []
    noted = stores.db.importBatches.find({"importId": import_id}, {"_id": 0, "made": 1})
    for made in sorted((one.get("made") for one in noted), key=lambda made: made or []):
        if made is None:
            return None
        if made and spans and made[0] <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], made[1])
        elif made:
            spans.append((made[0], made[1]))
    return spans[::-1]


def batches_done(stores: Stores, import_id: str) -> int:
    """How many batches of an import have taken effect."""
    return stores.db.importBatches.count_documents({"importId": import_id})


def count_undone(stores: Stores, session: Session, import_id: str, counts: Mapping[str, int]) -> None:
    """Add to what an undo has done by now. Belongs in the transaction that does it."""
    increments = {f"undo.{name}": count for name, count in counts.items()}
    stores.db.imports.update_one({"_id": import_id}, {"$inc": increments}, session=session)
