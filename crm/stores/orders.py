"""Writing orders: `orders`, one document an order reference. Reading them for people is `directory`."""

from collections.abc import Collection, Sequence

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from crm.stores import documents
from crm.stores.connection import Document, Stores

_NAME = "orders"


def find(stores: Stores, session: ClientSession | None, references: Collection[str]) -> list[Document]:
    if not references:
        return []
    return documents.read(stores, session, _NAME, {"_id": {"$in": list(references)}})


def of_customers(
    stores: Stores, session: ClientSession | None, customer_ids: Collection[str], *, but: Collection[str] = ()
) -> list[Document]:
    """What the totals of these customers follow from, without the orders in `but`."""
    if not customer_ids:
        return []
    query: Document = {"customerId": {"$in": list(customer_ids)}}
    if but:
        query["_id"] = {"$nin": list(but)}
    fields = ("customerId", "total", "refunded", "status", "createdAt")
    return documents.read(stores, session, _NAME, query, fields)


def insert(stores: Stores, session: ClientSession, orders: Sequence[Document]) -> None:
    documents.insert(stores, session, _NAME, orders)


def replace(stores: Stores, session: ClientSession, orders: Sequence[Document]) -> None:
    if orders:
        writes = [ReplaceOne({"_id": order["_id"]}, order) for order in orders]
        stores.collection(_NAME).bulk_write(writes, ordered=False, session=session)


def seen(stores: Stores, session: ClientSession, references: Sequence[str], version: int) -> None:
    """Remember that these were given again as they are, at `version`; nothing else changes."""
    if references:
        stores.collection(_NAME).update_many(
            {"_id": {"$in": list(references)}}, {"$max": {"version": version}}, session=session
        )


def delete(stores: Stores, session: ClientSession, references: Collection[str]) -> None:
    if references:
        stores.collection(_NAME).delete_many({"_id": {"$in": list(references)}}, session=session)


def owners(stores: Stores, session: ClientSession | None, customer_ids: Collection[str]) -> set[str]:
    """Those of these customers who have orders."""
    if not customer_ids:
        return set()
    query = {"customerId": {"$in": list(customer_ids)}}
    return set(stores.collection(_NAME).distinct("customerId", query, session=session))


def count_beginning(stores: Stores, prefix: str) -> int:
    """How many orders have a reference that begins so."""
    query = {"_id": {"$gte": prefix, "$lt": prefix + "~"}}
    return stores.collection(_NAME).count_documents(query)


def without_customer(stores: Stores) -> int:
    """How many orders belong to a customer that is not there. Reads all of them."""
    pipeline: list[Document] = [
        {"$group": {"_id": "$customerId", "orders": {"$sum": 1}}},
        {"$lookup": {"from": "customers", "localField": "_id", "foreignField": "_id", "as": "customer",
                     "pipeline": [{"$project": {"_id": 1}}]}},
        {"$match": {"customer": []}},
        {"$group": {"_id": None, "orders": {"$sum": "$orders"}}},
    ]  # fmt: skip
    found = next(iter(stores.collection(_NAME).aggregate(pipeline, allowDiskUse=True)), None)
    return int(found["orders"]) if found else 0
