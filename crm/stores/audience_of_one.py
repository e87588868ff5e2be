"""What MongoDB says of one customer: which filters he matches, what he ordered, was sent, is listed as."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.stores.connection import Document, Stores

_FACETS = 50
_END = {"folded": 0, "version": 0}


def customer(stores: Stores, customer_id: str) -> Document | None:
    """Whole but for what is kept for rules alone."""
    return stores.collection("customers").find_one({"_id": customer_id}, _END)


def addresses(stores: Stores, customer_id: str) -> list[str]:
    """His folded e-mail address and external id, as lists have them."""
    found = stores.collection("customers").find_one({"_id": customer_id}, {"folded": 1}) or {}
    both = (found.get("folded", {}).get(name) for name in ("email", "externalId"))
    return [one for one in both if isinstance(one, str)]


def matched(stores: Stores, customer_id: str, queries: Sequence[Document]) -> list[bool]:
    """Of each filter, whether it selects him."""
    found: list[bool] = []
    for start in range(0, len(queries), _FACETS):
        some = queries[start : start + _FACETS]
        facets = {f"f{number}": [{"$match": query}, {"$count": "n"}] for number, query in enumerate(some)}
        with stores.collection("customers").aggregate(
            [{"$match": {"_id": customer_id}}, {"$facet": facets}]
        ) as answer:
            row = answer.next()
        found += [bool(row[f"f{number}"]) for number in range(len(some))]
    return found


def orders(stores: Stores, stages: list[Document]) -> list[Document]:
    """What a pipeline on orders (`crm.rules.mongo_orders.one_by_one`) gives."""
    return list(stores.collection("orders").aggregate(stages))


def delivery(stores: Stores, campaign_id: str, customer_id: str) -> Document | None:
    return stores.collection("deliveries").find_one({"_id": f"{campaign_id}:{customer_id}"})


def listed_as(stores: Stores, list_id: str, addresses: Sequence[str]) -> str | None:
    """Which of these folded addresses is on a list."""
    entries = [f"{list_id}:{address}" for address in addresses]
    found = stores.collection("listEntries").find_one({"_id": {"$in": entries}})
    return None if found is None else str(found["_id"]).removeprefix(f"{list_id}:")


def before_him(path: str, value: Any, customer_id: str, *, highest: bool) -> Document:
    """The filter of those who stand before him in a ranking; ties by `_id`."""
    better = {"$gt" if highest else "$lt": value, "$not": {"$type": "array"}}
    if not isinstance(value, datetime) and not highest:
        better["$gte"] = float("-inf")  # leaves NaN out
    same = {path: {"$eq": value, "$not": {"$type": "array"}}, "_id": {"$lt": customer_id}}
    return {"$or": [{path: better}, same]}
