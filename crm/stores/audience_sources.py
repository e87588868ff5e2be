"""Ids of customers by what other collections say of them: orders, deliveries, lists of addresses.

Every function gives `_id`s of customers, ascending, each once. Somebody may be among them who has been
deleted since: they are meant to be looked up among the customers.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from crm.stores.connection import Document, Stores

_BATCH = 10_000
_ENTRIES = 50_000  # of a list in one command: about 2 MB


def by_orders(stores: Stores, stages: list[Document], query: Document) -> list[str]:
    """Customers of whom a pipeline on orders (`crm.rules.mongo_orders`) says what the filter asks."""
    pipeline = [*stages, {"$match": query}, {"$project": {"_id": 1}}]
    with stores.collection("orders").aggregate(pipeline, allowDiskUse=True, batchSize=_BATCH) as found:
        return sorted(one["_id"] for one in found if isinstance(one["_id"], str))


def value_by_orders(stores: Stores, stages: list[Document], query: Document) -> tuple[Any, bool] | None:
    """The one customer's measure by such a pipeline and whether the filter takes it; None without orders."""
    pipeline = [*stages, {"$facet": {"all": [], "holds": [{"$match": query}]}}]
    with stores.collection("orders").aggregate(pipeline) as found:
        answer = found.next()
    return (answer["all"][0].get("value"), bool(answer["holds"])) if answer["all"] else None


def summary_of_orders(stores: Stores, query: Document) -> tuple[int, Any, Any]:
    """How many orders a filter finds, and the first and the last instant among them, None without."""
    date = {"$cond": [{"$eq": [{"$type": "$createdAt"}, "date"]}, "$createdAt", None]}
    group = {"_id": None, "orders": {"$sum": 1}, "first": {"$min": date}, "last": {"$max": date}}
    for found in stores.collection("orders").aggregate([{"$match": query}, {"$group": group}]):
        return int(found["orders"]), found["first"], found["last"]
    return 0, None, None


def of_campaign(stores: Stores, campaign_id: str, state: str | None, variant: str | None) -> list[str]:
    """Customers with a delivery of this campaign in this state, of this variant, or both."""
    prefix = f"{campaign_id}:"
    query: Document = {"_id": {"$gt": prefix, "$lt": f"{campaign_id};"}}
    query |= {} if state is None else {"state": state}
    query |= {} if variant is None else {"variant": variant}
    found = stores.collection("deliveries").find(query, {"_id": 1}).sort("_id", 1).batch_size(_BATCH)
    with found:
        return [row["_id"].removeprefix(prefix) for row in found]


def on_list(stores: Stores, list_id: str) -> list[str]:
    """Customers whose folded e-mail address or external id is on the list."""
    found: set[str] = set()
    customers = stores.collection("customers")
    entries = list_entries(stores, list_id)
    first = list(islice(entries, _ENTRIES))
    if len(first) == _ENTRIES:
        return _on_long_list(stores, {*first, *entries})
    for path in ("folded.email", "folded.externalId"):
        query = {path: {"$in": first}} if first else {"_id": {"$in": []}}
        found.update(one["_id"] for one in customers.find(query, {"_id": 1}).batch_size(_BATCH))
    return sorted(found)


def _on_long_list(stores: Stores, entries: set[str]) -> list[str]:
    """By one look at every customer: external ids have no index by their folded form."""
    asked = {"folded.email": 1, "folded.externalId": 1}
    found = []
    with stores.collection("customers").find({}, asked).batch_size(_BATCH) as everybody:
        for one in everybody:
            folded = one.get("folded", {})
            if folded.get("email") in entries or folded.get("externalId") in entries:
                found.append(one["_id"])
    return sorted(found)


def list_entries(stores: Stores, list_id: str) -> Iterator[str]:
    """What is on a list, folded, ascending."""
    prefix = f"{list_id}:"
    query = {"_id": {"$gt": prefix, "$lt": f"{list_id};"}}
    with stores.collection("listEntries").find(query).sort("_id", 1).batch_size(_BATCH) as found:
        for entry in found:
            yield entry["_id"].removeprefix(prefix)
