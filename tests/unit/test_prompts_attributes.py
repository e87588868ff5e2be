"""Custom attributes in prompts, without a model."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.fields import Field, FieldType
from crm.prompts import Answer, Values, understand
from tests.prompt_trees import OWN, WITH_ATTRIBUTES, brief

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ORDER = Field("order", FieldType.NUMBER, "order", key="a7")
VALUES = replace(WITH_ATTRIBUTES, attributes=(*OWN, ORDER))


def answer(text: str) -> Answer:
    return understand(text, now=NOW, zone=ZoneInfo("UTC"), values=VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("favouriteColour is red", "favouriteColour equals Red"),
        ("customers whose favourite colour is dark red", "favouriteColour equals Dark Red"),
        ("customers with favourite colour red or blue", "favouriteColour in Red/Blue"),
        ("favouriteColour is not blue", "favouriteColour notEquals Blue"),
        ("favouriteColour = blue and city is Pune", "(favouriteColour equals Blue AND city equals Pune)"),
        ("people from Pune whose favourite-colour is blue",
         "(city equals Pune AND favouriteColour equals Blue)"),
        ('favouriteColour is "off white"', "favouriteColour equals off white"),
        ("favouriteColour contains re", "favouriteColour contains re"),
        ("favouriteColour starts with da and spent over 1000",
         "(favouriteColour startsWith da AND totalSpent greaterThan 1000)"),
        ("favouriteColour is known", "favouriteColour isSet"),
        ("favouriteColour is unknown", "favouriteColour isNotSet"),
        ("customers without a favourite colour", "favouriteColour isNotSet"),
        ("shoe size over 42", "shoe.size greaterThan 42"),
        ("shoe.size at least 42.5 or never ordered",
         "(shoe.size greaterThanOrEqual 42.5 OR orderCount equals 0)"),
        ("shoe size between 44 and 38", "shoe.size between 38/44"),
        ("shoe size is 42", "shoe.size equals 42"),
        ("shoe size is not 42", "shoe.size notEquals 42"),
        ("shoe size under 1.5k", "shoe.size lessThan 1500"),
        ("renews in the next 30 days", "renews inTheNext 30 days"),
        ("renewal date in the last month", "renews inTheLast 1 months"),
        ("renews more than 2 years ago", "renews olderThan 2 years"),
        ("renews before 2026-03-01", "renews before 2026-03-01"),
        ("renews since 2026-03-01", "renews greaterThanOrEqual 2026-03-01"),
        ("renews in March", "renews monthIs 3"),
        ("isMember is yes", "isMember equals True"),
        ("is member = no", "isMember equals False"),
        ("hobbies include chess or tea", "Hobbies containsAny Chess/Tea"),
        ("hobbies are rock climbing and tea", "Hobbies containsAll Rock climbing/Tea"),
        ("hobbies not chess", "Hobbies containsNone Chess"),
        ("hobbies has chess, spent over 1000", "(Hobbies containsAny Chess AND totalSpent greaterThan 1000)"),
        ('"order" over 5', "order greaterThan 5"),
        ("more than 5 orders", "orderCount greaterThan 5"),
        ("not (favouriteColour is red or shoe size over 42)",
         "NOT(favouriteColour equals Red, shoe.size greaterThan 42)"),
    ],
)  # fmt: skip
def test_an_attribute_is_asked_by_its_name(text: str, expected: str):
    found = answer(text)
    assert found.rules, found.message
    assert brief(found.rules) == expected


def test_a_value_that_nobody_has_is_said():
    found = answer("favouriteColour is purpel")
    assert found.rules and brief(found.rules) == "favouriteColour equals purpel"
    assert found.assumptions == ("“favouriteColour is purpel”: no customer has “purpel” there.",)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("shoe size is large", "shoe.size at least 5"),
        ("favourite colour", "favouriteColour is …"),
        ("renews sometime", "renews in the next 30 days"),
    ],
)
def test_what_is_not_clear_is_asked(text: str, hint: str):
    found = answer(text)
    assert found.kind == "clarify"
    assert hint in found.message


def test_without_attributes_nothing_changes():
    plain = Values.of({"city": ["Pune", "Mumbai"]})
    found = understand("favouriteColour is red", now=NOW, zone=ZoneInfo("UTC"), values=plain)
    assert found.kind == "clarify"
