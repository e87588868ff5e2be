"""Rules read back in words."""

from typing import Any

import pytest

from crm import segments
from crm.fields import FIELDS, Field, FieldType

EVERYONE = {"type": "everyone"}


def when(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def group(operator: str, *conditions: Any) -> dict[str, Any]:
    return {"type": "group", "operator": operator, "conditions": list(conditions)}


SPENT = when("totalSpent", "greaterThan", "1000")
MUMBAI = when("city", "equals", "Mumbai")
RECENT = when("lastOrdered", "inTheLast", {"last": {"months": 6}})
NEVER = when("orderCount", "equals", 0)


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        (EVERYONE, "All customers"),
        (group("NOT", EVERYONE), "No customers"),
        (group("AND", SPENT), "Customers who spent more than ₹1,000"),
        (group("AND", SPENT, MUMBAI), "Customers who spent more than ₹1,000 and live in Mumbai"),
        (
            group("AND", SPENT, group("OR", MUMBAI, RECENT)),
            "Customers who spent more than ₹1,000 and (live in Mumbai or ordered in the last 6 months)",
        ),
        (
            group("OR", SPENT, MUMBAI, RECENT),
            "Customers who spent more than ₹1,000, live in Mumbai, or ordered in the last 6 months",
        ),
        (
            when("lastOrdered", "between", ["2026-10-01", "2026-10-31T23:59:59.999"]),
            "Customers who last ordered between 1 October 2026 and the end of 31 October 2026",
        ),
        (group("NOT", MUMBAI), "Customers who do not live in Mumbai"),
        (group("NOT", group("NOT", MUMBAI)), "Customers who are not among those who (do not live in Mumbai)"),
        (group("NOT", SPENT, MUMBAI), "Customers who neither spent more than ₹1,000 nor live in Mumbai"),
        (
            group("NOT", group("AND", SPENT, MUMBAI), RECENT),
            "Customers who neither (spent more than ₹1,000 and live in Mumbai) "
            "nor ordered in the last 6 months",
        ),
        (
            group("NOT", group("OR", SPENT, MUMBAI)),
            "Customers who are not among those who (spent more than ₹1,000 or live in Mumbai)",
        ),
        (group("NOT", MUMBAI, NEVER), "Customers who do not live in Mumbai and ordered at least once"),
        (
            group("OR", group("NOT", SPENT, MUMBAI), RECENT),
            "Customers who (neither spent more than ₹1,000 nor live in Mumbai) "
            "or ordered in the last 6 months",
        ),
    ],
)
def test_groups_read_as_they_are_nested(tree: Any, sentence: str):
    assert segments.describe(segments.parse(tree)) == sentence


