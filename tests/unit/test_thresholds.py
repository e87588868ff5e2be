"""What of a node can be turned, and what the curve over it looks like."""

from datetime import date
from typing import Any

import pytest

from crm import segments, thresholds
from crm.fields import FIELDS
from crm.rules.values import Unit
from ui import charts_curve, rule_kinds, segment_curve


def node(field: str, operator: str, value: Any) -> Any:
    return segments.parse({"type": "condition", "field": field, "operator": operator, "value": value})


def orders(measure: str, operator: str, value: Any) -> Any:
    return segments.parse({"type": "behaviour", "measure": measure, "operator": operator, "value": value})


DAY = date(2025, 1, 1).toordinal()
TURNABLE = [
    (node("totalSpent", "greaterThan", 1000), 1000, None, 2000, 2000),
    (node("orderCount", "lessThan", "3"), 3, None, 5.0, 5),
    (node("lastOrdered", "greaterThan", 30), 30, Unit.DAYS, 45, 45),
    (node("lastOrdered", "inTheLast", {"last": {"months": 6}}), 6, Unit.MONTHS, 3, {"last": {"months": 3}}),
    (node("birthDate", "inTheNext", {"next": {"days": 7}}), 7, Unit.DAYS, 9, {"next": {"days": 9}}),
    (orders("sum", "greaterThan", 99.5), 99.5, None, 100.5, 100.5),
    (node("accountCreated", "before", "2025-01-01"), DAY, None, DAY + 31, "2025-02-01"),
    (node("lastOrdered", "greaterThan", "2025-01-01"), DAY, None, DAY - 1, "2024-12-31"),
    (orders("daysSinceLast", "lessThan", 30), 30, Unit.DAYS, 60, 60),
]  # fmt: skip
FIXED = [
    node("city", "equals", "Pune"), node("totalSpent", "isSet", None), node("orderCount", "in", [1, 2]),
    node("isInactive", "equals", True), node("bucket", "lessThan", 500),
    node("accountCreated", "before", "2025-01-01T10:00"), segments.parse({"type": "everyone"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "amount", "unit", "other", "raw"), TURNABLE)
def test_an_amount_is_turned_into_another_in_the_rule_and_in_its_json(rule, amount, unit, other, raw):
    (dial,) = thresholds.dials_of(rule)
    assert (dial.amount, dial.unit) == (amount, unit)
    turned = thresholds.turned(rule, dial, other)
    assert segments.dump(turned)["value"] == raw
    assert segments.parse(segments.dump(turned)) == turned


@pytest.mark.parametrize("rule", FIXED)
def test_what_is_no_single_amount_has_no_dial(rule):
    assert thresholds.dials_of(rule) == ()


@pytest.mark.parametrize(
    "rule",
    [node("totalSpent", "between", [10, 99.5]), node("lastOrdered", "between", [10, 99]),
     orders("sum", "between", [10, 99])],
)  # fmt: skip
def test_each_of_two_amounts_is_turned_by_itself(rule):
    low, high = thresholds.dials_of(rule)
    for dial, raw in ((low, [5, high.amount]), (high, [10, 500])):
        turned = thresholds.turned(rule, dial, raw[dial.end])
        assert segments.dump(turned)["value"] == raw
        assert segments.parse(segments.dump(turned)) == turned


def test_each_of_two_days_is_turned_by_itself():
    rule = node("accountCreated", "between", ["2025-01-01", "2025-02-01"])
    _, high = thresholds.dials_of(rule)
    turned = thresholds.turned(rule, high, DAY + 59)
    assert segments.dump(turned)["value"] == ["2025-01-01", "2025-03-01"]
    assert segments.parse(segments.dump(turned)) == turned


@pytest.mark.parametrize(
    "rule",
    [*(one[0] for one in TURNABLE), *FIXED, node("age", "between", [20, 70]),
     node("accountCreated", "between", ["2025-01-01", "2025-02-01"])],
)  # fmt: skip
def test_the_editor_offers_other_values_exactly_where_there_is_a_dial(rule):
    offered = rule_kinds.has_amount(segments.dump(rule), FIELDS)
    assert offered is bool(thresholds.dials_of(rule))


def test_amounts_are_said_as_the_rule_says_them():
    dials = [thresholds.dials_of(rule)[0] for rule, *_ in TURNABLE]
    amounts = zip(dials, (5000, 1, 1, 3, 7, 5, DAY), strict=False)
    said = [segment_curve.label(dial, amount, "INR") for dial, amount in amounts]
    assert said == ["₹5,000", "1 order", "1 day", "3 months", "7 days", "₹5", "1 Jan 2025"]


def test_the_curve_marks_the_present_amount_and_the_one_that_is_tried():
    shown = charts_curve.figure(["a", "b", "c"], [30, 20, 5], now=0, tried=2)
    assert list(shown.data[0].y) == [30, 20, 5]
    assert (list(shown.data[1].x), list(shown.data[1].y)) == ([0, 2], [30, 5])


def test_a_curve_says_in_words_what_it_shows():
    said = segment_curve.in_words(["₹0", "₹100"], (30, 5))
    assert said == "Customers over the value, from 30 at ₹0 to 5 at ₹100"
