"""MongoDB and the columns give the same reports of a shop with everything that a shop has, as it changes."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from crm import reports
from crm.columnar import books
from crm.columnar.shelf import Shelf, State
from crm.fields import folded_document
from crm.reports import Scope
from crm.stores.connection import Stores
from tests.snapshot_content import content_of, kept, truth
from tests.waiting import until

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# Sao Paulo's clocks skipped midnights, Kolkata is half an hour off, New York changes in our time of orders.
ZONES = [ZoneInfo(name) for name in ("Asia/Kolkata", "America/New_York", "America/Sao_Paulo")]
CITIES = ["Pune", "PUNE ", "Mumbai", "Łódź", None]
TAGS = [["vip"], ["VIP", "new"], ["new"], []]
NAMES, CATEGORIES, IDS = ["Mug", "mug", "Lamp", None], ["Kitchen", "Home", None], ["P1", "P2", "P3", None]
STATUSES = ["delivered", "delivered", "cancelled", "refunded", "paid"]
DAYS = 4_000  # back to the midnights that were skipped
CHANGES_OF_CLOCKS = [  # in Sao Paulo a midnight that was skipped, and an hour before one that came twice
    datetime(2018, 11, 4, 2, 59, tzinfo=UTC), datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 2, 18, 1, 30, tzinfo=UTC), datetime(2018, 2, 18, 2, 30, tzinfo=UTC),
    datetime(2018, 2, 18, 3, tzinfo=UTC),
]  # fmt: skip


def person(number: int, chance: random.Random) -> dict[str, Any]:
    ordered = NOW - timedelta(days=chance.randrange(DAYS), seconds=chance.randrange(86_400))
    found = {
        "_id": f"{number:024x}", "city": chance.choice(CITIES), "tags": chance.choice(TAGS),
        "orderCount": chance.randrange(6), "totalSpent": chance.randrange(4_000) / 8,
        "lastOrdered": ordered, "firstPurchaseDate": ordered - timedelta(days=chance.randrange(200)),
    }  # fmt: skip
    found = {name: value for name, value in found.items() if value is not None}
    return {**found, "folded": folded_document(found)}


def order(number: int, people: int, chance: random.Random) -> dict[str, Any]:
    total = round(chance.random() * 100, 2)
    lines = [
        {"name": chance.choice(NAMES), "category": chance.choice(CATEGORIES), "productId": chance.choice(IDS),
         "quantity": chance.choice([1, 2, 0.5]), "price": chance.choice([None, 0, 2.55, 10.1])}
        for _ in range(chance.randrange(4))
    ]  # fmt: skip
    return {
        "_id": f"o{number}", "customerId": f"{chance.randrange(people):024x}", "total": total,
        "createdAt": NOW - timedelta(days=chance.randrange(DAYS), seconds=chance.randrange(86_400)),
        "status": chance.choice(STATUSES),
        **chance.choice([{}, {}, {"refunded": round(total / 3, 2)}, {"refunded": 0}]),
        "products": [{name: value for name, value in one.items() if value is not None} for one in lines],
    }  # fmt: skip


@pytest.fixture
def chance() -> random.Random:
    return random.Random(1)


@pytest.fixture
def shop(stores: Stores, chance: random.Random) -> Stores:
    stores.db.products.insert_one({"_id": "P1", "name": "Teapot", "category": "Kitchen"})
    stores.db.products.insert_one({"_id": "P2"})
    stores.db.customers.insert_many([person(number, chance) for number in range(60)])
    stores.db.orders.insert_many([order(number, 60, chance) for number in range(400)])
    for number, moment in enumerate(CHANGES_OF_CLOCKS, 900):
        stores.db.orders.insert_one({**order(number, 60, chance), "createdAt": moment, "status": "paid"})
    return stores


@pytest.fixture
def columns(shop: Stores, chance: random.Random, tmp_path: Path) -> State:
    """A snapshot that has followed changes of every kind."""
    shelf = Shelf(tmp_path / "kept")
    with kept(shop, shelf):
        for number in range(0, 400, 9):
            amended = order(number, 60, chance)
            shop.db.orders.replace_one({"_id": amended["_id"]}, amended)
        shop.db.orders.delete_many({"_id": {"$in": [f"o{number}" for number in range(5, 400, 40)]}})
        shop.db.orders.insert_many([order(number, 60, chance) for number in range(400, 450)])
        for number in range(3):
            shop.db.customers.delete_one({"_id": f"{number:024x}"})
            shop.db.orders.delete_many({"customerId": f"{number:024x}"})
        shop.db.orders.delete_many({"customerId": {"$in": [f"{number:024x}" for number in range(3)]}})
        expected = truth(shop, tmp_path / "anew")
        until(lambda: (state := shelf.state()) is not None and content_of(state) == expected)
    found = shelf.state()
    assert found is not None and len(found.parts) > 1
    return found


def scopes(chance: random.Random) -> list[Scope]:
    """Everything, and filters as people set them, alone and together."""
    found = [Scope()]
    for number in range(14):
        start = NOW - timedelta(days=chance.randrange(DAYS)) if number % 3 == 1 else None
        found.append(
            Scope(
                start=start,
                end=start + timedelta(days=chance.randrange(1, 900)) if start and number % 2 else None,
                cities=tuple(chance.sample(["pune", "Mumbai", "Nowhere"], chance.randrange(3))),
                tags=("VIP",) if chance.random() < 0.3 else (),
                categories=tuple(chance.sample(["Kitchen", "Home", "No category"], chance.randrange(2))),
                products=tuple(chance.sample(["Mug", "Teapot", "P3"], chance.choice([0, 0, 1, 2]))),
            )
        )
    return found


def same(of_columns: pd.DataFrame, of_mongodb: pd.DataFrame, key: str) -> None:
    """Equal to a hundredth of a cent; rows that are worth the same to the last digit may change places."""
    pd.testing.assert_frame_equal(
        of_columns.sort_values(key, ignore_index=True),
        of_mongodb.sort_values(key, ignore_index=True),
        check_dtype=False,
        atol=1.01e-4,
        rtol=0,
    )


def test_both_engines_add_up_to_the_same(shop: Stores, columns: State, chance: random.Random):
    for scope in scopes(chance):
        ours, theirs = reports.key_figures(shop, scope, columns), reports.key_figures(shop, scope)
        assert ours.revenue == pytest.approx(theirs.revenue, abs=1.01e-4)
        assert (ours.orders, ours.customers) == (theirs.orders, theirs.customers), scope
        for report in (reports.by_city, reports.by_category, reports.by_product):
            same(report(shop, scope, columns), report(shop, scope), "label")


def test_both_engines_have_the_same_days_weeks_and_months(
    shop: Stores, columns: State, chance: random.Random
):
    for number, scope in enumerate(scopes(chance)):
        asked: dict[str, Any] = {"unit": reports.UNITS[number % 3], "zone": ZONES[number // 3 % 3]}
        same(
            reports.over_time(shop, scope, columns, **asked), reports.over_time(shop, scope, **asked), "start"
        )
    for zone in ZONES:
        whole = [reports.over_time(shop, Scope(), one, unit="day", zone=zone) for one in (columns, None)]
        same(*whole, "start")


def test_both_engines_score_and_offer_the_same(shop: Stores, columns: State):
    for scope in (Scope(), Scope(cities=("Pune",)), Scope(tags=("new",))):
        ours, theirs = (reports.rfm(shop, scope, one, now=NOW) for one in (columns, None))
        assert ours.edges == theirs.edges
        same(ours.groups, theirs.groups, "group")
        pd.testing.assert_frame_equal(ours.grid, theirs.grid)
    assert reports.extent(shop, columns) == reports.extent(shop)
    ours, theirs = reports.choices(shop, columns), reports.choices(shop)
    assert (ours.categories, ours.products) == (theirs.categories, theirs.products)
    assert {text.casefold() for text in ours.cities} == {text.casefold() for text in theirs.cities}
    assert {text.casefold() for text in ours.tags} == {text.casefold() for text in theirs.tags}


def test_orders_are_summed_up_alike_however_they_are_cut(
    shop: Stores, columns: State, monkeypatch: pytest.MonkeyPatch
):
    whole = reports.by_product(shop, Scope(), columns), reports.key_figures(shop, Scope(), columns)
    monkeypatch.setattr(books, "_CHUNK", 3)  # fewer than most customers have
    same(reports.by_product(shop, Scope(), columns), whole[0], "label")
    assert reports.key_figures(shop, Scope(), columns) == whole[1]
