"""Stored lists of addresses: `lists` {_id, name, createdBy, createdAt, updatedAt, entries: how many}.

An entry is a document of `listEntries` whose `_id` is `listId:address`, the address folded: that index alone
finds a list's entries in their order, and keeps each once.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from crm.errors import Conflict
from crm.fields import fold
from crm.stores.connection import Document, Stores

_BATCH = 10_000
_DUPLICATE = 11_000  # MongoDB's code of an `_id` that is there already
_WITHOUT = {"folded": 0}


def get(stores: Stores, list_id: str) -> Document | None:
    return stores.collection("lists").find_one({"_id": list_id}, _WITHOUT)


def insert(stores: Stores, document: Document) -> None:
    """Store a new list. Raises Conflict where another one has its name."""
    try:
        stores.collection("lists").insert_one({**document, "folded": {"name": fold(document["name"])}})
    except DuplicateKeyError:
        raise _name_taken(document["name"]) from None


def change(stores: Stores, list_id: str, changes: Document) -> Document | None:
    """The list after these changes, None if it is gone. Raises Conflict where its new name is in use."""
    if "name" in changes:
        changes = {**changes, "folded.name": fold(changes["name"])}
    try:
        return stores.collection("lists").find_one_and_update(
            {"_id": list_id}, {"$set": changes}, projection=_WITHOUT, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        raise _name_taken(changes["name"]) from None


def delete(stores: Stores, list_id: str) -> bool:
    """Forget a list and its entries."""
    gone = stores.collection("lists").delete_one({"_id": list_id}).deleted_count == 1
    stores.collection("listEntries").delete_many(_of(list_id))
    return gone


def newest(stores: Stores, limit: int, before: str | None) -> list[Document]:
    """Newest first, older than the list `before`. Ids ascend with time."""
    query: Document = {"_id": {"$lt": before}} if before else {}
    return list(stores.collection("lists").find(query, _WITHOUT).sort("_id", -1).limit(limit))


def name_in_use(stores: Stores, name: str) -> bool:
    """Whether a list has this name, in whatever case."""
    return stores.collection("lists").find_one({"folded.name": fold(name)}, {"_id": 1}) is not None


def write_entries(stores: Stores, list_id: str, addresses: Iterable[str]) -> int:
    """Put folded addresses on a list; returns how many were not on it."""
    addresses = iter(addresses)
    added = 0
    while batch := list(islice(addresses, _BATCH)):
        entries = [{"_id": f"{list_id}:{address}"} for address in batch]
        known = stores.collection("listEntries").find({"_id": {"$in": [one["_id"] for one in entries]}})
        there = {one["_id"] for one in known}
        new = [one for one in entries if one["_id"] not in there]
        added += _insert(stores, new) if new else 0
    return added


def _insert(stores: Stores, entries: list[Document]) -> int:
    try:
        return len(stores.collection("listEntries").insert_many(entries, ordered=False).inserted_ids)
    except BulkWriteError as error:  # somebody else added the same at the same time
        details = error.details or {}
        if any(one["code"] != _DUPLICATE for one in details.get("writeErrors", ())):
            raise
        return int(details["nInserted"])


def count_entries(stores: Stores, list_id: str) -> int:
    return stores.collection("listEntries").count_documents(_of(list_id))


def entries(stores: Stores, list_id: str, limit: int = 0) -> Iterator[str]:
    """Folded addresses, ascending; limit 0 is all."""
    with stores.collection("listEntries").find(_of(list_id)).sort("_id", 1).limit(limit) as found:
        for entry in found:
            yield entry["_id"].removeprefix(f"{list_id}:")


def clear_entries(stores: Stores, list_id: str) -> None:
    stores.collection("listEntries").delete_many(_of(list_id))


def trees(stores: Stores, settled: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Name and rules of every segment, and of every campaign that has not ended, with the lists it includes
    and excludes as nodes beside its rules."""
    for segment in stores.collection("segments").find({}, {"name": 1, "rules": 1}):
        yield segment["name"], segment.get("rules")
    shown = {"name": 1, "rules": 1, "include": 1, "exclude": 1}
    for campaign in stores.collection("campaigns").find({"status": {"$nin": list(settled)}}, shown):
        both = [campaign.get("include") or {}, campaign.get("exclude") or {}]
        nodes = [{"type": "list", "listId": one} for chosen in both for one in chosen.get("lists") or ()]
        yield campaign["name"], [campaign.get("rules"), *nodes]


def _of(list_id: str) -> Document:
    return {"_id": {"$gt": f"{list_id}:", "$lt": f"{list_id};"}}


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a list named “{name}” already. Choose another name.")
