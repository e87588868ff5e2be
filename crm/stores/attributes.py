"""Custom attributes: `attributes` {_id: key, name, folded, type, label, firstSeen, examples}.

The key (`a1`, `a2` …) is what a customer's value is stored under: no text of anybody's is ever a key. A key
has one type for ever and is never given out again. One that was removed or whose type was changed stays as
`{_id, retired: true, becomes}`, `becomes` being the key that its values went to, or None.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from crm.stores.connection import Document, Session, Stores

_NAME = "attributes"
_LIVE: Document = {"retired": {"$ne": True}}


def live(stores: Stores, session: Session | None = None) -> list[Document]:
    """Every attribute that is in use, the first one seen first."""
    found = list(stores.collection(_NAME).find(_LIVE, session=session))
    return sorted(found, key=lambda one: int(one["_id"][1:]))


def retired(stores: Stores, session: Session | None, keys: Iterable[str]) -> dict[str, str | None]:
    """Those of these keys that were retired → the key that their values went to."""
    found = stores.collection(_NAME).find({"_id": {"$in": list(keys)}, "retired": True}, session=session)
    return {one["_id"]: one.get("becomes") for one in found}


def new_keys(stores: Stores, session: Session, count: int) -> list[str]:
    """Keys that nobody had before. Two transactions that ask at once run one after the other."""
    counter = stores.collection("installation").find_one_and_update(
        {"_id": "attributes"},
        {"$inc": {"last": count}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    last = int((counter or {})["last"])
    return [f"a{number}" for number in range(last - count + 1, last + 1)]


def insert(stores: Stores, session: Session, documents: Sequence[Document]) -> None:
    if documents:
        stores.collection(_NAME).insert_many(documents, session=session)


def get(stores: Stores, key: str, session: Session | None = None) -> Document | None:
    """The attribute of this key, unless it was removed."""
    return stores.collection(_NAME).find_one({"_id": key, **_LIVE}, session=session)


def relabel(stores: Stores, key: str, label: str) -> bool:
    """Whether there is such an attribute, called so from now on."""
    change = {"$set": {"label": label}}
    return stores.collection(_NAME).update_one({"_id": key, **_LIVE}, change).matched_count == 1


def retire(stores: Stores, session: Session, key: str, becomes: str | None, now: datetime) -> None:
    """Let an attribute go. It is `moving` until `moved` says that no customer has its values any more."""
    document = {"_id": key, "retired": True, "becomes": becomes, "moving": True, "at": now}
    stores.collection(_NAME).replace_one({"_id": key}, document, session=session)


def moved(stores: Stores, key: str) -> None:
    """Note that its values have all been converted."""
    stores.collection(_NAME).update_one({"_id": key}, {"$unset": {"moving": ""}})


def moving(stores: Stores) -> list[Document]:
    """Retired ones whose values are still to be moved or removed: `{_id, becomes, at}`."""
    return list(stores.collection(_NAME).find({"moving": True}).sort("_id", 1))


# Customers' values


def counts(stores: Stores, keys: Sequence[str]) -> dict[str, int]:
    """How many customers have each of these attributes, from one pass over all customers."""
    if not keys:
        return {}
    sums = {key: {"$sum": {"$cond": [{"$gt": [f"$attributes.{key}", None]}, 1, 0]}} for key in keys}
    with stores.collection("customers").aggregate([{"$group": {"_id": None, **sums}}]) as found:
        row = next(found, {})
    return {key: int(row.get(key, 0)) for key in keys}


def holders(stores: Stores, key: str, *, after: str | None, limit: int) -> list[Document]:
    """Customers with a value of this attribute, by `_id`: `{_id, attributes: {key: value}}`."""
    path = f"attributes.{key}"
    query: Document = {path: {"$exists": True}}
    if after is not None:
        query["_id"] = {"$gt": after}
    return list(stores.collection("customers").find(query, {path: 1}).sort("_id", 1).limit(limit))


def move(stores: Stores, old: str, new: str | None, values: Mapping[str, tuple[Any, Any, Any]]) -> None:
    """Give these customers (id → old value, new value, its folded form) `new` in the place of `old`.

    None stands for no value. Who has another old value by now, or has the new one already, is left as he is.
    """
    writes = []
    for customer_id, (before, value, folded) in values.items():
        change: Document = {"$unset": {f"attributes.{old}": "", f"folded.{old}": ""}}
        if new is not None and value is not None:
            change["$set"] = {f"attributes.{new}": value}
            if folded is not None:
                change["$set"][f"folded.{new}"] = folded
        writes.append(UpdateOne({"_id": customer_id, f"attributes.{old}": before}, change))
    if writes:
        stores.collection("customers").bulk_write(writes, ordered=False)


def open_campaigns(stores: Stores, settled: Sequence[str]) -> list[Document]:
    """Campaigns in none of these statuses, whole."""
    return list(stores.collection("campaigns").find({"status": {"$nin": list(settled)}}).sort("_id", 1))
