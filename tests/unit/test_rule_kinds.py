"""How one kind of condition turns into another, and what of it stays."""

from itertools import count

import pytest

from crm import segments
from crm.fields import FIELDS, ORDER_FIELDS
from crm.rules.nodes import Measure
from crm.segments import operator_for
from ui import rule_kinds as kinds
from ui import rule_tree

AGAIN = {"id": 1, "type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": 3}


def refitted(field, before, after, value):
    subject = FIELDS[field]
    return kinds.refit(value, subject, operator_for(subject, before), operator_for(subject, after))


@pytest.mark.parametrize(
    ("field", "before", "after", "value", "expected"),
    [
        ("totalSpent", "greaterThan", "lessThan", 5, 5),
        ("totalSpent", "greaterThan", "between", 5, [5, None]),
        ("totalSpent", "between", "greaterThan", [5, 9], 5),
        ("city", "equals", "in", "Pune", ["Pune"]),
        ("city", "in", "equals", ["Pune"], "Pune"),
        ("city", "in", "equals", ["Pune", "Delhi"], None),
        ("lastOrdered", "before", "after", "2026-01-31", "2026-01-31"),
        ("lastOrdered", "before", "between", "2026-01-31", ["2026-01-31", None]),
        ("lastOrdered", "before", "greaterThan", "2026-01-31", None),
        ("lastOrdered", "greaterThan", "lessThan", "2026-01-31", None),
        ("lastOrdered", "greaterThan", "before", "2026-01-31", "2026-01-31"),
        ("lastOrdered", "greaterThan", "lessThan", 30, 30),
        ("lastOrdered", "equals", "notEquals", 30, 30),
        ("lastOrdered", "inTheLast", "olderThan", {"last": {"days": 9}}, {"last": {"days": 9}}),
        ("birthDate", "inTheLast", "inTheNext", {"last": {"days": 9}}, {"next": {"days": 9}}),
        ("birthDate", "inTheNext", "inTheLast", {"next": {"days": 9}}, {"last": {"days": 9}}),
        ("lastOrdered", "before", "inTheLast", "2026-01-31", None),
        ("totalSpent", "greaterThan", "isSet", 5, None),
    ],
)
def test_a_value_stays_as_far_as_another_operator_means_the_same_by_it(field, before, after, value, expected):
    assert refitted(field, before, after, value) == expected


def test_a_measure_of_amounts_keeps_its_amount_and_one_of_days_does_not():
    assert kinds.with_measure(AGAIN, 1, Measure.SUM) == {**AGAIN, "measure": "sum"}
    days = kinds.with_measure(AGAIN, 1, Measure.DAYS_SINCE_LAST)
    assert (days["operator"], days["value"]) == ("greaterThanOrEqual", None)


def test_a_sum_with_a_fraction_is_no_number_of_orders():
    spent = {**AGAIN, "measure": "sum", "value": 9.5}
    assert kinds.with_measure(spent, 1, Measure.COUNT)["value"] is None


def test_days_since_an_order_are_asked_for_in_days_whatever_the_operator():
    days = {**AGAIN, "measure": "daysSinceLast", "value": 30}
    for name, value in (("between", [30, None]), ("equals", 30), ("lessThan", 30)):
        operator = kinds.measure_operator(Measure.DAYS_SINCE_LAST, name)
        assert kinds.with_measure_operator(days, 1, operator)["value"] == value


def test_the_time_of_a_behaviour_changes_its_kind_once():
    recent = kinds.with_window(AGAIN, 1, kinds.RECENTLY)
    assert recent["within"] == {"last": {"days": 90}}
    assert kinds.with_window(recent, 1, kinds.RECENTLY) is recent
    assert kinds.window_kind(kinds.with_window(recent, 1, kinds.BETWEEN_DATES)) == kinds.BETWEEN_DATES
    assert rule_tree.without_ids(kinds.with_window(recent, 1, kinds.ANY_TIME)) == rule_tree.without_ids(AGAIN)


def test_another_field_of_an_order_brings_its_operator():
    node = kinds.with_field(kinds.of_orders(count(1)), 1, ORDER_FIELDS["total"], ORDER_FIELDS)
    assert (node["field"], node["operator"], node["value"]) == ("total", "greaterThan", None)


@pytest.mark.parametrize("make", [kinds.behaviour, kinds.top, kinds.share, kinds.everyone])
def test_what_needs_nothing_more_is_complete_as_it_is_added(make):
    assert segments.problems(make(count(1))) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"value": None}, True),
        ({"value": 20_000}, False),
        ({"value": "1000"}, False),
        ({"operator": "greaterThan"}, False),
        ({"field": "age"}, False),
    ],
)
def test_a_random_share_is_told_from_other_conditions(changes, expected):
    assert kinds.is_share({**kinds.share(count(1)), **changes}) is expected
