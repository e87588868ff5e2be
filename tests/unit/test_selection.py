from datetime import date

import pandas as pd
import pytest

from crm import rfm, segments
from crm.reports import NO_CITY
from crm.selection import Period, Selection, tree


def sentence(selection, edges=None):
    return segments.describe(segments.parse(tree(selection, edges)))


def test_nothing_picked_is_no_rule_and_never_everyone():
    assert tree(Selection()) is None
    assert Selection().is_empty


def test_cities_and_tags_are_any_of_each():
    picked = Selection(cities=("Mumbai", "Pune"), tags=("vip",))
    assert tree(picked) == {
        "type": "group",
        "operator": "AND",
        "conditions": [
            {"type": "condition", "field": "city", "operator": "in", "value": ["Mumbai", "Pune"]},
            {"type": "condition", "field": "tags", "operator": "containsAny", "value": ["vip"]},
        ],
    }


def test_the_bar_of_those_without_a_city_is_no_city_of_that_name():
    either = tree(Selection(cities=(NO_CITY, "Pune")))["conditions"][0]
    assert either["operator"] == "OR"
    assert [each["operator"] for each in either["conditions"]] == ["in", "isNotSet"]
    assert "No city" not in sentence(Selection(cities=(NO_CITY,)))


def test_the_last_day_of_a_period_is_in_it():
    rule = tree(Selection(period=Period(date(2026, 7, 1), date(2026, 7, 31)), date_field="firstPurchaseDate"))
    first, last = rule["conditions"]
    assert (first["field"], first["operator"], first["value"]) == (
        "firstPurchaseDate", "greaterThanOrEqual", "2026-07-01",
    )  # fmt: skip
    assert (last["operator"], last["value"]) == ("before", "2026-08-01")


def test_a_length_of_time_stays_relative():
    lately = Period(length=(("days", 90),))
    (condition,) = tree(Selection(period=lately, date_field="lastOrdered"))["conditions"]
    assert (condition["operator"], condition["value"]) == ("inTheLast", {"last": {"days": 90}})
    (ordered,) = tree(Selection(period=lately))["conditions"]
    assert ordered["within"] == {"last": {"days": 90}}


def test_what_was_ordered_is_a_behaviour_of_the_period():
    picked = Selection(
        period=Period(date(2026, 7, 1), date(2026, 7, 31)), categories=("Kitchen",), products=("Mug", "Tea")
    )
    assert sentence(picked) == (
        "Customers who placed at least 1 order with category Kitchen with product Mug or Tea"
        " since the start of 1 July 2026 up to the end of 31 July 2026"
    )
    assert not Selection(products=("Mug",)).is_empty


def test_every_combination_can_be_parsed_and_said():
    _, edges = rfm.scored(
        pd.DataFrame({"days": [59.0, 28.0, 9.0], "orders": [1, 3, 9], "spent": [10.0, 50.0, 900.0]})
    )
    for groups in ((), ("Champions",), ("Champions", "At risk", "New customers")):
        for period in (
            Period(),
            Period(date(2026, 1, 1), date(2026, 1, 1)),
            Period(length=(("months", 12),)),
        ):
            picked = Selection(("Pune",), ("vip",), period, "accountCreated", groups)
            assert sentence(picked, edges).startswith("Customers who live in Pune")


def test_groups_without_their_edges_are_a_mistake():
    with pytest.raises(ValueError, match="edges"):
        tree(Selection(groups=("Champions",)))
