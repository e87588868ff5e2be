"""Days of the year in prompts: birthdays and anniversaries, without a model."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.fields import Field, FieldType
from crm.prompts import Answer, Values, understand
from tests.prompt_trees import OWN, VALUES, WITH_ATTRIBUTES, brief

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BIRTHDAY = Field("birthday", FieldType.DATE, "birthday", key="a8")
WEDDING = Field("weddingDate", FieldType.DATE, "wedding date", key="a9")
OWN_DATES = replace(WITH_ATTRIBUTES, attributes=(*OWN, BIRTHDAY, WEDDING))


def answer(text: str, values: Values = VALUES, now: datetime = NOW) -> Answer:
    return understand(text, now=now, zone=ZoneInfo("UTC"), values=values)


def ahead(**length: int) -> str:
    return f"anniversaryInTheNext {{'next': {length}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("birthday today", f"birthDate {ahead(days=1)}"),
        ("whose birthday is in the next 7 days", f"birthDate {ahead(days=7)}"),
        ("celebrating their birthday within the next two weeks", f"birthDate {ahead(weeks=2)}"),
        ("birthdays in the last 7 days", "birthDate anniversaryInTheLast 7 days"),
        ("birthday this month", "birthDate monthIs 11"),
        ("birthday next month", "birthDate monthIs 12"),
        ("people with a birthday in March", "birthDate monthIs 3"),
        ("birthdays in Sept, May or june", "birthDate monthIs 5/6/9"),
        ("customers from Pune whose birthday is today", f"(city equals Pune AND birthDate {ahead(days=1)})"),
        ("women but no birthday this month", "(gender equals female AND NOT(birthDate monthIs 11))"),
        ("who don't have a birthday in March", "NOT(birthDate monthIs 3)"),
        ("whose anniversary of signing up is this week", f"accountCreated {ahead(days=7)}"),
        ("sign-up anniversary in the next 14 days", f"accountCreated {ahead(days=14)}"),
        ("anniversary of their first order today", f"firstPurchaseDate {ahead(days=1)}"),
        ('named "Birthday today"', "name equals Birthday today"),
    ],
)
def test_days_of_the_year_become_conditions(text: str, expected: str) -> None:
    found = answer(text)
    assert found.rules, found.message
    assert brief(found.rules) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("birthday in the next 7 days", f"birthday {ahead(days=7)}"),
        ('"birthday" in the next 7 days', f"birthday {ahead(days=7)}"),
        ("birthday before 2000-01-01", "birthday before 2000-01-01"),
        ("wedding date anniversary this week", f"weddingDate {ahead(days=7)}"),
        ("anniversary of renewal date today", f"renews {ahead(days=1)}"),
        ("wedding date in the next 7 days", "weddingDate inTheNext 7 days"),
    ],
)
def test_a_custom_attribute_that_is_a_date_has_anniversaries(text: str, expected: str) -> None:
    found = answer(text, OWN_DATES)
    assert found.rules, found.message
    assert brief(found.rules) == expected


def test_an_attribute_called_birthday_is_said_to_be_meant() -> None:
    assert "not by the birth date" in answer("birthday today", OWN_DATES).assumptions[0]


def test_what_does_not_roll_on_in_a_saved_segment_is_said() -> None:
    assert "it stays November" in answer("birthday this month").assumptions[0]
    assert "six days after" in answer("birthday this week").assumptions[0]


def test_the_month_before_january_is_december() -> None:
    found = answer("birthday last month", now=datetime(2027, 1, 5, tzinfo=UTC))
    assert found.rules and brief(found.rules) == "birthDate monthIs 12"


@pytest.mark.parametrize(
    ("text", "hint", "offered"),
    [
        ("anniversary this week", "Anniversary of what?", "anniversary of signing up this week"),
        ("wedding anniversary this week", "“wedding”", "anniversary of signing up this week"),
        ("birthday", "Which days of the year?", "birthday in the next 7 days"),
        ("birthday tomorrow", "Which days of the year?", "birthday today"),
        ("birthday next week", "Which days of the year?", "birthday in the next 7 days"),
        ("birthday in the next 400 days", "Which days of the year?", "birthday today"),
        ("birthday in March 2025", "Which days of the year?", ""),
        ("birthday in March or may have ordered", "Which days of the year?", ""),
        ("born in March", "Of which year?", "birthday in March"),
    ],
)
def test_what_days_of_the_year_cannot_tell_is_asked(text: str, hint: str, offered: str) -> None:
    found = answer(text)
    assert found.kind == "clarify"
    assert hint in found.message
    assert not offered or any(offered in one.answers for one in found.questions)


def test_a_tag_that_speaks_of_a_birthday_is_a_tag() -> None:
    tagged = Values.of({"tags": ["birthday today"]})
    found = answer("tagged birthday today", tagged)
    assert found.rules and brief(found.rules) == "tags containsAny birthday today"
