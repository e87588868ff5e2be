"""What imports did to each record, as long as they can be undone: `importJournal`.

A document stands for one transaction of one import, or for a part of it where it would grow too large:

| field | holds |
|---|---|
| `importId`, `kind`, `stamp` | whose it is, and the `updatedAt` of everything that the transaction wrote |
| `created` | ids of records of that kind that were not there before |
| `before` | records of that kind that it changed, whole, as they were |
| `seen` | records that it found as they are: `{version, was, ids}`, the versions after and before |
| `newCustomers`, `moved` | for orders: customers made on the way; whose totals changed: `{_id, was}` |
| `expiresAt` | when MongoDB drops it |
"""

from collections.abc import Iterable, Iterator

import bson
from pymongo import DESCENDING, ReplaceOne

from crm.stores.connection import Document, Session, Stores, new_id

_PART = 4 * 1024 * 1024  # bytes of records in one document; MongoDB takes 16 MB


def add(stores: Stores, session: Session, entry: Document, before: Iterable[Document]) -> None:
    """Write down what a transaction does: `entry` without its id, and the records as they were."""
    whose = {name: entry[name] for name in ("importId", "kind", "stamp", "expiresAt")}
    parts = list(_cut(before)) or [[]]
    documents = [
        {**(whose if number else entry), "_id": new_id(), "before": part} for number, part in enumerate(parts)
    ]
    stores.db.importJournal.insert_many(documents, session=session)


def _cut(records: Iterable[Document]) -> Iterator[list[Document]]:
    part: list[Document] = []
    size = 0
    for record in records:
        size += len(bson.encode(record))
        if part and size > _PART:
            yield part
            part, size = [], len(bson.encode(record))
        part.append(record)
    if part:
        yield part


def newest(stores: Stores, import_id: str) -> list[Document]:
    """The entries of an import's newest transaction that is not undone yet; none when all are."""
    last = stores.db.importJournal.find_one(
        {"importId": import_id}, {"stamp": 1}, sort=[("stamp", DESCENDING)]
    )
    return (
        []
        if last is None
        else list(stores.db.importJournal.find({"importId": import_id, "stamp": last["stamp"]}))
    )


def entries(stores: Stores, import_id: str) -> Iterator[Document]:
    """Every entry, the newest first, with ids alone: `{kind, stamp, created, before: [{_id, updatedAt}]}`."""
    fields = {"kind": 1, "stamp": 1, "created": 1, "before._id": 1, "before.updatedAt": 1}
    yield from stores.db.importJournal.find({"importId": import_id}, fields).sort("stamp", DESCENDING)


def remove(stores: Stores, session: Session, entry_ids: Iterable[str]) -> int:
    """How many of these entries this call removed; fewer where some were undone before."""
    gone = stores.db.importJournal.delete_many({"_id": {"$in": list(entry_ids)}}, session=session)
    return gone.deleted_count


def left(stores: Stores, import_id: str) -> int:
    """How many entries of an import are not undone yet."""
    return stores.db.importJournal.count_documents({"importId": import_id})


def unsee(stores: Stores, session: Session, kind: str, seen: Iterable[Document]) -> None:
    """Give records that were only seen the version that they had, unless somebody has seen them since."""
    for one in seen:
        change: Document = {"$unset": {"version": ""}}
        if one["was"] is not None:
            change = {"$set": {"version": one["was"]}}
        query = {"_id": {"$in": one["ids"]}, "version": one["version"]}
        stores.collection(kind).update_many(query, change, session=session)


def stamps(stores: Stores, kind: str, ids: Iterable[str]) -> dict[str, object]:
    """Record → its `updatedAt`, of those that there are."""
    found = stores.collection(kind).find({"_id": {"$in": list(ids)}}, {"updatedAt": 1})
    return {one["_id"]: one.get("updatedAt") for one in found}


def forget_customer(stores: Stores, customer_id: str) -> None:
    """Drop what the journal remembers of a person who is erased."""
    for path in ("_id", "customerId"):
        change = {"$pull": {"before": {path: customer_id}}}
        stores.db.importJournal.update_many({f"before.{path}": customer_id}, change)


def keep(stores: Stores, session: Session, kept: Iterable[Document]) -> None:
    """Write down records that an undo leaves alone: `{_id, importId, kind, id, label, reason}`."""
    if writes := [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in kept]:
        stores.db.importKept.bulk_write(writes, ordered=False, session=session)


def kept(stores: Stores, import_id: str, *, after: str | None, limit: int) -> list[Document]:
    """What an undo left alone, by `_id`."""
    query: Document = {"importId": import_id}
    if after:
        query["_id"] = {"$gt": after}
    return list(stores.db.importKept.find(query).sort("_id").limit(limit))


def count_kept(stores: Stores, import_id: str) -> int:
    return stores.db.importKept.count_documents({"importId": import_id})
