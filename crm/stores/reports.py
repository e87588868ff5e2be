"""The sums behind the reports, made in MongoDB.

Where a scope names cities or tags, its customers are looked up first and their orders are summed in chunks
of customers. The rows of all chunks are yielded: whoever asks adds up rows of the same key. No customer is in
two chunks, so counts of customers add up too.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from crm.fields import fold
from crm.scope import NO_CATEGORY, NO_PRODUCT, Scope
from crm.stores import order_lines
from crm.stores.connection import Document, Stores

_CHUNK = 20_000  # customers a query: their ids are about half a megabyte


def totals(stores: Stores, scope: Scope) -> Iterator[Document]:
    """Rows `{revenue, orders, customers}`."""
    per_customer = {"_id": "$customerId", "revenue": {"$sum": "$net"}, "orders": {"$sum": 1}}
    return _orders(stores, scope, [{"$group": per_customer}, _regroup(None)])


def by_period(stores: Stores, scope: Scope, *, unit: str, zone: str) -> Iterator[Document]:
    """Rows `{_id: instant at which the period starts, revenue, orders, customers}`; unit day, week, month."""
    period = _period("$createdAt", unit, zone)
    inner = {
        "_id": {"period": period, "customer": "$customerId"},
        "revenue": {"$sum": "$net"},
        "orders": {"$sum": 1},
    }
    return _orders(stores, scope, [{"$group": inner}, _regroup("$_id.period")])


def first_orders_by_period(stores: Stores, scope: Scope, *, unit: str, zone: str) -> Iterator[Document]:
    """Rows `{_id: start of the period, customers}`: those whose first order ever fell into it."""
    query = {**_customer_query(scope), "firstPurchaseDate": {"$type": "date", **_between(scope)}}
    period = _period("$firstPurchaseDate", unit, zone)
    pipeline = [{"$match": query}, {"$group": {"_id": period, "customers": {"$sum": 1}}}]
    yield from stores.collection("customers").aggregate(pipeline)


def by_customer(stores: Stores, scope: Scope) -> Iterator[Document]:
    """Rows `{_id: customer id, revenue, orders}`, one a customer who ordered."""
    per_customer = {"_id": "$customerId", "revenue": {"$sum": "$net"}, "orders": {"$sum": 1}}
    return _orders(stores, scope, [{"$group": per_customer}])


def cities(stores: Stores, scope: Scope) -> Iterator[Document]:
    """`_id`, city and folded.city of the customers of the scope's cities and tags who have a city.

    Joined with `by_customer` outside: a $lookup takes ten times as long.
    """
    query = {"folded.city": {"$type": "string"}}
    fields = {"city": 1, "folded.city": 1}
    found = stores.collection("customers").find({"$and": [query, _customer_query(scope)]}, fields)
    yield from found.batch_size(10_000)


def by_line(stores: Stores, scope: Scope, key: str) -> Iterator[Document]:
    """Rows `{_id: label, revenue, quantity, orders, customers}`; key category or product.

    An order's value is shared out to its lines by quantity × price, by quantity where nothing is priced, so
    that revenue by category and by product adds up to all revenue, discounts and postage included.
    """
    catalogue = order_lines.read_catalogue(stores)
    label = {"category": order_lines.category, "product": order_lines.product}[key]
    wanted = order_lines.wanted_lines(catalogue, scope.categories, scope.products)
    labels = {"$map": {"input": "$line", "as": "one", "in": label("$$one", catalogue)}}
    spread: list[Document] = [
        {"$project": {"customerId": 1, "products": 1, "net": 1}},
        {"$set": {"line": wanted, "weight": order_lines.weights(order_lines.LINES)}},
        {"$set": {"line": {"$cond": [{"$eq": ["$line", []]}, [{"quantity": 0}], "$line"]}}},
        {"$set": {"labels": labels, "products": "$$REMOVE"}},
        {"$unwind": {"path": "$line", "includeArrayIndex": "position"}},
        {"$set": {"label": {"$arrayElemAt": ["$labels", "$position"]}}},
    ]
    # The first line of its label stands for the order, so that an order is counted once a label.
    is_first = {"$eq": [{"$indexOfArray": ["$labels", "$label"]}, "$position"]}
    per_customer = {
        "_id": {"label": "$label", "customer": "$customerId"},
        "revenue": {"$sum": order_lines.part("$line")},
        "quantity": {"$sum": order_lines.quantity("$line")},
        "orders": {"$sum": {"$cond": [is_first, 1, 0]}},
    }
    per_label = _regroup("$_id.label")
    per_label["$group"]["quantity"] = {"$sum": "$quantity"}
    return _orders(stores, scope, [*spread, {"$group": per_customer}, per_label], whole=True)


def line_labels(stores: Stores) -> tuple[list[str], list[str]]:
    """The categories and the products that order lines name, by themselves or by the catalogue; the most
    frequent first. What has no name is left out."""
    catalogue = order_lines.read_catalogue(stores)
    pipeline: list[Document] = [
        {"$match": {"status": {"$ne": "cancelled"}}},
        {"$project": {"_id": 0, "products.category": 1, "products.name": 1, "products.productId": 1}},
        {"$unwind": "$products"},
        {"$group": {"_id": "$products", "lines": {"$sum": 1}}},
        {
            "$set": {
                "category": order_lines.category("$_id", catalogue),
                "product": order_lines.product("$_id", catalogue),
            }
        },
    ]
    found = list(stores.collection("orders").aggregate(pipeline, allowDiskUse=True))
    return (
        _most_frequent(found, "category", NO_CATEGORY),
        _most_frequent(found, "product", NO_PRODUCT),
    )


def _most_frequent(rows: list[Document], key: str, nameless: str) -> list[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row[key]] += row["lines"]
    del counts[nameless]
    return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def extent(stores: Stores) -> tuple[datetime, datetime] | None:
    """When the first and the last order that was not cancelled was placed; None without orders."""
    found = stores.collection("orders").find({"status": {"$ne": "cancelled"}}, {"createdAt": 1})
    ends = [list(found.clone().sort("createdAt", order).limit(1)) for order in (1, -1)]
    return (ends[0][0]["createdAt"], ends[1][0]["createdAt"]) if ends[0] and ends[1] else None


def buyers(stores: Stores, scope: Scope, now: datetime) -> Iterator[Document]:
    """Customers of the scope's cities and tags with an order: `_id`, lastOrdered, orderCount, totalSpent."""
    query = {
        **_customer_query(scope),
        "lastOrdered": {"$type": "date", "$lte": now},
        "orderCount": {"$gte": 1},
    }
    fields = {"lastOrdered": 1, "orderCount": 1, "totalSpent": 1}
    yield from stores.collection("customers").find(query, fields).batch_size(10_000)


