"""Saved segments named in prompts, without a model."""

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from crm.prompts import Answer, understand
from crm.rules.references import Referred
from tests.prompt_trees import VALUES, brief

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NAMES = {
    "big": "Big spenders", "vip": "VIP", "women": "Women", "lapsed": "Lapsed VIP", "delhi": "Delhi",
    "pune": "Customers from Pune", "mug": "Mug", "diwali": "Diwali 2025", "one": "Twice here",
    "two": "twice here", "new": "New",
}  # fmt: skip
WITH_SEGMENTS = VALUES.with_segments(NAMES.items())


class Saved:
    """Looks up the segments of this file; nobody has campaigns or lists."""

    def segment(self, segment_id: str) -> Referred | None:
        return Referred(NAMES[segment_id], {"type": "everyone"}) if segment_id in NAMES else None

    def campaign(self, campaign_id: str) -> Referred | None:
        return None

    def list(self, list_id: str) -> Referred | None:
        return None

    def id_of(self, kind: str, name: str) -> str | None:
        return None

    def name_of(self, kind: str, thing_id: str) -> str | None:
        return None


def answer(text: str, current: dict[str, Any] | None = None) -> Answer:
    return understand(
        text, now=NOW, zone=ZoneInfo("UTC"), values=WITH_SEGMENTS, things=cast(Any, Saved()), current=current
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("people in the segment Big spenders", "in big"),
        ("Big spenders in Pune", "(in big AND city equals Pune)"),
        ("big spenders from Pune who ordered in 6 months",
         "(in big AND city equals Pune AND lastOrdered inTheLast 6 months)"),
        ("not in segment Big spenders", "not in big"),
        ("who are not in the Big spenders segment", "not in big"),
        ("from Pune but not Big spenders", "(city equals Pune AND not in big)"),
        ("without Big spenders", "not in big"),
        ("Lapsed VIP or Big spenders", "(in lapsed OR in big)"),
        ("all in the segment called “Diwali 2025”", "in diwali"),
        ('"Big spenders" in Pune', "(in big AND city equals Pune)"),
        ("in segment Women", "in women"),
        ("in the segment VIP", "in vip"),
    ],
)  # fmt: skip
def test_a_segment_is_known_by_its_name(text: str, expected: str) -> None:
    found = answer(text)
    assert found.rules, found.message
    assert brief(found.rules) == expected
    assert not found.assumptions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tagged vip", "tags containsAny vip"),
        ("from Delhi", "city equals Delhi"),
        ("city is Delhi", "city equals Delhi"),
        ("in New Delhi", "city equals New Delhi"),
        ("bought Mug", "count greaterThanOrEqual 1 product equals Mug"),
        ('named "Big spenders"', "name equals Big spenders"),
    ],
)
def test_what_says_of_which_field_it_is_is_no_segment(text: str, expected: str) -> None:
    found = answer(text)
    assert found.rules, found.message
    assert brief(found.rules) == expected


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("vip in Pune", ("in the segment VIP", "tagged vip")),
        ("women, Delhi", ("in the segment Delhi", "city Delhi")),
        ("Big spendrs in Pune", ("in the segment Big spenders",)),
        ("in the segment Big spendrs", ("in the segment Big spenders",)),
        ("twice here", ()),
        (
            "new customers",
            ("in the segment New", *(f"signed up in the last {days} days" for days in (7, 30, 90))),
        ),
    ],
)
def test_a_name_that_could_be_something_else_is_asked_about(text: str, answers: tuple[str, ...]) -> None:
    found = answer(text)
    assert found.kind == "clarify"
    assert "segment" in found.message
    assert any(one.answers == answers for one in found.questions)


def test_no_segment_of_the_name_is_said_with_names_that_there_are() -> None:
    found = answer("in the segment Foo")
    assert "no segment of exactly this name" in found.message
    assert "in the segment Big spenders" in found.questions[0].answers


@pytest.mark.parametrize(
    ("text", "expected", "instead"),
    [
        ("women", "gender equals female", "in women"),
        ("Customers from Pune", "city equals Pune", "in pune"),
    ],
)
def test_words_with_a_meaning_of_their_own_keep_it_and_the_segment_is_offered(
    text: str, expected: str, instead: str
) -> None:
    found = answer(text)
    assert found.rules and brief(found.rules) == expected
    assert "not for the segment" in found.assumptions[0]
    assert [brief(one.rules) for one in found.alternatives] == [instead]


def test_a_follow_up_may_name_a_segment() -> None:
    standing = answer("from Pune").rules
    narrower, less = answer("only Big spenders", standing), answer("but not Big spenders", standing)
    assert narrower.rules and brief(narrower.rules) == "(city equals Pune AND in big)"
    assert less.rules and brief(less.rules) == "(city equals Pune AND not in big)"
