"""A world of the oracle as documents of MongoDB, and the sets of ids that the other engines are given."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from crm import segments
from crm.fields import Field, fold, folded_document
from crm.ingestion.records import folded_line
from crm.segments import IdSet
from crm.stores.connection import Stores
from tests.oracle import World, selected

Document = dict[str, Any]


def parsed(world: World, tree: Document) -> segments.Rule:
    return segments.parse(tree, world.fields, world)


def customers(world: World) -> list[Document]:
    """Customers as ingestion stores them."""
    return [
        {"_id": key, **one, "folded": folded_document(one, attributes(world))}
        for key, one in sorted(world.customers.items())
    ]


def attributes(world: World) -> list[Field]:
    return [field for field in world.fields.values() if field.key]


def orders(world: World) -> list[Document]:
    """Orders as ingestion stores them, those with odd values too."""
    return [{"_id": f"o{number:06d}", **one, **_with_folded(one)} for number, one in enumerate(world.orders)]


def _with_folded(order: Document) -> Document:
    lines = order.get("products")
    if not isinstance(lines, list):
        return {}
    folded = [{**line, "folded": folded_line(line)} if isinstance(line, dict) else line for line in lines]
    return {"products": folded}


def sets(world: World, rule: segments.Rule, now: datetime, zone: tzinfo) -> dict[str, IdSet]:
    """Who is in each campaign and on each list that the rule names, by the node's path."""
    found = {}
    for path, node in segments.walk(rule):
        if isinstance(node, segments.InCampaign | segments.InList):
            asked = {**segments.dump(node), "in": True}
            found[path] = IdSet(sorted(selected(asked, world, now, zone)))
    return found


def store(stores: Stores, world: World) -> None:
    """Make MongoDB hold this world and nothing else."""
    for name, documents in _collections(world).items():
        stores.collection(name).delete_many({})
        if documents:
            stores.collection(name).insert_many(documents)


def _collections(world: World) -> dict[str, list[Document]]:
    return {
        "attributes": [
            {"_id": field.key, "name": field.name, "folded": fold(field.name), "type": str(field.type),
             "label": field.label}
            for field in attributes(world)
        ],
        "customers": customers(world),
        "orders": orders(world),
        "segments": [
            {"_id": key, **one, "folded": {"name": fold(one["name"])}} for key, one in world.segments.items()
        ],
        "campaigns": [
            {"_id": key, "name": one["name"], "status": "finished",
             "variants": [{"name": name} for name in one["variants"]]}
            for key, one in world.campaigns.items()
        ],
        "deliveries": list(_deliveries(world)),
        "lists": [
            {"_id": key, "name": one["name"], "entries": len(_entries(one))}
            for key, one in world.lists.items()
        ],
        "listEntries": [
            {"_id": f"{key}:{entry}"} for key, one in world.lists.items() for entry in _entries(one)
        ],
    }  # fmt: skip


def _entries(listed: Document) -> set[str]:
    return {fold(entry) for entry in listed["entries"]}


def _deliveries(world: World) -> Iterator[Document]:
    for key, one in world.campaigns.items():
        for row in one["deliveries"]:
            variant = {"variant": row["variant"]} if row.get("variant") else {}
            yield {"_id": f"{key}:{row['customer']}", "campaignId": key, "customerId": row["customer"],
                   "state": row["state"], "attempt": 1, "batch": 0, **variant}  # fmt: skip
