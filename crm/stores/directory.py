"""Reading customers and orders back: pages, search, one with everything about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import DESCENDING

from crm.stores import imports
from crm.stores.connection import Document, Stores
from crm.stores.containing import containing

SEARCHED = ("name", "email", "phone", "externalId")
"""The fields of a customer that a search looks into."""

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_APART = timedelta(hours=1)  # as far as machines' clocks may differ
_BEYOND = "g"  # after all ids, which are hexadecimal
_HIDDEN = {"folded": 0, "version": 0}
_HIDDEN_OF_ORDERS = {"products.folded": 0, "version": 0}


def customers(
    stores: Stores,
    *,
    search: str,
    before: str | None,
    limit: int,
    import_id: str | None = None,
    among: Sequence[str] | None = None,
    since: str = "",
) -> list[Document]:
    """Customers newest first whose name, e-mail, phone or external id contains `search` (folded).

    With `among` only those with these ids, with `since` only those with higher ones, and with `import_id`
    only those whom that import created; nobody else is even looked at.
    """
    query: Document = {}
    if search:
        query["$or"] = [{f"folded.{name}": containing(search)} for name in SEARCHED]
    if import_id is not None:
        return _made_by(stores, import_id, query, before or _BEYOND, limit)
    query["_id"] = {"$gt": since} | ({"$lt": before} if before else {})
    if among is not None:
        query["_id"]["$in"] = list(among)
    return list(stores.db.customers.find(query, _HIDDEN).sort("_id", DESCENDING).limit(limit))


def _made_by(stores: Stores, import_id: str, query: Document, before: str, limit: int) -> list[Document]:
    # An index on the import would cost each customer of each import 2 to 7 µs of mongod.
    spans = imports.made_spans(stores, import_id)
    if spans is None:
        spans = [(_no_older(stores, import_id), _BEYOND)]
    found: list[Document] = []
    for first, last in spans:
        if first >= before:
            continue
        within = {"importId": import_id, "_id": {"$gte": first, "$lte": last, "$lt": before}}
        page = stores.db.customers.find(query | within, _HIDDEN).sort("_id", DESCENDING)
        found += page.limit(limit - len(found))
        if len(found) >= limit:
            break
    return found


def _no_older(stores: Stores, import_id: str) -> str:
    """An id below those of all customers that were made since the import began."""
    found = stores.db.imports.find_one({"_id": import_id}, {"createdAt": 1})
    began = found["createdAt"] - _CLOCKS_APART if found else _FIRST
    return lowest_id(began)


def lowest_id(moment: datetime) -> str:
    """An id below those of all customers that were made from this moment on: ids begin with their time."""
    return f"{int(moment.timestamp()):08x}"


def customer(stores: Stores, customer_id: str) -> Document | None:
    """By our id, else by external id."""
    for query in ({"_id": customer_id}, {"externalId": customer_id}):
        found = stores.db.customers.find_one(query, _HIDDEN)
        if found:
            return found
    return None


def orders(
    stores: Stores, *, customer_id: str | None, before: tuple[datetime, str] | None, limit: int
) -> list[Document]:
    """Orders, the latest first, of one customer or of all."""
    query: Document = {"customerId": customer_id} if customer_id else {}
    if before:
        at, order_id = before
        query["$or"] = [{"createdAt": {"$lt": at}}, {"createdAt": at, "_id": {"$lt": order_id}}]
    found = stores.db.orders.find(query, _HIDDEN_OF_ORDERS)
    return list(found.sort([("createdAt", DESCENDING), ("_id", DESCENDING)]).limit(limit))


def order(stores: Stores, reference: str) -> Document | None:
    return stores.db.orders.find_one({"_id": reference}, _HIDDEN_OF_ORDERS)


def products(stores: Stores, *, after: str | None, limit: int) -> list[Document]:
    """A page of the catalogue by ascending id, after this one."""
    query: dict[str, Any] = {"_id": {"$gt": after}} if after else {}
    return list(stores.db.products.find(query, {"version": 0}).sort("_id").limit(limit))


def deliveries_of(stores: Stores, customer_id: str, limit: int) -> list[Document]:
    """What was sent to a customer, the latest first, with each campaign's name."""
    rows = list(stores.db.deliveries.find({"customerId": customer_id}).sort("_id", DESCENDING).limit(limit))
    campaigns = stores.db.campaigns.find({"_id": {"$in": [row["campaignId"] for row in rows]}}, {"name": 1})
    names = {campaign["_id"]: campaign["name"] for campaign in campaigns}
    return [{**row, "campaignName": names.get(row["campaignId"])} for row in rows]


def erase(stores: Stores, customer_id: str) -> bool:
    """Remove a customer and his orders; his deliveries stay in the books, without name and address."""
    with stores.session() as session, session.start_transaction():
        removed = stores.db.customers.delete_one({"_id": customer_id}, session=session).deleted_count
        stores.db.orders.delete_many({"customerId": customer_id}, session=session)
        stores.db.deliveries.update_many(
            {"customerId": customer_id},
            {"$unset": dict.fromkeys(("name", "email", "address", "subject", "body", "html", "search"), "")},
            session=session,
        )
    return bool(removed)


def totals(stores: Stores) -> dict[str, int]:
    """How many customers, orders and products there are (from the collections' own counters)."""
    return {name: stores.db[name].estimated_document_count() for name in ("customers", "orders", "products")}
