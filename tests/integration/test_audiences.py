"""What a rule selects from customers in a real MongoDB: size, money, charts, sample, ids."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import audiences, segments
from crm.audience_charts import Bar, PeriodBar, StepBar, ValueBar
from crm.errors import InvalidInput
from crm.fields import fold
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
EVERYONE = segments.parse({"type": "everyone"})


def rule(field: str, operator: str, value: Any = None) -> segments.Rule:
    return segments.parse({"type": "condition", "field": field, "operator": operator, "value": value})


def add(stores: Stores, *customers: dict[str, Any]) -> None:
    documents = []
    for number, customer in enumerate(customers):
        document = {
            "_id": f"{number:024x}", "totalSpent": 0.0, "totalOrderValue": 0.0, "orderCount": 0,
            "bucket": (number * 7919) % 10_000, "folded": {}, **customer,
        }  # fmt: skip
        if isinstance(document.get("city"), str):
            document["folded"] = {"city": fold(document["city"])}
        documents.append(document)
    stores.db.customers.insert_many(documents)


def preview(stores: Stores, of: segments.Rule = EVERYONE) -> audiences.Preview:
    return audiences.preview(stores, of, now=NOW, zone=ZONE)


def bars_of(found: audiences.Preview, field: str) -> tuple[Bar, ...]:
    return next(chart.bars for chart in found.charts if chart.field.name == field)


def test_a_preview_is_exact_and_says_as_of_when(stores: Stores) -> None:
    add(stores, {"totalSpent": 100.25}, {"totalSpent": 300.5}, {"totalSpent": 5.0}, {})
    found = preview(stores, rule("totalSpent", "greaterThan", 10))
    assert (found.size, found.total, found.share) == (2, 4, 0.5)
    assert found.totals == audiences.Totals(400.75, 200.375)
    assert (found.as_of, found.engine) == (NOW, "mongodb")


def test_an_audience_of_nobody_has_no_average(stores: Stores) -> None:
    add(stores, {})
    found = preview(stores, rule("totalSpent", "greaterThan", 10))
    assert (found.size, found.total, found.share) == (0, 1, 0.0)
    assert found.totals == audiences.Totals(0.0, None)
    assert [chart.bars for chart in found.charts] == [()] * 6
    assert found.sample == ()


def test_without_customers_a_preview_is_empty_not_an_error(stores: Stores) -> None:
    assert (preview(stores).size, preview(stores).total, preview(stores).share) == (0, 0, 0.0)


def test_spend_falls_into_round_ranges_with_nothing_apart(stores: Stores) -> None:
    add(stores, *({"totalSpent": spent} for spent in (0, 0.5, 15, 19.99, 20, 120)))
    assert bars_of(preview(stores), "totalSpent") == (
        StepBar(0, 0, 1), StepBar(0, 1, 1), StepBar(1, 2, 0), StepBar(2, 5, 0), StepBar(5, 10, 0),
        StepBar(10, 20, 2), StepBar(20, 50, 1), StepBar(50, 100, 0), StepBar(100, 200, 1),
    )  # fmt: skip


def test_a_wide_range_of_spend_still_makes_few_bars(stores: Stores) -> None:
    add(stores, *({"totalSpent": float(10**power)} for power in range(8)))
    bars = bars_of(preview(stores), "totalSpent")
    assert len(bars) <= 10
    assert sum(bar.customers for bar in bars) == 8
    assert all(one.high == following.low for one, following in pairwise(bars))


def test_cities_are_counted_whatever_their_case_and_the_rest_is_named(stores: Stores) -> None:
    names = ["Pune", "pune", "Mumbai", *(f"Town {n}" for n in range(9))]
    add(stores, *({"city": name} for name in names), {}, {"city": 7}, {"city": ["Pune"]})
    bars = bars_of(preview(stores), "city")
    assert bars[0] == ValueBar("Pune", 2)
    assert bars[-2:] == (ValueBar(None, 3), ValueBar("", 3))
    assert sum(bar.customers for bar in bars) == 15


def test_last_orders_fall_into_the_months_of_the_zone_gaps_included(stores: Stores) -> None:
    night = datetime(2026, 2, 28, 20, tzinfo=UTC)  # already March in Kolkata
    add(
        stores,
        {"lastOrdered": night},
        {"lastOrdered": datetime(2026, 5, 1, tzinfo=UTC)},
        {},
        {"lastOrdered": "x"},
    )
    zone = ZoneInfo("Asia/Kolkata")
    bars = bars_of(audiences.preview(stores, EVERYONE, now=NOW, zone=zone), "lastOrdered")
    assert bars == (
        PeriodBar(datetime(2026, 3, 1, tzinfo=zone), 1, 1),
        PeriodBar(datetime(2026, 4, 1, tzinfo=zone), 1, 0),
        PeriodBar(datetime(2026, 5, 1, tzinfo=zone), 1, 1),
        PeriodBar(None, 0, 2),
    )


@pytest.mark.parametrize(("years", "months"), [(5, 3), (20, 12), (90, 120)])
def test_a_long_history_is_drawn_in_longer_periods(stores: Stores, years: int, months: int) -> None:
    add(stores, {"lastOrdered": NOW}, {"lastOrdered": NOW - timedelta(days=365 * years)})
    bars = bars_of(preview(stores), "lastOrdered")
    assert {bar.months for bar in bars} == {months}
    assert len(bars) <= 31
    assert sum(bar.customers for bar in bars) == 2


def test_the_bars_of_every_chart_add_up_to_the_size(stores: Stores) -> None:
    add(stores, {"totalSpent": -3.0}, {"totalSpent": 4.0, "city": "Pune", "lastOrdered": NOW}, {"city": ""})
    found = preview(stores)
    for chart in found.charts:
        assert sum(bar.customers for bar in chart.bars) == found.size == 3


def test_a_sample_is_small_and_the_same_each_time(stores: Stores) -> None:
    add(stores, *({"name": f"N{n}", "attributes": {"secret": n}} for n in range(80)))
    first = preview(stores).sample
    assert len(first) == 50
    assert first == preview(stores).sample
    assert set(first[0]) == {"_id", "name", "totalSpent", "orderCount"}


def test_ids_come_each_once_in_order(stores: Stores) -> None:
    add(stores, *({"totalSpent": float(n % 3)} for n in range(30)))
    of = rule("totalSpent", "greaterThan", 0)
    found = list(audiences.customer_ids(stores, of, now=NOW, zone=ZONE))
    assert found == sorted(set(found))
    assert len(found) == audiences.count(stores, of, now=NOW, zone=ZONE) == 20


def test_members_resume_behind_an_id_with_the_fields_asked_for(stores: Stores) -> None:
    add(stores, *({"name": f"N{n}", "email": f"n{n}@x.io"} for n in range(5)))
    first = list(audiences.members(stores, EVERYONE, ["name"], now=NOW, zone=ZONE, limit=2))
    rest = list(audiences.members(stores, EVERYONE, ["name"], now=NOW, zone=ZONE, after=first[-1]["_id"]))
    assert [member["name"] for member in first + rest] == ["N0", "N1", "N2", "N3", "N4"]
    assert set(first[0]) == {"_id", "name"}


def test_sample_customers_are_whole(stores: Stores) -> None:
    add(stores, {"name": "A", "attributes": {"size": "M"}})
    (customer,) = audiences.sample_customers(stores, EVERYONE, now=NOW, zone=ZONE, limit=5)
    assert customer["attributes"] == {"size": "M"}


def test_known_values_are_the_data_s_own_most_frequent_first_each_once(stores: Stores) -> None:
    add(stores, *({"city": city} for city in ("Pune", "Agra", "Pune", "PUNE", "Agra", "Pune")))
    stores.db.customers.update_one({"city": "PUNE"}, {"$set": {"tags": ["vip", "New"]}})
    stores.db.customers.update_one({"city": "Agra"}, {"$set": {"tags": ["vip"]}})
    known = audiences.known_values(stores)
    assert known["city"] == ("Pune", "Agra")
    assert known["tags"] == ("vip", "New")
    assert known["gender"] == ("female", "male", "other")


def test_a_big_spend_is_round_and_splits_the_buyers(stores: Stores) -> None:
    assert audiences.big_spend(stores) is None
    add(stores, *({"totalSpent": float(n * 100)} for n in range(101)))
    assert audiences.big_spend(stores) == 5000


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, NOW), ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
     ("2026-01-31T10:00:00+05:30", datetime(2026, 1, 31, 4, 30, tzinfo=UTC))],
)  # fmt: skip
def test_as_of_is_a_date_or_a_time(given: str | None, expected: datetime) -> None:
    assert audiences.instant(given, now=NOW, zone=ZONE) == expected


@pytest.mark.parametrize("given", ["yesterday", 20260131, "2026-13-01", {"$gt": ""}])
def test_as_of_is_nothing_else(given: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        audiences.instant(given, now=NOW, zone=ZONE)
    assert refused.value.fields[0].field == "asOf"


def test_the_filter_is_shown_as_text_that_mongosh_takes(stores: Stores) -> None:
    text = audiences.filter_text(stores, rule("lastOrdered", "before", "2026-01-31"), now=NOW, zone=ZONE)
    assert '"$date": "2026-01-31T00:00:00Z"' in text
