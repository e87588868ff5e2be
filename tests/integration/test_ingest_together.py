"""Totals are right whatever comes in whatever order, twice, and by several workers at once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandSucceededEvent

from crm.ingest import persist
from crm.ingestion import persist_orders
from crm.settings import Endpoints
from crm.stores.connection import Document, Stores

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
START = int(NOW.timestamp() * 1_000_000)
PEOPLE = [f"p{number}@x.example" for number in range(12)]
_STATUSES = ("placed", "paid", "delivered", "cancelled", "refunded")


def _order(chance: random.Random, reference: int) -> dict[str, Any]:
    total = chance.randrange(0, 100_000) / 100
    return {
        "orderReference": f"o{reference}",
        "customerEmail": chance.choice(PEOPLE) if chance.random() < 0.1 else PEOPLE[reference % len(PEOPLE)],
        "total": total,
        "status": chance.choice(_STATUSES),
        "refunded": round(total * chance.choice((0, 0.5)), 2),
        "createdAt": (NOW - timedelta(days=chance.randrange(400))).isoformat(),
    }


def _batches(chance: random.Random, versions: int) -> list[dict[str, Any]]:
    """Orders, each in several versions that may differ in everything; no two batches of one version."""
    batches = []
    for version in range(versions):
        references = [chance.randrange(60) for _ in range(chance.randrange(1, 25))]
        records = [_order(chance, reference) for reference in references]
        batches.append(
            {"kind": "orders", "batch": f"b{version}", "version": START + version, "after": {},
             "rows": list(range(1, len(records) + 1)), "records": records}
        )  # fmt: skip
    return batches


def _expected(batches: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    for batch in batches:
        newest |= {record["orderReference"]: record for record in batch["records"]}
    return newest


def _copy(batch: dict[str, Any]) -> dict[str, Any]:
    return batch | {"records": [dict(record) for record in batch["records"]]}


def check_books(stores: Stores, newest: dict[str, dict[str, Any]]) -> None:
    """Every order as its newest version, every customer as the plain sum of his orders."""
    kept = {one["_id"]: one for one in stores.db.orders.find()}
    emails = {one["_id"]: one["folded"]["email"] for one in stores.db.customers.find()}
    assert {
        reference: (emails[one["customerId"]], one["total"], one["status"], one["refunded"])
        for reference, one in kept.items()
    } == {
        reference: (one["customerEmail"], one["total"], one["status"], one["refunded"])
        for reference, one in newest.items()
    }
    for customer in stores.db.customers.find():
        his = [
            one
            for one in kept.values()
            if one["customerId"] == customer["_id"] and one["status"] != "cancelled"
        ]
        assert customer["orderCount"] == len(his)
        assert customer["totalOrderValue"] == round(sum(one["total"] for one in his), 4)
        assert customer["totalSpent"] == round(sum(one["total"] - one["refunded"] for one in his), 4)
        assert customer.get("firstPurchaseDate") == min((one["createdAt"] for one in his), default=None)
        assert customer.get("lastOrdered") == max((one["createdAt"] for one in his), default=None)


@pytest.mark.parametrize("looks", [0, 100], ids=["taken for new", "looked for"])
@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_arrival_ends_in_the_same_books(
    stores: Stores, seed: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persist_orders, "_WHILE", looks)
    monkeypatch.setattr(persist_orders._expectation, "looks", looks)
    chance = random.Random(seed)
    batches = _batches(chance, versions=14)
    arrivals = batches + chance.choices(batches, k=6)  # some of them twice
    chance.shuffle(arrivals)
    while arrivals:
        size = chance.randrange(1, 4)
        together, arrivals = arrivals[:size], arrivals[size:]
        persist(stores, [_copy(batch) for batch in together], now=NOW)
    check_books(stores, _expected(batches))


def test_four_workers_on_the_same_customers_keep_the_books(stores: Stores) -> None:
    chance = random.Random(99)
    batches = _batches(chance, versions=40)
    arrivals = batches + chance.choices(batches, k=20)
    chance.shuffle(arrivals)

    def work(batch: dict[str, Any]) -> None:
        persist(stores, [_copy(batch)], now=NOW)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, arrivals))
    check_books(stores, _expected(batches))


def test_customers_and_orders_that_make_the_same_person_at_once_make_one(stores: Stores) -> None:
    def customers(version: int) -> dict[str, Any]:
        records = [{"email": email, "externalId": f"x{number}"} for number, email in enumerate(PEOPLE)]
        return {"kind": "customers", "batch": f"c{version}", "version": START + version, "after": {},
                "rows": list(range(len(records))), "records": records}  # fmt: skip

    chance = random.Random(7)
    batches = _batches(chance, versions=12)
    work: list[Callable[[], dict[str, Any]]] = [
        *(lambda batch=batch: _copy(batch) for batch in batches),
        *(lambda version=version: customers(version) for version in range(6)),
    ]
    chance.shuffle(work)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda make: persist(stores, [make()], now=NOW), work))
    assert stores.db.customers.count_documents({}) == len(PEOPLE)
    assert {one["externalId"] for one in stores.db.customers.find()} == {f"x{n}" for n in range(len(PEOPLE))}
    check_books(stores, _expected(batches))


class _Refused(CommandListener):
    """How many commands were answered with documents that MongoDB did not write."""

    count = 0

    def started(self, event: object) -> None: ...

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self.count += "writeErrors" in event.reply

    def failed(self, event: object) -> None: ...


def _new_orders(count: int, version: int) -> list[dict[str, Any]]:
    """Batches of ten orders each, the same ones in whatever version."""
    chance = random.Random(3)
    return [
        {"kind": "orders", "batch": f"v{version}-{number}", "version": START + version, "after": {},
         "rows": list(range(1, 11)), "records": [_order(chance, number * 10 + one) for one in range(10)]}
        for number in range(count)
    ]  # fmt: skip


def test_of_many_orders_that_are_there_only_the_first_are_taken_for_new(
    stores: Stores, endpoints: Endpoints
) -> None:
    refused = _Refused()
    client: MongoClient[Document] = MongoClient(endpoints.mongodb_uri, event_listeners=[refused])
    heard = replace(stores, client=client, db=client.get_database(stores.db.name, stores.db.codec_options))

    def work() -> None:
        for batch in (*_new_orders(8, version=1), *_new_orders(8, version=2)):
            persist(heard, [batch], now=NOW)

    with client, ThreadPoolExecutor(1) as thread:  # one that has not seen any orders yet
        thread.submit(work).result()
    assert refused.count == 1
    check_books(stores, _expected(_new_orders(8, version=2)))
