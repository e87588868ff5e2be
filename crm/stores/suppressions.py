"""Addresses that are not to be written to: `suppressions` {_id: the address' key, address, reason, …}.

`campaignId` is the campaign by whose link its owner unsubscribed.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from pymongo import UpdateOne

from crm.fields import fold
from crm.stores.connection import Document, Stores
from crm.stores.containing import containing

_NAME = "suppressions"
_BATCH = 5_000
_UNSUBSCRIBED = "unsubscribed"
_FILLERS = re.compile(r"[\s().\-/]")
_NUMBER = re.compile(r"\+?[\d\s().\-/]{5,}")


def key(address: str) -> str:
    """The form in which addresses are compared: folded, and a phone number without its blanks."""
    folded = fold(address)
    if "@" in folded:
        return folded
    return _FILLERS.sub("", folded) if _NUMBER.fullmatch(folded) else folded


def any_at_all(stores: Stores) -> bool:
    """Whether any address is suppressed."""
    return stores.collection(_NAME).find_one({}, {"_id": 1}) is not None


def among(stores: Stores, keys: Iterable[str]) -> dict[str, str]:
    """Those of these keys that are suppressed, with the reason."""
    found = stores.collection(_NAME).find({"_id": {"$in": list(keys)}}, {"reason": 1})
    return {each["_id"]: each["reason"] for each in found}


def add(
    stores: Stores, addresses: Iterable[str], reason: str, by: str | None, note: str | None, now: datetime
) -> int:
    """Suppress addresses; one that is suppressed already keeps its reason. Returns how many were not."""
    added, waiting = 0, iter(addresses)
    while chunk := list(islice(waiting, _BATCH)):
        writes = [
            UpdateOne(
                {"_id": key(address)},
                {"$setOnInsert": {"address": address, "reason": reason, "by": by, "note": note, "at": now}},
                upsert=True,
            )
            for address in chunk
        ]
        added += stores.collection(_NAME).bulk_write(writes, ordered=False).upserted_count
    return added


def remove(stores: Stores, address: str) -> bool:
    """Let an address go; whether it was there."""
    return stores.collection(_NAME).delete_one({"_id": key(address)}).deleted_count == 1


def unsubscribe(stores: Stores, address: str, campaign_id: str, now: datetime) -> bool:
    """Suppress an address as its owner asked by a campaign's link. False where it is suppressed already."""
    given = {"address": address, "reason": _UNSUBSCRIBED, "campaignId": campaign_id, "at": now}
    done = stores.collection(_NAME).update_one({"_id": key(address)}, {"$setOnInsert": given}, upsert=True)
    return done.upserted_id is not None


def subscribe(stores: Stores, address: str) -> bool:
    """Let an address go that is suppressed because its owner asked for it, and for no other reason."""
    query = {"_id": key(address), "reason": _UNSUBSCRIBED}
    return stores.collection(_NAME).delete_one(query).deleted_count == 1


def unsubscribed_by(stores: Stores, campaign_ids: Sequence[str]) -> dict[str, int]:
    """How many addresses are suppressed by the links of each of these campaigns."""
    pipeline: list[Document] = [
        {"$match": {"campaignId": {"$in": list(campaign_ids)}}},
        {"$group": {"_id": "$campaignId", "n": {"$sum": 1}}},
    ]
    return {each["_id"]: each["n"] for each in stores.collection(_NAME).aggregate(pipeline)}


def find(stores: Stores, address: str) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": key(address)})


def page(
    stores: Stores, limit: int, after: str | None, search: str | None, reasons: Sequence[str] | None
) -> list[Document]:
    """By address, behind the key `after`; `search` is text within the address."""
    clauses: list[Document] = []
    if after is not None:
        clauses.append({"_id": {"$gt": after}})
    if search:
        clauses.append({"_id": containing(fold(search))})
    if reasons is not None:
        clauses.append({"reason": {"$in": list(reasons)}})
    query: Document = {"$and": clauses} if clauses else {}
    return list(stores.collection(_NAME).find(query).sort("_id", 1).limit(limit))


def counts(stores: Stores) -> dict[str, int]:
    """How many addresses are suppressed for each reason."""
    pipeline: list[Document] = [{"$group": {"_id": "$reason", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    return {each["_id"]: each["n"] for each in stores.collection(_NAME).aggregate(pipeline)}
