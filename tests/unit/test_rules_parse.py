"""Rule trees are read whole or refused with the path of the bad node."""

import json
from typing import Any

import pytest

from crm import segments
from crm.errors import InvalidRule
from crm.rules.parse import MAX_DEPTH, MAX_NODES


def condition(
    field: Any = "totalSpent", operator: Any = "greaterThan", value: Any = "1000"
) -> dict[str, Any]:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def group(*conditions: Any, operator: Any = "AND") -> dict[str, Any]:
    return {"type": "group", "operator": operator, "conditions": list(conditions)}


def refusals(tree: Any) -> dict[str, str]:
    return {problem.path: problem.message for problem in segments.problems(tree)}


def test_the_original_tree_is_read():
    tree = {"id": 1, "type": "group", "operator": "AND", "conditions": [{"id": 2, **condition()}]}
    rule = segments.parse(tree)
    assert isinstance(rule, segments.Group) and rule.id == 1
    (only,) = rule.rules
    assert isinstance(only, segments.Condition) and (only.value, only.id) == (1000, 2)
    assert segments.dump(rule) == tree


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (None, "rules"),
        ([], "rules"),
        ("everyone", "rules"),
        ({}, "rules.type"),
        ({"type": "wish"}, "rules.type"),
        ({"type": "behaviour", "operator": "equals", "value": 1}, "rules.measure"),
        ({"type": "behaviour", "measure": "count", "operator": "isSet"}, "rules.operator"),
        ({"type": "behaviour", "measure": "count", "operator": "equals"}, "rules.value"),
        (
            {
                "type": "behaviour",
                "measure": "sum",
                "where": [{"field": "city", "operator": "equals", "value": "x"}],
                "operator": "equals",
                "value": 1,
            },
            "rules.where[0].field",
        ),
        ({"type": "top", "n": 5, "by": "city", "of": {"type": "everyone"}}, "rules.by"),
        ({"type": "top", "n": 5, "by": "age"}, "rules.of"),
        ({"type": "segment", "segmentId": "gone"}, "rules.segmentId"),
        ({"type": "list"}, "rules.listId"),
        ({"type": "campaign", "campaignId": "x", "state": "delivered"}, "rules.state"),
        ({"type": ["group"]}, "rules.type"),
        ({"type": "everyone", "$where": "1"}, "rules"),
        ({"type": "everyone", 7: "1"}, "rules"),
        ({"type": "everyone", "id": None}, "rules.id"),
        ({"type": "everyone", "id": True}, "rules.id"),
        ({"type": "everyone", "id": {"$gt": ""}}, "rules.id"),
        ({"type": "everyone", "id": 2**70}, "rules.id"),
        ({"type": "everyone", "id": "x" * 200}, "rules.id"),
        (group(), "rules.conditions"),
        ({"type": "group", "operator": "AND"}, "rules.conditions"),
        ({"type": "group", "operator": "AND", "conditions": {}}, "rules.conditions"),
        (group(condition(), operator="XOR"), "rules.operator"),
        (group(condition(), operator="and"), "rules.operator"),
        (group(condition(), operator=None), "rules.operator"),
        (group(condition(), operator=["AND"]), "rules.operator"),
        (group(condition(), group()), "rules.conditions[1].conditions"),
        (group(group(condition(value=""))), "rules.conditions[0].conditions[0].value"),
        (condition(field="$where"), "rules.field"),
        (condition(field="attributes.x"), "rules.field"),
        (condition(field="folded.city"), "rules.field"),
        (condition(field=None), "rules.field"),
        (condition(field=["city"]), "rules.field"),
        (condition(operator="$gt"), "rules.operator"),
        (condition(operator=None), "rules.operator"),
        (condition(operator={"$gt": 1}), "rules.operator"),
        (condition(operator="contains"), "rules.operator"),
    ],
)
def test_a_bad_node_is_named_by_its_path(tree: Any, path: str):
    assert list(refusals(tree)) == [path]
    with pytest.raises(InvalidRule) as caught:
        segments.parse(tree)
    assert caught.value.path == path
    assert caught.value.fields[0].field == path


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        *[(field, "equals", blank) for field in ("city", "age", "isInactive", "lastActive")
          for blank in (None, "", "  ", [], {})],
        ("age", "equals", "1_000"),
        ("age", "equals", "1 000"),
        ("age", "equals", "1,000"),
        ("age", "equals", "1e3"),
        ("age", "equals", "0x10"),
        ("age", "equals", "٣"),
        ("age", "equals", "NaN"),
        ("age", "equals", "Infinity"),
        ("age", "equals", float("nan")),
        ("age", "equals", float("inf")),
        ("totalSpent", "equals", "1e999"),
        ("totalSpent", "equals", 1e300),
        ("totalSpent", "equals", "9" * 30),
        ("totalSpent", "equals", True),
        ("totalSpent", "equals", {"$gt": 0}),
        ("totalSpent", "equals", [5]),
        ("age", "equals", 30.5),
        ("age", "equals", "30.5"),
        ("age", "between", [1]),
        ("age", "between", [1, 2, 3]),
        ("age", "between", [1, None]),
        ("age", "between", [2, 1]),
        ("age", "between", "1,2"),
        ("age", "in", [1, "x"]),
        ("city", "equals", True),
        ("city", "equals", 1.5),
        ("city", "equals", ["Mumbai"]),
        ("city", "equals", {"$ne": None}),
        ("city", "contains", "a\x00b"),
        ("city", "contains", "\ud800"),
        ("city", "in", ["Mumbai", ""]),
        ("city", "in", " , ,"),
        ("city", "isSet", "yes"),
        ("city", "isSet", False),
        ("tags", "containsAny", []),
        ("tags", "containsAll", [["vip"]]),
        ("isInactive", "equals", "yes"),
        ("isInactive", "equals", 1),
        ("lastActive", "before", "30"),
        ("lastActive", "before", "2026-02-30"),
        ("lastActive", "before", "2026-1-1"),
        ("lastActive", "before", "20260101"),
        ("lastActive", "before", "2026-W01-1"),
        ("lastActive", "before", "yesterday"),
        ("lastActive", "before", "2026-01-01T25:00"),
        ("lastActive", "before", "2026-01-01T10:00+25:00"),
        ("lastActive", "greaterThan", -1),
        ("lastActive", "greaterThan", 1.5),
        ("lastActive", "greaterThan", 10**9),
        ("lastActive", "between", [1, "2026-01-01"]),
        ("lastActive", "between", ["2026-01-02", "2026-01-01"]),
        ("birthDate", "monthIs", []),
        ("birthDate", "monthIs", [13]),
        ("birthDate", "monthIs", [0]),
        ("birthDate", "monthIs", [3, "Marchuary"]),
        ("birthDate", "monthIs", [True]),
        ("birthDate", "monthIs", {"march": 3}),
        ("birthDate", "anniversaryInTheNext", {"next": {"months": 1}}),
        ("birthDate", "anniversaryInTheNext", {"next": {"days": 367}}),
        ("birthDate", "anniversaryInTheLast", {"last": {"weeks": 53}}),
        ("birthDate", "anniversaryInTheLast", {"next": {"days": 7}}),
        ("lastActive", "inTheLast", 30),
        ("lastActive", "inTheLast", "30"),
        ("lastActive", "inTheLast", {"days": 30}),
        ("lastActive", "inTheLast", {"next": {"days": 30}}),
        ("lastActive", "inTheLast", {"last": {"days": 30}, "next": {"days": 1}}),
        ("lastActive", "inTheLast", {"last": {"days": 30, "hours": 1}}),
        ("lastActive", "inTheLast", {"last": {"fortnights": 1}}),
        ("lastActive", "inTheLast", {"last": {"days": 0}}),
        ("lastActive", "inTheLast", {"last": {"days": -1}}),
        ("lastActive", "inTheLast", {"last": {"days": 1.5}}),
        ("lastActive", "inTheLast", {"last": {"days": True}}),
        ("lastActive", "inTheLast", {"last": {"days": ""}}),
        ("lastActive", "inTheLast", {"last": {"days": "1e9"}}),
        ("lastActive", "inTheLast", {"last": {"years": 100_000}}),
        ("lastActive", "inTheLast", {"last": {}}),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_at_its_condition(field: str, operator: str, value: Any):
    found = refusals(group(condition(field, operator, value)))
    assert list(found) == ["rules.conditions[0].value"]
    assert len(found["rules.conditions[0].value"]) < 200


