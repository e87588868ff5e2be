"""What an editor of rules lets people choose from: names, and what the newest orders hold."""

from typing import Any

from pymongo import DESCENDING

from crm.stores.connection import Document, Stores


def segments(stores: Stores, limit: int) -> list[Document]:
    """`{_id, name}` of segments by name."""
    found = stores.collection("segments").find({}, {"name": 1}).sort("folded.name", 1)
    return list(found.limit(limit))


def campaigns(stores: Stores, statuses: list[str], limit: int) -> list[Document]:
    """`{_id, name, variants: [{name}]}` of campaigns in one of these states, newest first."""
    found = stores.collection("campaigns").find(
        {"status": {"$in": statuses}}, {"name": 1, "variants.name": 1}
    )
    return list(found.sort("_id", DESCENDING).limit(limit))


def lists(stores: Stores, limit: int) -> list[Document]:
    """`{_id, name, entries}` of stored lists, newest first."""
    found = stores.collection("lists").find({}, {"name": 1, "entries": 1})
    return list(found.sort([("createdAt", DESCENDING), ("_id", 1)]).limit(limit))


def ordered(stores: Stores, orders: int, limit: int) -> dict[str, list[str]]:
    """What the newest orders name: of `products.name`, `products.productId`, `products.category` and
    `status` the most frequent texts first. Bounded in time by the number of orders that are read."""
    newest: list[dict[str, Any]] = [
        {"$sort": {"_id": DESCENDING}},
        {"$limit": orders},
        {"$project": {"_id": 0, "status": 1, "products.name": 1, "products.productId": 1,
                      "products.category": 1}},
    ]  # fmt: skip
    lines = [{"$unwind": "$products"}]
    pipeline = [
        *newest,
        {
            "$facet": {
                "status": _frequent("$status", limit),
                "product": [*lines, *_frequent("$products.name", limit)],
                "productId": [*lines, *_frequent("$products.productId", limit)],
                "category": [*lines, *_frequent("$products.category", limit)],
            }
        },
    ]
    (found,) = stores.collection("orders").aggregate(pipeline)
    return {name: [row["_id"] for row in rows] for name, rows in found.items()}


def _frequent(path: str, limit: int) -> list[dict[str, Any]]:
    return [
        {"$group": {"_id": path, "times": {"$sum": 1}}},
        {"$match": {"_id": {"$type": "string", "$ne": ""}}},
        {"$sort": {"times": DESCENDING, "_id": 1}},
        {"$limit": limit},
    ]


def bought_by(stores: Stores, customer_ids: list[str], limit: int) -> list[tuple[str, int]]:
    """Products that these customers ordered, with how many of them did, the most frequent first."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"customerId": {"$in": customer_ids}, "status": {"$ne": "cancelled"}}},
        {"$unwind": "$products"},
        {"$match": {"products.name": {"$type": "string", "$ne": ""}}},
        {"$group": {"_id": {"name": "$products.name", "who": "$customerId"}}},
        {"$group": {"_id": "$_id.name", "people": {"$sum": 1}}},
        {"$sort": {"people": DESCENDING, "_id": 1}},
        {"$limit": limit},
    ]
    return [(found["_id"], found["people"]) for found in stores.collection("orders").aggregate(pipeline)]
