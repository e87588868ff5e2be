"""Records from the door to MongoDB: accepted once, stored once, totals that follow from the orders."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import directory, ingest, segments
from crm.errors import NotYet
from crm.settings import settings
from crm.stores import groups, streams
from crm.stores.connection import Document, Stores

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_INGESTED = (streams.PRODUCTS, streams.CUSTOMERS, *streams.ORDERS)


def payloads(stores: Stores, names: Iterable[str] = _INGESTED) -> list[Any]:
    """Everything that lies on the streams, whether it was handled or not."""
    found = [stores.redis.xrange(streams.key(stores, name)) for name in names]
    return [streams.payload(fields) for entries in found for _, fields in entries]


def work(stores: Stores, now: datetime = NOW) -> None:
    """Persist what lies on the streams as a worker would."""
    groups.join(stores, _INGESTED)
    for name, entries in groups.take(stores, "test", _INGESTED, count=1000, wait_ms=1).items():
        for entry in entries:
            ingest.persist(stores, [streams.payload(entry.fields)], now=now)
            groups.acknowledge(stores, name, [entry.id])


def customers(stores: Stores, *records: dict[str, Any], now: datetime = NOW) -> None:
    assert ingest.accept_customers(stores, records, now=now).rejected == ()
    work(stores)


def orders(stores: Stores, *records: dict[str, Any], now: datetime = NOW) -> None:
    assert ingest.accept_orders(stores, records, now=now).rejected == ()
    work(stores)


def order(reference: str, total: float = 10, **more: Any) -> dict[str, Any]:
    return {"orderReference": reference, "customerEmail": "asha@x.example", "total": total} | more


def asha(stores: Stores) -> Document:
    found = stores.db.customers.find_one({"folded.email": "asha@x.example"})
    assert found is not None
    return found


def sums(customer: Document) -> tuple[int, float, float]:
    return customer["orderCount"], customer["totalOrderValue"], customer["totalSpent"]


def everything(stores: Stores) -> list[Document]:
    return [one for name in ("customers", "orders", "products") for one in stores.db[name].find().sort("_id")]


# Customers


def test_a_customer_has_totals_and_a_bucket_and_nothing_that_was_not_given(stores: Stores) -> None:
    customers(stores, {"email": "Asha@X.example", "name": "Asha Rao", "tags": "VIP;new"})
    found = asha(stores)
    bucket = found.pop("bucket")
    assert 0 <= bucket < 10_000
    assert len(found.pop("_id")) == 24
    assert found == {
        "email": "Asha@X.example",
        "name": "Asha Rao",
        "tags": ["VIP", "new"],
        "folded": {"email": "asha@x.example", "name": "asha rao", "tags": ["vip", "new"]},
        "totalSpent": 0.0,
        "totalOrderValue": 0.0,
        "orderCount": 0,
        "createdAt": NOW,
        "updatedAt": NOW,
        "version": int(NOW.timestamp() * 1_000_000),
    }


def test_what_is_not_given_again_stays_and_what_is_given_changes(stores: Stores) -> None:
    customers(stores, {"email": "asha@x.example", "name": "Asha", "city": "Pune", "visitCount": 3})
    customers(stores, {"email": "ASHA@x.example", "city": "Mumbai", "visitCount": "4"}, now=NOW + DAY)
    found = asha(stores)
    assert (found["name"], found["city"], found["visitCount"]) == ("Asha", "Mumbai", 4)
    assert found["folded"]["city"] == "mumbai"
    assert stores.db.customers.count_documents({}) == 1


def test_the_same_records_again_change_nothing(stores: Stores) -> None:
    records = [{"email": "asha@x.example", "name": "Asha", "tags": ["a"], "accountCreated": "2024-02-03"}]
    customers(stores, *records)
    before = everything(stores)
    customers(stores, *records)
    ingest.persist(stores, payloads(stores), now=NOW + DAY)
    assert everything(stores) == before


def test_an_older_record_that_comes_late_only_fills_gaps(stores: Stores) -> None:
    customers(stores, {"email": "asha@x.example", "name": "Asha Rao"}, now=NOW + DAY)
    customers(stores, {"email": "asha@x.example", "name": "A. R.", "city": "Pune"}, now=NOW)
    assert (asha(stores)["name"], asha(stores)["city"]) == ("Asha Rao", "Pune")


def test_external_id_and_email_lead_to_one_customer(stores: Stores) -> None:
    customers(stores, {"externalId": "17", "name": "Asha"})
    customers(stores, {"externalId": "17", "email": "asha@x.example"})
    customers(stores, {"email": "asha@x.example", "city": "Pune"})
    customers(stores, {"externalId": "17", "email": "rao@x.example"})
    [found] = stores.db.customers.find()
    assert (found["name"], found["city"], found["email"]) == ("Asha", "Pune", "rao@x.example")
    assert found["folded"]["email"] == "rao@x.example"


def test_an_email_of_somebody_else_is_refused_with_its_reason(stores: Stores) -> None:
    customers(stores, {"externalId": "17", "email": "asha@x.example"}, {"externalId": "18"})
    customers(
        stores,
        {"externalId": "18", "email": "asha@x.example"},
        {"externalId": "19", "email": "Asha@x.example"},
    )
    refused = list(stores.db.rejections.find().sort("row"))
    assert [(one["row"], one["field"], one["code"]) for one in refused] == [
        (1, "email", "taken"),
        (2, "email", "taken"),
    ]
    assert refused[1]["values"] == {"externalId": "19", "email": "Asha@x.example"}
    assert stores.db.customers.count_documents({}) == 2


def test_within_a_batch_later_records_see_earlier_ones(stores: Stores) -> None:
    customers(
        stores,
        {"email": "asha@x.example", "name": "Asha"},
        {"email": "asha@x.example", "externalId": "17"},
        {"externalId": "17", "name": "Asha Rao"},
    )
    [found] = stores.db.customers.find()
    assert (found["externalId"], found["name"]) == ("17", "Asha Rao")


def test_bad_records_are_refused_at_the_edge_by_row_and_field_and_good_ones_taken(stores: Stores) -> None:
    answer = ingest.accept_customers(
        stores,
        [{"name": "nobody"}, {"email": "asha@x.example"}, {"email": "x@y.example", "age": -1}, 5],
        now=NOW,
    )
    assert answer.accepted == 1
    assert [(one.row, one.field) for one in answer.rejected] == [(1, "email"), (3, "age"), (4, "record")]
    work(stores)
    assert stores.db.customers.count_documents({}) == 1


# Orders and totals


def test_an_order_finds_its_customer_however_either_wrote_the_address(stores: Stores) -> None:
    customers(stores, {"email": "  ÄSHA@X.example", "name": "Asha"}, {"email": "ravi@x.example"})
    orders(stores, order("A-1", customerEmail="äsha@x.EXAMPLE"), order("A-2", customerEmail="RAVI@x.example"))
    assert sorted((one["email"], one["orderCount"]) for one in stores.db.customers.find()) == [
        ("ravi@x.example", 1),
        ("ÄSHA@X.example", 1),
    ]


def test_totals_and_dates_follow_from_orders(stores: Stores) -> None:
    customers(stores, {"email": "asha@x.example"})
    orders(stores, order("A1", 10, createdAt="2025-03-01"), order("A2", 0, createdAt="2025-01-01"))
    orders(stores, order("A3", 5.5, createdAt="2025-02-01", status="refunded", refunded=1.25))
    found = asha(stores)
    assert sums(found) == (3, 15.5, 14.25)
    assert found["firstPurchaseDate"] == datetime(2025, 1, 1, tzinfo=UTC)
    assert found["lastOrdered"] == datetime(2025, 3, 1, tzinfo=UTC)
    assert "lastActive" not in found


def test_an_order_sent_again_or_redelivered_is_one_order(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt="2025-03-01"))
    before = everything(stores)
    orders(stores, order("A1", 10, createdAt="2025-03-01"), now=NOW + DAY)
    ingest.persist(stores, payloads(stores), now=NOW + 2 * DAY)
    after = everything(stores)
    assert [one | {"version": 0} for one in after] == [one | {"version": 0} for one in before]


def test_of_one_reference_twice_in_a_batch_the_later_counts(stores: Stores) -> None:
    orders(stores, order("A1", 10), order("A2", 1), order("A1", 30))
    assert sums(asha(stores)) == (2, 31, 31)


def test_a_cancelled_order_leaves_the_totals_and_the_dates(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt="2025-03-01"), order("A2", 20, createdAt="2025-04-01"))
    orders(stores, {"orderReference": "A2", "status": "cancelled"}, now=NOW + DAY)
    found = asha(stores)
    assert sums(found) == (1, 10, 10)
    assert found["lastOrdered"] == datetime(2025, 3, 1, tzinfo=UTC)
    orders(stores, {"orderReference": "A1", "status": "cancelled"}, now=NOW + DAY)
    assert sums(asha(stores)) == (0, 0, 0)
    assert "lastOrdered" not in asha(stores)
    assert "firstPurchaseDate" not in asha(stores)


def test_an_old_version_does_not_revive_a_cancelled_order(stores: Stores) -> None:
    orders(stores, order("A1", 10, status="cancelled"), now=NOW + DAY)
    orders(stores, order("A1", 10, status="placed"), now=NOW)
    assert sums(asha(stores)) == (0, 0, 0)


def test_a_version_that_repeats_the_first_one_outdates_what_came_between(stores: Stores) -> None:
    orders(stores, order("A1", 10, status="placed"), now=NOW)
    orders(stores, order("A1", 10, status="placed"), now=NOW + 2 * DAY)
    orders(stores, order("A1", 10, status="cancelled"), now=NOW + DAY)
    assert sums(asha(stores)) == (1, 10, 10)


def test_an_amended_order_moves_the_totals_by_the_difference(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt="2025-03-01"), order("A2", 20))
    orders(stores, order("A1", 12.5), now=NOW + DAY)
    assert sums(asha(stores)) == (2, 32.5, 32.5)
    assert stores.db.orders.find_one({"_id": "A1"})["createdAt"] == datetime(2025, 3, 1, tzinfo=UTC)


def test_a_refund_without_an_amount_is_of_all(stores: Stores) -> None:
    orders(stores, order("A1", 10), order("A2", 20))
    orders(stores, {"orderReference": "A1", "status": "refunded"}, now=NOW + DAY)
    assert sums(asha(stores)) == (2, 30, 20)


def test_an_order_that_changes_its_customer_leaves_the_old_one(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt="2025-03-01"), order("A2", 20, createdAt="2025-01-01"))
    orders(stores, order("A1", 10, customerEmail="ravi@x.example"), now=NOW + DAY)
    assert sums(asha(stores)) == (1, 20, 20)
    assert asha(stores)["lastOrdered"] == datetime(2025, 1, 1, tzinfo=UTC)
    ravi = stores.db.customers.find_one({"folded.email": "ravi@x.example"})
    assert sums(ravi) == (1, 10, 10)


def test_an_order_with_an_email_makes_its_customer_and_his_own_record_fills_him_in(stores: Stores) -> None:
    orders(stores, order("A1", 10, customerId="17", customerName="Asha R."), now=NOW + DAY)
    customers(stores, {"externalId": "17", "name": "Asha Rao", "city": "Pune"}, now=NOW)
    [found] = stores.db.customers.find()
    assert (found["name"], found["city"], found["email"]) == ("Asha Rao", "Pune", "asha@x.example")
    assert sums(found) == (1, 10, 10)


def test_an_order_finds_its_customer_by_either_id(stores: Stores) -> None:
    customers(stores, {"externalId": "17", "email": "asha@x.example"})
    ours = asha(stores)["_id"]
    orders(stores, {"orderReference": "A1", "customerId": "17", "total": 1})
    orders(stores, {"orderReference": "A2", "customerId": ours, "total": 2})
    assert sums(asha(stores)) == (2, 3, 3)


def test_an_order_of_nobody_we_know_is_refused_with_its_reason(stores: Stores) -> None:
    orders(stores, {"orderReference": "A1", "customerId": "17", "total": 1}, order("A2", 2))
    assert [one["_id"] for one in stores.db.orders.find()] == ["A2"]
    [refused] = stores.db.rejections.find()
    assert (refused["row"], refused["field"], refused["code"]) == (1, "customerId", "unknown_customer")
    assert refused["values"]["orderReference"] == "A1"


def test_an_order_waits_for_customers_published_before_it(stores: Stores) -> None:
    ingest.accept_customers(stores, [{"externalId": "17", "name": "Asha"}], now=NOW)
    ingest.accept_orders(stores, [{"orderReference": "A1", "customerId": "17", "total": 1}], now=NOW)
    groups.join(stores, _INGESTED)
    with pytest.raises(NotYet):
        ingest.persist(stores, payloads(stores, streams.ORDERS), now=NOW)
    work(stores)
    assert sums(stores.db.customers.find_one()) == (1, 1, 1)


def test_a_change_of_an_order_waits_for_the_order_published_before_it(stores: Stores) -> None:
    ingest.accept_orders(stores, [order("A1", 10)], now=NOW)
    first = payloads(stores)
    ingest.accept_orders(stores, [{"orderReference": "A1", "status": "cancelled"}], now=NOW + DAY)
    groups.join(stores, _INGESTED)
    [change] = [payload for payload in payloads(stores) if payload not in first]
    with pytest.raises(NotYet):
        ingest.persist(stores, [change], now=NOW)
    groups.take(stores, "test", _INGESTED, count=1000, wait_ms=1)
    ingest.persist(stores, first, now=NOW)
    assert sums(asha(stores)) == (1, 10, 10)
    for name in streams.ORDERS:
        ids = [entry.decode() for entry, _ in stores.redis.xrange(streams.key(stores, name))]
        groups.acknowledge(stores, name, ids)
    ingest.persist(stores, [change], now=NOW)
    assert sums(asha(stores)) == (0, 0, 0)


def test_a_shopper_amends_no_order_of_another_that_was_on_its_way(stores: Stores) -> None:
    orders(stores, order("A1", 10))
    his = order("A1", 1, customerEmail="sam@x.example")
    ingest.accept_orders(stores, [his], now=NOW + DAY, own=True)
    work(stores)
    assert sums(asha(stores)) == (1, 10, 10)
    [refused] = stores.db.rejections.find()
    assert (refused["field"], refused["code"]) == ("orderReference", "not_yours")


def test_a_change_of_an_order_that_never_was_is_refused(stores: Stores) -> None:
    orders(stores, {"orderReference": "A1", "status": "cancelled"})
    [refused] = stores.db.rejections.find()
    assert (refused["field"], refused["code"]) == ("total", "no_total")


# Opening balances


def test_totals_that_come_with_a_customer_are_set_and_later_orders_add(stores: Stores) -> None:
    record = {"email": "asha@x.example", "totalSpent": 100, "orderCount": 4, "lastOrdered": "2025-05-05"}
    customers(stores, record)
    assert sums(asha(stores)) == (4, 100, 100)
    customers(stores, record, now=NOW + DAY)
    assert sums(asha(stores)) == (4, 100, 100)
    orders(stores, order("A1", 10, createdAt=NOW - DAY), order("A2", 7, createdAt=NOW + DAY))
    found = asha(stores)
    assert sums(found) == (5, 107, 107)
    assert found["lastOrdered"] == NOW + DAY
    assert found["firstPurchaseDate"] == NOW - DAY
    assert found["opening"]["at"] == NOW


def test_a_new_balance_replaces_the_old_one_and_the_orders_it_contains(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt=NOW - DAY), order("A2", 7, createdAt=NOW + 3 * DAY))
    customers(stores, {"email": "asha@x.example", "totalSpent": 100}, now=NOW)
    assert sums(asha(stores)) == (2, 107, 107)
    customers(stores, {"email": "asha@x.example", "totalSpent": 150}, now=NOW + 2 * DAY)
    assert sums(asha(stores)) == (2, 157, 157)
    orders(stores, {"orderReference": "A2", "status": "cancelled"}, now=NOW + 4 * DAY)
    assert sums(asha(stores)) == (1, 150, 150)


def test_zero_totals_are_no_balance(stores: Stores) -> None:
    orders(stores, order("A1", 10, createdAt=NOW - DAY))
    customers(stores, {"email": "asha@x.example", "totalSpent": "0", "orderCount": 0}, now=NOW)
    assert sums(asha(stores)) == (1, 10, 10)
    assert "opening" not in asha(stores)


# Products


def test_products_are_kept_and_amended(stores: Stores) -> None:
    ingest.accept_products(
        stores, [{"productId": "P1", "name": "Mug", "category": "Home", "price": 99}], now=NOW
    )
    ingest.accept_products(stores, [{"sku": "P1", "price": 89}], now=NOW + DAY)
    work(stores)
    [product] = stores.db.products.find({}, {"updatedAt": 0, "version": 0})
    assert product == {"_id": "P1", "name": "Mug", "category": "Home", "price": 89.0}


def test_a_line_of_an_order_keeps_the_form_that_rules_compare_by(stores: Stores) -> None:
    lines = [{"name": " Müsli STRASSE", "category": "FOOD", "price": 1}, {"sku": "P-1", "price": 2}]
    orders(stores, order("r1", products=lines))
    found = stores.db.orders.find_one({})["products"]
    assert [line["folded"] for line in found] == [
        {"name": "müsli strasse", "category": "food"},
        {"productId": "p-1"},
    ]
    assert "folded" not in directory.order(stores, "r1")["products"][0]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "UTC"])
def test_a_day_that_comes_in_is_the_day_that_rules_read(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("CRM_TIME_ZONE", zone)
    settings.cache_clear()
    try:
        customers(stores, {"email": "asha@x.example", "birthDate": "1997-03-05"})
    finally:
        settings.cache_clear()
    for operator, value in (("equals", "1997-03-05"), ("monthIs", [3])):
        rule = segments.parse(
            {"type": "condition", "field": "birthDate", "operator": operator, "value": value}
        )
        query = segments.to_filter(rule, now=NOW, zone=ZoneInfo(zone))
        assert stores.db.customers.count_documents(query) == 1
