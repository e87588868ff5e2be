"""What changed between two versions of a rule."""

from typing import Any

import pytest

from crm import segments
from crm.rules.difference import changes, said, same
from crm.rules.mentions import segments_in

MORE = {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}
PUNE = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
VIP = {"type": "condition", "field": "tags", "operator": "containsAny", "value": ["vip"]}
MUGS = {
    "type": "behaviour", "measure": "count", "within": {"last": {"days": 90}}, "operator": "greaterThan",
    "where": [{"field": "product", "operator": "equals", "value": "Mug"}], "value": 2,
}  # fmt: skip


def group(operator: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"type": "group", "operator": operator, "conditions": list(conditions)}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    found = changes(segments.parse(before), segments.parse(after))
    return [(str(change.kind), *said(change)) for change in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MORE, group("AND", MORE)),
        (MORE, {**MORE, "id": 7, "value": "1000"}),
        (group("AND", MORE, PUNE), group("AND", PUNE, MORE)),
        (group("OR", MORE, group("AND", PUNE)), group("OR", MORE, PUNE)),
        (MUGS, {**MUGS, "where": [{**MUGS["where"][0], "id": 3}]}),
    ],
)
def test_what_differs_in_form_alone_is_no_change(one, other):
    assert same(segments.parse(one), segments.parse(other))
    assert told(one, other) == []


def test_a_condition_added_to_a_lone_one_is_all_that_changed():
    assert told(MORE, group("AND", MORE, PUNE)) == [("added", None, "live in Pune")]


def test_an_alternative_to_a_lone_condition_says_that_either_is_enough():
    assert told(MORE, group("OR", MORE, PUNE)) == [
        ("rejoined", "all of these", "any of these"), ("added", None, "live in Pune"),
    ]  # fmt: skip
    assert told(group("OR", MORE, PUNE), MORE)[-1] == ("removed", "live in Pune", None)


def test_another_value_or_operator_of_a_field_is_a_change_of_its_condition():
    less = {**MORE, "operator": "lessThan", "value": 50}
    assert told(group("AND", MORE, PUNE), group("AND", PUNE, less)) == [
        ("changed", "spent more than ₹1,000", "spent less than ₹50")
    ]


def test_two_conditions_on_one_field_are_told_apart_by_their_operators():
    less = {**MORE, "operator": "lessThan", "value": 9000}
    before, after = group("AND", MORE, less), group("AND", less, {**MORE, "value": 2000})
    assert told(before, after) == [("changed", "spent more than ₹1,000", "spent more than ₹2,000")]


def test_what_is_on_another_field_is_another_condition():
    assert told(MORE, PUNE) == [("added", None, "live in Pune"), ("removed", "spent more than ₹1,000", None)]


def test_a_group_that_asks_for_any_instead_of_all_says_so():
    assert told(group("AND", MORE, PUNE), group("OR", MORE, PUNE)) == [
        ("rejoined", "all of these", "any of these")
    ]


def test_a_change_deep_in_a_tree_is_told_at_its_place():
    before = group("AND", MORE, group("OR", PUNE, VIP))
    after = group("AND", MORE, group("OR", {**PUNE, "value": "Goa"}, VIP))
    found = changes(segments.parse(before), segments.parse(after))
    assert [(change.path, *said(change)) for change in found] == [
        ("rules.conditions[1].conditions[0]", "live in Pune", "live in Goa")
    ]


def test_a_condition_put_into_another_group_has_moved():
    before = group("AND", PUNE, group("OR", MORE, VIP, MUGS))
    after = group("AND", group("OR", MORE, VIP, MUGS, PUNE))
    assert ("moved", "live in Pune", "live in Pune") in told(before, group("AND", *after["conditions"], MORE))


def test_what_people_ordered_is_compared_as_a_whole():
    [(kind, before, after)] = told(MUGS, {**MUGS, "value": 5})
    assert (kind, "2" in before, "5" in after) == ("changed", True, True)


def test_a_ranking_of_others_shows_who_they_are():
    def top(of: dict[str, Any], n: int = 50) -> dict[str, Any]:
        return {"type": "top", "n": n, "by": "totalSpent", "direction": "desc", "of": of}

    assert told(top(PUNE), top(group("AND", PUNE, MORE))) == [("added", None, "spent more than ₹1,000")]
    assert told(top(PUNE), top(PUNE, 60))[0][0] == "changed"


def test_everyone_is_a_rule_like_others():
    assert told({"type": "everyone"}, group("NOT", {"type": "everyone"})) == [
        ("added", None, "No customers"), ("removed", "All customers", None),
    ]  # fmt: skip


def test_a_tree_names_segments_at_any_depth():
    inner = {"type": "top", "n": 5, "by": "totalSpent", "of": {"type": "segment", "segmentId": "b"}}
    tree = group("AND", {"type": "segment", "segmentId": "a", "in": False}, group("NOT", inner))
    assert segments_in(tree) == {"a", "b"}
    assert segments_in(None) == segments_in({"type": "segment", "segmentId": {"$ne": 1}}) == set()