def test_a_value_that_is_too_large_is_refused_without_being_repeated():
    for field, operator, value in (
        ("city", "equals", "x" * 1_001),
        ("city", "equals", "x" * 10_000_000),
        ("city", "in", ["x"] * 1_001),
        ("city", "in", "x," * 30_000),
        ("city", "isSet", " " * 10_000),
        ("age", "in", list(range(1_001))),
        ("totalSpent", "equals", "9" * 5_000),
        ("totalSpent", "equals", 10**5_000),
    ):
        found = refusals(condition(field, operator, value))
        assert list(found) == ["rules.value"]
        assert len(found["rules.value"]) < 200


def test_a_condition_without_a_value_is_not_dropped():
    tree = condition()
    del tree["value"]
    assert refusals(group(condition(), tree)) == {"rules.conditions[1].value": "A value is missing."}


@pytest.mark.parametrize(
    ("field", "operator", "raw", "value"),
    [
        ("totalSpent", "equals", " 1000.50 ", 1000.5),
        ("totalSpent", "equals", "+.5", 0.5),
        ("totalSpent", "equals", "-5.", -5),
        ("age", "equals", 30.0, 30),
        ("age", "equals", "30.0", 30),
        ("age", "in", "18, 41", (18, 41)),
        ("age", "in", 18, (18,)),
        ("phone", "equals", 9812, "9812"),
        ("city", "in", "Mumbai, Pune,", ("Mumbai", " Pune")),
        ("isInactive", "equals", " TRUE ", True),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_field(field: str, operator: str, raw: Any, value: Any):
    rule = segments.parse(condition(field, operator, raw))
    assert isinstance(rule, segments.Condition)
    assert rule.value == value and type(rule.value) is type(value)
    assert segments.dump(rule)["value"] == raw


def test_every_bad_node_is_named_at_once():
    tree = group(
        condition(value=None), group(), condition("citty", "equals", "x"), condition(), operator="nor"
    )
    assert list(refusals(tree)) == [
        "rules.operator",
        "rules.conditions[0].value",
        "rules.conditions[1].conditions",
        "rules.conditions[2].field",
    ]
    assert "Is it city?" in refusals(tree)["rules.conditions[2].field"]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_000, 100_000])
