"""Whatever writes customers and orders, the snapshot ends equal to MongoDB, row by row."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm import bookkeeping, directory
from crm.columnar.shelf import Shelf
from crm.ingest import persist
from crm.ingestion import undo
from crm.stores import customers
from crm.stores.connection import Stores
from tests.snapshot_content import content, kept, truth
from tests.waiting import until

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
PEOPLE, ORDERS = 6, 30


def batch(kind: str, records: list[dict[str, Any]], now: datetime = NOW, **more: Any) -> dict[str, Any]:
    version = int(now.timestamp() * 1_000_000)
    return {"kind": kind, "batch": f"{kind}-{version}", "version": version, "after": {},
            "rows": list(range(len(records))), "records": records, **more}  # fmt: skip


def email(number: int) -> str:
    return f"p{number}@shop.example"


def order(number: int, **more: Any) -> dict[str, Any]:
    placed = (NOW + timedelta(days=number - 15)).isoformat()
    whose = {"orderReference": f"R{number}", "customerEmail": email(number % PEOPLE), "createdAt": placed}
    line = {"productId": f"P{number % 4}", "name": f"Thing {number % 4}", "quantity": 1, "price": 2.5}
    return {**whose, "total": 10.0 * number, "status": "placed", "products": [line], **more}


def _orders(stores: Stores) -> None:
    """Of old customers and of new ones."""
    fresh = [order(100 + number, customerEmail=email(number)) for number in range(2 * PEOPLE)]
    persist(stores, [batch("orders", fresh, LATER)], now=LATER)


def _amended(stores: Stores) -> None:
    """Cancelled, refunded, dearer, another's, with new ones of the same customers in one transaction."""
    amended = [
        order(0, status="cancelled"),
        order(1, status="refunded"),
        order(2, total=7.0),
        order(3, customerEmail=email(5)),
        order(200),
    ]
    persist(stores, [batch("orders", amended, LATER)], now=LATER)


def _customers(stores: Stores) -> None:
    """Changed, with an opening balance, and new."""
    given = [{"email": email(0), "city": "Pune"}, {"email": email(1), "totalSpent": 500.0}]
    persist(stores, [batch("customers", [*given, {"email": "new@shop.example"}], LATER)], now=LATER)


def _imported(stores: Stores) -> None:
    """Orders of a file, with customers made for them."""
    stores.db.imports.insert_one({"_id": "import", "state": "finished", "kind": "orders", "published": 1})
    fresh = [order(300 + number, customerEmail=email(number)) for number in range(2 * PEOPLE)]
    persist(stores, [batch("orders", [order(4, total=1.0), *fresh], LATER, importId="import")], now=LATER)


def _undone(stores: Stores) -> None:
    asked = {"begun": True, "after": [], "removed": 0, "restored": 0, "kept": 0}
    stores.db.imports.update_one({"_id": "import"}, {"$set": {"undo": asked}})
    undo.run(stores, stores.db.imports.find_one({"_id": "import"}) or {}, lambda: LATER, lambda _: None)
    assert not stores.db.orders.count_documents({"importId": "import"})


def _damaged(stores: Stores) -> None:
    stores.db.customers.update_one({"folded.email": email(2)}, {"$inc": {"orderCount": 5}})


def _repaired(stores: Stores) -> None:
    assert [len(part.wrong) for part in bookkeeping.audit(stores, repair=True, now=LATER)] == [1]


def _visited(stores: Stores) -> None:
    assert customers.count_visit(stores, customer_id=None, email=email(3), at=LATER, now=LATER)


def _erased(stores: Stores) -> None:
    found = stores.db.customers.find_one({"folded.email": email(4)})
    assert found is not None
    directory.erase_customer(stores, found["_id"])


@pytest.fixture
def shop(stores: Stores) -> Iterator[Stores]:
    people = [{"email": email(number), "name": f"Person {number}"} for number in range(PEOPLE)]
    persist(stores, [batch("customers", people)], now=NOW)
    persist(stores, [batch("orders", [order(number) for number in range(ORDERS)])], now=NOW)
    yield stores


def _nothing(_stores: Stores) -> None:
    """What most writes need beforehand."""


WRITES = {
    "new orders": (_nothing, _orders),
    "amended orders": (_nothing, _amended),
    "customers": (_nothing, _customers),
    "an import": (_nothing, _imported),
    "its undo": (_imported, _undone),
    "a repair": (_damaged, _repaired),
    "a visit": (_nothing, _visited),
    "an erasure": (_nothing, _erased),
}


@pytest.mark.parametrize(("first", "write"), WRITES.values(), ids=WRITES)
def test_a_write_arrives_whole(
    shop: Stores, tmp_path: Path, first: Callable[[Stores], None], write: Callable[[Stores], None]
) -> None:
    first(shop)
    shelf = Shelf(tmp_path / "snapshot")
    with kept(shop, shelf):
        before = content(shelf)
        write(shop)
        expected = truth(shop, tmp_path / "anew")
        assert expected != before
        until(lambda: content(shelf) == expected)