def _orders(
    stores: Stores, scope: Scope, stages: list[Document], *, whole: bool = False
) -> Iterator[Document]:
    """Run stages on the scope's orders, which have `net`: the value that counts. `whole` keeps the lines
    and the value of the whole order, for stages that share it out themselves."""
    query, prepare = _prepared(stores, scope, whole)
    for chunk in _customer_chunks(stores, scope):
        restricted = query if chunk is None else {**query, "customerId": {"$in": chunk}}
        pipeline = [{"$match": restricted}, *prepare, *stages]
        yield from stores.collection("orders").aggregate(pipeline, allowDiskUse=True)


def _prepared(stores: Stores, scope: Scope, whole: bool) -> tuple[Document, list[Document]]:
    """Which orders count, and the stages that give them `net`."""
    query: Document = {"status": {"$ne": "cancelled"}}
    if bounds := _between(scope):
        query["createdAt"] = bounds
    prepare: list[Document] = [{"$set": {"net": order_lines.NET}}]
    if scope.of_lines:
        catalogue = order_lines.read_catalogue(stores)
        wanted = order_lines.wanted_lines(catalogue, scope.categories, scope.products)
        query["$expr"] = {"$ne": [wanted, []]}
        if not whole:
            prepare.append({"$set": {"weight": order_lines.weights(order_lines.LINES)}})
            prepare.append({"$set": {"net": order_lines.wanted_part(wanted)}})
    if not whole:
        prepare.append({"$project": {"customerId": 1, "createdAt": 1, "net": 1}})
    return query, prepare


def _customer_chunks(stores: Stores, scope: Scope) -> Iterator[list[str] | None]:
    """Ids of the scope's customers in chunks; one None where it has no restriction on customers."""
    if not scope.of_customers:
        yield None
        return
    found = stores.collection("customers").find(_customer_query(scope), {"_id": 1}).batch_size(_CHUNK)
    ids = (document["_id"] for document in found)
    while chunk := list(islice(ids, _CHUNK)):
        yield chunk


def _customer_query(scope: Scope) -> Document:
    query: Document = {}
    if scope.cities:
        query["folded.city"] = {"$in": [fold(city) for city in scope.cities]}
    if scope.tags:
        query["folded.tags"] = {"$in": [fold(tag) for tag in scope.tags]}
    return query


def _between(scope: Scope) -> Document:
    bounds: Document = {}
    if scope.start:
        bounds["$gte"] = scope.start
    if scope.end:
        bounds["$lt"] = scope.end
    return bounds


def _period(field: str, unit: str, zone: str) -> Document:
    return {"$dateTrunc": {"date": field, "unit": unit, "timezone": zone, "startOfWeek": "monday"}}


def _regroup(key: Any) -> Document:
    return {
        "$group": {
            "_id": key,
            "revenue": {"$sum": "$revenue"},
            "orders": {"$sum": "$orders"},
            "customers": {"$sum": 1},
        }
    }