def test_a_tree_that_is_too_deep_is_refused(depth: int):
    tree: dict[str, Any] = condition()
    for _ in range(depth - 1):
        tree = group(tree)
    (path,) = refusals(tree)
    assert path == "rules" + ".conditions[0]" * MAX_DEPTH
    while tree["type"] == "group":  # take it apart by hand: freeing it level by level is not for the parser
        (tree,) = tree["conditions"]


def test_the_deepest_tree_is_read_back():
    tree: dict[str, Any] = condition()
    for _ in range(MAX_DEPTH - 1):
        tree = group(tree)
    rule = segments.parse(tree)
    assert segments.dump(rule) == tree
    assert segments.describe(rule) == "Customers who spent more than ₹1,000"


def test_a_tree_that_is_too_wide_is_refused():
    assert refusals(group(*[condition()] * (MAX_NODES - 1))) == {}
    (path,) = refusals(group(*[condition()] * 1_000_000))
    assert path == f"rules.conditions[{MAX_NODES - 1}]"


def test_a_tree_whose_values_are_too_long_all_together_is_refused():
    longest = condition("city", "in", ["x" * 1_000] * 999)
    assert refusals(group(longest)) == {}
    assert list(refusals(group(longest, longest, longest))) == ["rules.conditions[1].value"]


def test_a_rule_does_not_change_with_the_json_it_came_from():
    tree = group(condition("city", "in", ["Mumbai"]))
    before = json.dumps(tree)
    rule = segments.parse(tree)
    tree["conditions"][0]["value"].append("Pune")
    segments.dump(rule)["conditions"][0]["value"].append("Goa")
    assert json.dumps(segments.dump(rule)) == before


def test_text_is_never_syntax():
    hostile = {"$where": "sleep(1000)"}
    for value in (hostile, [hostile], [[hostile]]):
        assert list(refusals(condition("city", "in", value))) == ["rules.value"]
