"""Orders through workers and stores that are killed at random: each is there once, every total is right."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm import bookkeeping, dead_letters
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import indexes, streams
from crm.stores.connection import Stores, connect
from tests.acceptance.chaos import MONGOD, VALKEY, WORKER, Chaos, Herd, servers
from tests.acceptance.traffic import Sender, Traffic
from tests.waiting import until

FULL = os.environ.get("CRM_FULL_SIZE") == "1"
ORDERS, PEOPLE, BLOCK = (200_000, 20_000, 500) if FULL else (20_000, 2_000, 100)
STRIKES = [WORKER] * (40 if FULL else 7) + [VALKEY, MONGOD] * (10 if FULL else 2)
WORKERS = 4
SEED = 20


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    """Four workers on stores of this test's own."""
    with servers(tmp_path) as (mongod, valkey):
        endpoints = Endpoints(mongod.program.address, valkey.program.address)
        stores = connect(endpoints, database="chaos", prefix="chaos:")
        indexes.ensure(stores)
        with Herd(endpoints, stores, ["ingest"], WORKERS, tmp_path) as herd:
            yield Chaos(stores, {MONGOD: mongod, VALKEY: valkey}, herd, streams.ORDERS, SEED)
            assert herd.all_run()
        stores.close()


@pytest.mark.slow
def test_every_order_is_there_once_and_every_total_is_right_after_kills_of_everything(chaos: Chaos) -> None:
    traffic = Traffic(ORDERS, PEOPLE, BLOCK, SEED)
    sender = Sender(chaos.stores, traffic)
    strikes = random.Random(SEED).sample(STRIKES, len(STRIKES))
    share = traffic.blocks // (len(strikes) + 1)
    for victim in strikes:
        sender.allow(share)
        chaos.strike(victim, more=sender.allow)
    sender.finish()
    until(lambda: not streams.backlog(chaos.stores, *streams.ORDERS), timeout=600)
    assert len(chaos.held) == len(strikes) and min(chaos.held) > 0
    check_orders(chaos.stores, traffic)
    check_totals(chaos.stores, traffic)
    check_nothing_else_is_left(chaos.stores, traffic)


def check_orders(stores: Stores, traffic: Traffic) -> None:
    """Every accepted order once, as its newest version says, and no other."""
    people = {one["_id"]: one["folded"]["email"] for one in stores.db.customers.find()}
    kept = {
        one["_id"]: (people[one["customerId"]], one["total"], one["status"], one.get("refunded", 0))
        for one in stores.db.orders.find()
    }
    assert kept == {
        reference: (one["customerEmail"], one["total"], one["status"], one.get("refunded", 0))
        for reference, one in traffic.newest.items()
    }
    assert len(set(people.values())) == len(people)


def check_totals(stores: Stores, traffic: Traffic) -> None:
    """Every customer is the plain sum of the traffic's newest versions, and the audit says so too."""
    his: dict[str, list[Any]] = {}
    for one in traffic.newest.values():
        if one["status"] != "cancelled":
            his.setdefault(one["customerEmail"], []).append(one)
    for customer in stores.db.customers.find():
        orders = his.pop(customer["folded"]["email"], [])
        days = sorted(one["createdAt"] for one in orders)
        assert customer["orderCount"] == len(orders)
        assert customer["totalOrderValue"] == round(sum(one["total"] for one in orders), 4)
        spent = sum(one["total"] - one.get("refunded", 0) for one in orders)
        assert customer["totalSpent"] == round(spent, 4)
        for name, day in (("firstPurchaseDate", days[:1]), ("lastOrdered", days[-1:])):
            assert [customer[name].isoformat()] == day if day else name not in customer
    assert not his
    assert not [one for part in bookkeeping.audit(stores, repair=False, now=utc_now()) for one in part.wrong]
    assert bookkeeping.orphans(stores) == 0


def check_nothing_else_is_left(stores: Stores, traffic: Traffic) -> None:
    """Streams are empty; what was refused and what was put aside is just what had to be."""
    until(lambda: not any(stores.redis.xlen(streams.key(stores, name)) for name in streams.ORDERS))
    refused = {one["references"][0] for one in stores.db.rejections.find()}
    assert refused == traffic.unknown | traffic.poison
    letters, cursor = [], None
    while True:
        page = dead_letters.listing(stores, limit=500, cursor=cursor)
        letters += [one["references"] for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(letters) == sorted([one] for one in traffic.poison)
