"""Reports on a small shop whose every number can be checked by hand, summed up in MongoDB and in columns."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from crm import audiences, reports, rfm, segments
from crm.columnar.shelf import Shelf, State
from crm.reports import Scope
from crm.snapshot import Keeper
from crm.stores.connection import Stores
from tests.shop import at, customer, line, order

KOLKATA = ZoneInfo("Asia/Kolkata")
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


MUG = line("Mug", "Kitchen", 2, 100.0)
LAMP = line("Lamp", "Home", 1, 300.0)


@pytest.fixture
def shop(stores):
    customer(stores, "a", "Mumbai", ["vip"], firstPurchaseDate=at("2026-01-05T10:00"))
    customer(stores, "b", "mumbai ", firstPurchaseDate=at("2026-01-31T20:00"))
    customer(stores, "c", "Pune", ["VIP", "new"], firstPurchaseDate=at("2026-02-10T10:00"))
    customer(stores, "d", firstPurchaseDate=at("2026-02-20T10:00"))
    customer(stores, "e", "Delhi")
    order(stores, "1", "a", "2026-01-05T10:00", 500.0, lines=[MUG, LAMP])
    order(
        stores, "2", "a", "2026-02-06T10:00", 250.0, lines=[line("Mug", "Kitchen", 1, 100.0)], refunded=50.0
    )
    order(stores, "3", "b", "2026-01-31T20:00", 100.1, lines=[MUG])  # February already in Kolkata
    order(stores, "4", "c", "2026-02-10T10:00", 900.0, status="cancelled", lines=[LAMP])
    order(stores, "5", "c", "2026-02-10T11:00", 300.0, status="refunded", lines=[LAMP])
    order(stores, "6", "d", "2026-02-20T10:00", 40.2)
    return stores


@pytest.fixture(params=["mongodb", "columns"])
def of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Stores], State | None]:
    """The columns of what is in the stores, or none so that MongoDB is asked."""

    def read(stores: Stores) -> State | None:
        if request.param == "mongodb":
            return None
        keeper = Keeper(stores, Shelf(tmp_path))
        keeper.rebuild()
        return keeper.shelf.state()

    return read


def rows(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def test_revenue_leaves_cancelled_orders_and_refunds_out(shop, of):
    figures = reports.key_figures(shop, Scope(), of(shop))
    # 500 + (250 − 50) + 100.10 + 0 (refunded) + 40.20
    assert (figures.revenue, figures.orders, figures.customers) == (840.3, 5, 4)
    assert figures.average_order == pytest.approx(168.06)


def test_dates_are_from_included_to_excluded(shop, of):
    scope = Scope(start=at("2026-01-05T10:00"), end=at("2026-01-31T20:00"))
    assert reports.key_figures(shop, scope, of(shop)).orders == 1


def test_months_are_those_of_the_accounts_zone(shop, of):
    utc = reports.over_time(shop, Scope(), of(shop), unit="month", zone=ZoneInfo("UTC"))
    assert rows(utc, "start", "revenue", "orders", "customers", "new_customers") == [
        (pd.Timestamp("2026-01-01"), 600.1, 2, 2, 2),
        (pd.Timestamp("2026-02-01"), 240.2, 3, 3, 2),
    ]
    kolkata = reports.over_time(shop, Scope(), of(shop), unit="month", zone=KOLKATA)
    assert rows(kolkata, "start", "revenue", "orders", "customers", "new_customers") == [
        (pd.Timestamp("2026-01-01"), 500.0, 1, 1, 1),
        (pd.Timestamp("2026-02-01"), 340.3, 4, 4, 3),
    ]


def test_weeks_begin_on_monday_and_none_is_left_out(shop, of):
    frame = reports.over_time(shop, Scope(), of(shop), unit="week", zone=KOLKATA)
    assert frame["start"].dt.day_name().eq("Monday").all()
    assert frame["start"].diff().dropna().eq(pd.Timedelta(days=7)).all()
    assert frame["orders"].sum() == 5
    assert frame["revenue"].sum() == pytest.approx(840.3)


def test_days_fill_the_asked_for_span_through_a_change_of_clocks(stores, of):
    customer(stores, "a")
    order(stores, "1", "a", "2026-03-28T23:30", 10.0)
    order(stores, "2", "a", "2026-03-29T23:30", 20.0)  # the 30th, in summer time
    start, end = reports.days(date(2026, 3, 27), date(2026, 3, 31), LONDON)
    frame = reports.over_time(stores, Scope(start=start, end=end), of(stores), unit="day", zone=LONDON)
    assert rows(frame, "start", "revenue") == [
        (pd.Timestamp("2026-03-27"), 0.0),
        (pd.Timestamp("2026-03-28"), 10.0),
        (pd.Timestamp("2026-03-29"), 0.0),
        (pd.Timestamp("2026-03-30"), 20.0),
        (pd.Timestamp("2026-03-31"), 0.0),
    ]


def test_a_city_is_one_row_however_it_is_spelled(shop, of):
    assert rows(reports.by_city(shop, Scope(), of(shop)), "label", "revenue", "orders", "customers") == [
        ("Mumbai", 800.1, 3, 2),
        ("No city given", 40.2, 1, 1),
        ("Pune", 0.0, 1, 1),
    ]


def test_revenue_by_category_and_by_product_adds_up_to_all_revenue(shop, of):
    categories = reports.by_category(shop, Scope(), of(shop))
    # Order 1 as 200 : 300, order 2 and 3 whole in Kitchen, order 6 has no lines.
    assert rows(categories, "label", "revenue", "orders", "customers", "quantity") == [
        ("Kitchen", 500.1, 3, 2, 5),
        ("Home", 300.0, 2, 2, 2),
        ("No category", 40.2, 1, 1, 0),
    ]
    products = reports.by_product(shop, Scope(), of(shop))
    assert rows(products, "label", "revenue")[0] == ("Mug", 500.1)
    assert products["revenue"].sum() == pytest.approx(840.3)


def test_lines_without_a_price_share_an_order_by_quantity(stores, of):
    customer(stores, "a")
    order(stores, "1", "a", "2026-01-05T10:00", 30.0, lines=[line("CD", quantity=2), line("DVD", quantity=1)])
    assert rows(reports.by_product(stores, Scope(), of(stores)), "label", "revenue") == [
        ("CD", 20.0),
        ("DVD", 10.0),
    ]


def test_lines_that_only_carry_an_id_are_named_by_the_catalogue(stores, of):
    stores.db.products.insert_one({"_id": "P1", "name": "Mug", "category": "Kitchen", "price": 5.0})
    customer(stores, "a")
    order(stores, "1", "a", "2026-01-05T10:00", 30.0,
          lines=[line(product_id="P1", price=5.0), line(product_id="P9", price=25.0)])  # fmt: skip
    assert rows(reports.by_product(stores, Scope(), of(stores)), "label", "revenue") == [
        ("P9", 25.0),
        ("Mug", 5.0),
    ]
    assert rows(reports.by_category(stores, Scope(), of(stores)), "label", "revenue") == [
        ("No category", 25.0), ("Kitchen", 5.0),
    ]  # fmt: skip
    kitchen = Scope(categories=("Kitchen",))
    assert reports.key_figures(stores, kitchen, of(stores)).revenue == 5.0


def test_one_customer_with_two_orders_of_a_category_counts_once(shop, of):
    kitchen = reports.by_category(shop, Scope(cities=("MUMBAI",)), of(shop)).set_index("label").loc["Kitchen"]
    assert (kitchen["orders"], kitchen["customers"]) == (3, 2)


def test_a_scope_of_products_counts_their_part_of_each_order(shop, of):
    figures = reports.key_figures(shop, Scope(products=("Mug",)), of(shop))
    assert (figures.revenue, figures.orders, figures.customers) == (500.1, 3, 2)
    frame = reports.over_time(shop, Scope(categories=("Home",)), of(shop), unit="month", zone=KOLKATA)
    assert rows(frame, "revenue", "orders") == [(300.0, 1), (0.0, 1)]
    assert frame["new_customers"].isna().all()
    lamps = reports.by_product(shop, Scope(categories=("Home",)), of(shop))
    assert rows(lamps, "label", "revenue", "orders") == [("Lamp", 300.0, 2)]


def test_cities_and_tags_narrow_every_report(shop, of):
    scope = Scope(cities=("Mumbai", "Pune"), tags=("vip",))
    figures = reports.key_figures(shop, scope, of(shop))
    assert (figures.revenue, figures.orders, figures.customers) == (700.0, 3, 2)
    assert rows(reports.by_city(shop, scope, of(shop)), "label", "customers") == [("Mumbai", 1), ("Pune", 1)]


def test_more_customers_than_fit_one_query_are_summed_up(shop, of):
    crowd = [{"_id": f"z{number}", "folded": {"city": "pune"}} for number in range(20_001)]
    shop.db.customers.insert_many(crowd)
    order(shop, "7", "z20000", "2026-02-21T10:00", 7.0)
    scope = Scope(cities=("Mumbai", "Pune"))
    figures = reports.key_figures(shop, scope, of(shop))
    assert (figures.revenue, figures.orders, figures.customers) == (807.1, 5, 4)
    assert rows(reports.by_city(shop, scope, of(shop)), "label", "revenue", "orders") == [
        ("Mumbai", 800.1, 3), ("Pune", 7.0, 2),
    ]  # fmt: skip
    months = reports.over_time(shop, scope, of(shop), unit="month", zone=ZoneInfo("UTC"))
    assert rows(months, "revenue", "customers") == [(600.1, 2), (207.0, 3)]


def test_the_extent_and_the_choices(shop, of):
    assert reports.extent(shop, of(shop)) == (at("2026-01-05T10:00"), at("2026-02-20T10:00"))
    found = reports.choices(shop, of(shop))
    assert set(found.cities) == {"Mumbai", "Pune", "Delhi"}
    assert {tag.casefold() for tag in found.tags} == {"vip", "new"}
    assert found.categories == ("Kitchen", "Home")
    assert found.products == ("Mug", "Lamp")


@pytest.mark.parametrize(
    "scope", [Scope(), Scope(cities=("Nowhere",), tags=("none",)), Scope(products=("Nothing",))]
)
def test_an_empty_shop_has_reports_too(stores, of, scope):
    assert reports.key_figures(stores, scope, of(stores)) == reports.KeyFigures(0, 0, 0)
    assert reports.over_time(stores, scope, of(stores), unit="day", zone=KOLKATA).empty
    for report in (reports.by_city, reports.by_category, reports.by_product):
        assert {"label", "revenue", "orders", "customers"} <= set(report(stores, scope, of(stores)).columns)
        assert report(stores, scope, of(stores)).empty
    assert reports.extent(stores, of(stores)) is None
    assert reports.rfm(stores, scope, of(stores), now=NOW).groups["customers"].sum() == 0


def test_a_group_of_rfm_is_a_rule_that_selects_the_same_people(stores, of):
    for index in range(60):
        ordered = NOW - timedelta(days=index * 3 % 47, hours=index)
        customer(stores, f"c{index:02}", "Pune" if index % 3 else "Delhi",
                 lastOrdered=ordered, orderCount=1 + index % 7, totalSpent=100.0 * (index % 11))  # fmt: skip
    customer(stores, "never", "Pune")
    found = reports.rfm(stores, Scope(), of(stores), now=NOW)
    sizes = found.groups.set_index("group")["customers"]
    assert sizes.sum() == 60
    for area in rfm.AREAS:
        rule = segments.parse(
            {"type": "group", "operator": "AND", "conditions": rfm.conditions(found.edges, area.name)}
        )
        assert audiences.count(stores, rule, now=NOW, zone=KOLKATA) == sizes[area.name], area.name
