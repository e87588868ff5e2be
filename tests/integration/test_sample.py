"""Sample data on its way through the streams into MongoDB."""

from datetime import UTC, datetime, timedelta

import pytest

from crm import ingest, reports, sample
from crm.errors import InvalidInput
from crm.reports import Scope
from crm.stores import streams

NOW = datetime(2026, 2, 14, 9, 30, tzinfo=UTC)
STREAMS = (streams.PRODUCTS, streams.CUSTOMERS, *streams.ORDERS)


def persist_all(stores):
    """Do what the workers do with every entry there is, and take the entries away."""
    for stream in STREAMS:
        entries = stores.redis.xrange(streams.key(stores, stream))
        ingest.persist(stores, [streams.payload(fields) for _, fields in entries], now=NOW)
        stores.redis.delete(streams.key(stores, stream))


def everything(stores):
    """What the shop consists of, but for the versions by which newer records are told from older ones."""
    return {
        name: list(stores.db[name].find({}, {"version": 0}).sort("_id"))
        for name in ("customers", "orders", "products")
    }


def test_a_shop_arrives_whole_through_the_streams(stores):
    told = []
    made = sample.generate(
        stores, customers=400, orders=1600, now=NOW, progress=lambda done, total: told.append((done, total))
    )
    assert (made.customers, made.orders, made.products) == (400, 1600, 60)
    assert told[-1] == (2000, 2000)
    assert sample.waiting(stores) > 0
    persist_all(stores)
    assert sample.waiting(stores) == 0
    for name, count in (("customers", 400), ("orders", 1600), ("products", 60)):
        assert stores.db[name].count_documents({}) == count
    found = reports.key_figures(stores, Scope())
    spent = sum(person["totalSpent"] for person in stores.db.customers.find())
    assert found.revenue == pytest.approx(spent)
    share = stores.db.customers.count_documents({"totalSpent": {"$gt": 10_000}}) / 400
    assert 0.12 < share < 0.28


def test_the_same_shop_again_changes_nothing_and_another_one_is_added(stores):
    sample.generate(stores, customers=60, orders=200, now=NOW)
    persist_all(stores)
    before = everything(stores)
    sample.generate(stores, customers=60, orders=200, now=NOW + timedelta(days=3))
    persist_all(stores)
    assert everything(stores) == before
    sample.generate(stores, customers=60, orders=200, seed=2, now=NOW)
    persist_all(stores)
    assert stores.db.customers.count_documents({}) == 120
    assert stores.db.orders.count_documents({}) == 400
    assert stores.db.products.count_documents({}) == 60


@pytest.mark.parametrize(
    ("numbers", "field"),
    [({"customers": 0}, "customers"), ({"orders": -1}, "orders"), ({"seed": -1}, "seed")],
)
def test_numbers_that_make_no_shop_are_refused(stores, numbers, field):
    with pytest.raises(InvalidInput) as refused:
        sample.generate(stores, now=NOW, **numbers)
    assert [error.field for error in refused.value.fields] == [field]
    assert sample.waiting(stores) == 0
