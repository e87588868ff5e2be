"""Customers and orders as they stand in MongoDB once workers have persisted them."""

from datetime import UTC, datetime
from typing import Any

from crm.fields import fold
from crm.ingestion.records import folded_line
from crm.stores.connection import Stores

KOLKATA = "Asia/Kolkata"


def at(text: str) -> datetime:
    """`2026-01-05T10:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def customer(
    stores: Stores, customer_id: str, city: str | None = None, tags: tuple = (), **fields: Any
) -> None:
    document: dict[str, Any] = {
        "_id": customer_id, "orderCount": 0, "totalSpent": 0.0, "totalOrderValue": 0.0, "folded": {},
    }  # fmt: skip
    if city:
        document["city"], document["folded"]["city"] = city, fold(city)
    if tags:
        document["tags"], document["folded"]["tags"] = list(tags), [fold(tag) for tag in tags]
    for name in ("name", "email", "phone"):
        if name in fields:
            document["folded"][name] = fold(fields[name])
    stores.db.customers.insert_one(document | fields)


def order(
    stores: Stores, order_id: str, customer_id: str, created: str, total: float, status: str = "delivered",
    lines: tuple | list = (), **fields: Any,
) -> None:  # fmt: skip
    products = [{**one, "folded": folded_line(one)} for one in lines]
    document = {"_id": order_id, "customerId": customer_id, "createdAt": at(created), "total": total,
                "status": status, "products": products}  # fmt: skip
    stores.db.orders.insert_one(document | fields)


def line(
    name: str | None = None, category: str | None = None, quantity: int = 1, price: float | None = None,
    product_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    given = {"name": name, "category": category, "quantity": quantity, "price": price,
             "productId": product_id}  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}
