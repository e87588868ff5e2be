"""The audit finds every customer whose totals are not what his orders say, and sets them right."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crm import bookkeeping
from crm.ingest import persist
from crm.stores.connection import Stores

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
VERSION = int(NOW.timestamp() * 1_000_000)


def batch(kind: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "batch": f"{kind}-1", "version": VERSION, "after": {},
            "rows": list(range(len(records))), "records": records}  # fmt: skip


def shop(stores: Stores) -> None:
    """Some with an opening balance, orders before and after it, of every status."""
    opened = [{"email": f"p{number}@x.example", "totalSpent": 100.0, "orderCount": 3} for number in range(3)]
    persist(stores, [batch("customers", opened)], now=NOW)
    orders = [
        {
            "orderReference": f"R{number}",
            "customerEmail": f"p{number % 6}@x.example",
            "total": 10.1 * number,
            "status": ("placed", "cancelled", "refunded", "paid")[number % 4],
            "createdAt": (NOW + timedelta(days=number - 15)).isoformat(),
        }
        for number in range(30)
    ]
    persist(stores, [batch("orders", orders)], now=NOW)


def audited(stores: Stores, *, repair: bool = False) -> tuple[int, dict[str, dict[str, tuple[Any, Any]]]]:
    parts = list(bookkeeping.audit(stores, repair=repair, now=NOW))
    wrong = {one.customer_id: one.fields for part in parts for one in part.wrong}
    return sum(part.customers for part in parts), wrong


def test_books_that_are_right_are_left_alone(stores: Stores) -> None:
    shop(stores)
    before = list(stores.db.customers.find())
    assert audited(stores, repair=True) == (6, {})
    assert list(stores.db.customers.find()) == before


def test_what_is_wrong_is_named_and_set_right(stores: Stores) -> None:
    shop(stores)
    before = {one["_id"]: one for one in stores.db.customers.find()}
    first, second, third = list(before)[:3]
    stores.db.customers.update_one({"_id": first}, {"$inc": {"orderCount": 1}})
    stores.db.customers.update_one({"_id": second}, {"$set": {"totalSpent": 0.5}})
    stores.db.customers.update_one({"_id": third}, {"$unset": {"lastOrdered": ""}})
    count = before[first]["orderCount"]
    for repair in (False, True):
        looked, wrong = audited(stores, repair=repair)
        assert (looked, wrong.keys()) == (6, {first, second, third})
        assert wrong[first] == {"orderCount": (count + 1, count)}
        assert wrong[third]["lastOrdered"][0] is None
    assert audited(stores) == (6, {})
    moved = {one["_id"]: one for one in stores.db.customers.find()}
    for customer_id in (first, second, third):
        repaired = moved[customer_id].pop("repairedAt")
        assert repaired == moved[customer_id].pop("updatedAt") > before[customer_id].pop("updatedAt")
    assert moved == before


def test_orders_of_nobody_are_counted(stores: Stores) -> None:
    shop(stores)
    assert bookkeeping.orphans(stores) == 0
    lost = stores.db.customers.find_one_and_delete({"folded.email": "p1@x.example"})
    assert bookkeeping.orphans(stores) == stores.db.orders.count_documents({"customerId": lost["_id"]}) > 0