@pytest.mark.parametrize(
    ("field", "operator", "value", "words"),
    [
        ("totalSpent", "equals", 0, "spent nothing"),
        ("totalSpent", "between", [1000, "2500.5"], "spent between ₹1,000 and ₹2,500.5"),
        ("totalSpent", "lessThan", -5, "spent less than −₹5"),
        ("totalSpent", "isSet", None, "have a known total spent"),
        ("orderCount", "greaterThanOrEqual", 3, "placed at least 3 orders"),
        ("orderCount", "greaterThanOrEqual", "1", "placed at least 1 order"),
        ("orderCount", "notEquals", 0, "ordered at least once"),
        ("orderCount", "in", [1, 2, 3], "placed exactly 1, 2 or 3 orders"),
        ("visitCount", "lessThan", 2, "visited less than 2 times"),
        ("age", "between", [18, 25], "are between 18 and 25 years old"),
        ("age", "notIn", "18,19", "are not exactly 18 or 19 years old"),
        ("city", "in", "Mumbai, Navi Mumbai, Pune", "live in Mumbai, Navi Mumbai or Pune"),
        ("city", "notEquals", "Pune", "do not live in Pune"),
        ("city", "isNotSet", None, "have no known city"),
        ("city", "equals", "x or spent more than ₹5", "live in “x or spent more than ₹5”"),
        ("name", "contains", "{}", "have a name containing “{}”"),
        ("name", "notContains", " ann ", "have no name containing “ann”"),
        ("email", "endsWith", "@example.com", "have an e-mail address ending with “@example.com”"),
        ("email", "equals", "a@b.c", "have the e-mail address a@b.c"),
        ("gender", "equals", "female", "are female"),
        ("tags", "containsAny", ["vip", "gold"], "are tagged vip or gold"),
        ("tags", "containsAll", ["vip", "gold"], "are tagged all of vip and gold"),
        ("tags", "containsNone", ["vip"], "are not tagged vip"),
        ("tags", "isSet", None, "have a tag"),
        ("isInactive", "equals", "true", "are inactive"),
        ("isInactive", "equals", False, "are marked as active"),
        ("isInactive", "notEquals", False, "are not marked as active"),
        ("lastOrdered", "inTheLast", {"last": {"months": 1}}, "ordered in the last month"),
        ("lastOrdered", "notInTheLast", {"last": {"days": 90}}, "have not ordered in the last 90 days"),
        ("lastOrdered", "olderThan", {"last": {"years": 1}}, "last ordered more than 1 year ago"),
        ("lastOrdered", "isNotSet", None, "have no known last order"),
        ("birthDate", "inTheNext", {"next": {"days": 7}}, "have a birth date in the next 7 days"),
        ("birthDate", "anniversaryInTheNext", {"next": {"days": 7}}, "have a birthday in the next 7 days"),
        ("birthDate", "anniversaryInTheNext", {"next": {"days": 1}}, "have a birthday today"),
        (
            "accountCreated",
            "anniversaryInTheLast",
            {"last": {"weeks": 1}},
            "have an anniversary of the sign-up date in the last week",
        ),
        ("accountCreated", "monthIs", [3], "signed up in March"),
        ("birthDate", "monthIs", ["dec", 1], "were born in January or December"),
        ("accountCreated", "before", "2024-01-01", "signed up before 1 January 2024"),
        ("accountCreated", "after", "2024-01-01", "signed up after the start of 1 January 2024"),
        ("accountCreated", "after", "2024-01-01T18:30", "signed up after 1 January 2024 18:30"),
        ("accountCreated", "before", "2024-01-01T18:30:05Z", "signed up before 1 January 2024 18:30:05 UTC"),
        ("accountCreated", "equals", "2024-01-01", "signed up on 1 January 2024"),
        (
            "accountCreated",
            "between",
            ["2024-01-01", "2024-02-01"],
            "signed up between 1 January 2024 and the start of 1 February 2024",
        ),
        ("lastActive", "greaterThan", "30", "were last active more than 30 days ago"),
        ("lastActive", "lessThanOrEqual", "1", "were last active at most 1 day ago"),
        ("lastActive", "equals", 30, "were last active 30 days ago"),
        ("lastActive", "between", [7, 30], "were last active between 7 and 30 days ago"),
        ("lastActive", "greaterThan", "2024-01-01", "were last active after the start of 1 January 2024"),
        ("lastLogin", "notInTheLast", {"last": {"weeks": 2}}, "had no log-in in the last 2 weeks"),
    ],
)
def test_a_condition_reads_as_a_person_would_say_it(field: str, operator: str, value: Any, words: str):
    assert segments.describe(segments.parse(when(field, operator, value))) == f"Customers who {words}"


def test_money_is_told_in_the_currency():
    rule = segments.parse(SPENT)
    assert segments.describe(rule, currency="EUR") == "Customers who spent more than €1,000"
    assert segments.describe(rule, currency="CHF") == "Customers who spent more than CHF\u00a01,000"


def test_a_field_without_phrases_of_its_own_is_told_by_its_label():
    fields = {**FIELDS, "score": Field("score", FieldType.NUMBER, "score")}
    assert (
        segments.describe(segments.parse(when("score", "greaterThan", 2.5), fields))
        == "Customers who have a score of more than 2.5"
    )


@pytest.mark.parametrize(
    ("field", "operator", "value", "sentence"),
    [
        (Field("likes", FieldType.TAGS, "likes", key="a1"), "containsAny", ["Tea", "Go"],
         "Customers who have Tea or Go among “likes”"),
        (Field("renews", FieldType.DATE, "renews", key="a2"), "monthIs", [3],
         "Customers who have “renews” in March"),
        (Field("isMember", FieldType.BOOLEAN, "is member", key="a3"), "notEquals", True,
         "Customers who do not have “is member” marked yes"),
        (Field("{}", FieldType.NUMBER, "{}", key="a4"), "greaterThan", 5,
         "Customers who have a { } of more than 5"),
        (Field("colour", FieldType.TEXT, "colour", key="a5"), "isNotSet", None,
         "Customers who do not have “colour”"),
    ],
)  # fmt: skip
def test_a_custom_attribute_is_spoken_of_by_its_label(
    field: Field, operator: str, value: object, sentence: str
) -> None:
    tree = {"type": "condition", "field": field.name, "operator": operator, "value": value}
    assert segments.describe(segments.parse(tree, {field.name: field})) == sentence
