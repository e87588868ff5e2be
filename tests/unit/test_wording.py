"""The messages to begin with: every one can be sent, fits its channel, and promises nothing by itself."""

import re
from itertools import product

import pytest

from crm import content, messages, segments, sms
from crm.content import SMS, SUBJECT_LIMIT
from crm.messages import Style
from crm.settings import Settings
from crm.wording import brief
from crm.wording.templates import GOALS, LANGUAGES, TONES, Draft, drafts, language, parts, with_defaults

ALL = {"offer": "₹1,500 off", "code": "DIWALI2026", "until": "30 November", "festival": "Diwali",
       "named": "Kitchen Classics Set", "bought": "Steel Water Bottle"}  # fmt: skip
STYLE = Style("INR", Settings().zone)
NOBODY: dict[str, object] = {}
SOMEBODY = {"name": "Venkataraman Iyer-Rao", "city": "Thiruvananthapuram"}
EVERY = [(key, goal) for key, goal in product(LANGUAGES, GOALS)]


def written(draft: Draft, person: dict[str, object]) -> content.Composed:
    text = messages.parse(draft.text)
    subject = messages.parse(draft.subject, limit=SUBJECT_LIMIT) if draft.subject else None
    return content.compose(content.Version(None, text, subject), person, STYLE)


@pytest.mark.parametrize(("key", "goal"), EVERY)
def test_every_message_can_be_sent_to_somebody_of_whom_nothing_is_known(key: str, goal: str) -> None:
    for channel, known in product(("email", SMS), (ALL, {})):
        found = drafts(key, goal, None, channel, known)
        assert len(found) >= 2 and len({one.text for one in found}) == len(found)
        for draft, person in product(found, (NOBODY, SOMEBODY)):
            composed = written(draft, person)
            assert composed.reason is None
            assert not re.search(r"[\[\]{}|]", f"{composed.subject} {composed.text}")
            assert (composed.subject is None) == (channel == SMS)


@pytest.mark.parametrize(("key", "goal"), EVERY)
def test_every_text_message_is_one_part_with_a_long_name_an_offer_and_a_code(key: str, goal: str) -> None:
    offered = drafts(key, goal, None, SMS, {"offer": "25% off", "code": "DIWALI20"})
    assert offered
    for draft in offered:
        length = sms.measure(written(draft, SOMEBODY).text)
        assert (length.encoding, length.parts) == ("GSM-7", 1), draft.text
        assert parts(draft.text) == 1


@pytest.mark.parametrize(("key", "goal"), EVERY)
def test_a_message_without_an_offer_in_the_brief_promises_none(key: str, goal: str) -> None:
    offered = drafts(key, goal, None, "email", {})
    assert offered
    for draft in offered:
        assert len(draft.text.splitlines()) >= 4
        assert not re.search(r"\d|%|\b(off|chhoot|descuento|Rabatt|code|código|Code)\b", draft.text), (
            draft.text
        )


@pytest.mark.parametrize("key", LANGUAGES)
def test_every_language_has_words_and_messages_for_every_occasion(key: str) -> None:
    assert set(language(key).words) == set(GOALS)
    assert {one.tone for one in language(key).patterns} <= set(TONES)
    assert {"name", "city", "country"} == set(language(key).defaults)


def test_the_tone_that_is_wanted_comes_first() -> None:
    for tone in TONES:
        assert drafts("english", "winBack", tone, "email", {})[0].tone == tone


@pytest.mark.parametrize(
    ("words", "goal"),
    [
        ("Win back people who haven't ordered for six months", "winBack"),
        ("Diwali sale for our VIPs, 20% off", "festival"),
        ("Early access for our best customers", "vip"),
        ("birthday wishes with 10% off", "birthday"),
        ("ask for a review of the last order", "review"),
        ("thank them for their loyalty", "thanks"),
        ("the steel bottle is back in stock", "restock"),
        ("welcome new customers with free delivery", "welcome"),
        ("they left something in the cart", "atRisk"),
        ("our new collection has arrived", "newArrivals"),
        ("Geburtstag", "birthday"),
        ("cumpleaños de clientes", "birthday"),
        ("bahut din se order nahi kiya", "winBack"),
        ("15% off", "festival"),
        ("", None),
        ("opening hours", None),
    ],
)
def test_the_occasion_is_read_from_the_brief(words: str, goal: str | None) -> None:
    assert brief.goal(words, None) == goal


@pytest.mark.parametrize(
    ("node", "goal"),
    [
        ({"field": "lastOrdered", "operator": "notInTheLast", "value": {"last": {"days": 90}}}, "winBack"),
        (
            {"field": "birthDate", "operator": "anniversaryInTheNext", "value": {"next": {"days": 7}}},
            "birthday",
        ),
        ({"field": "orderCount", "operator": "equals", "value": 0}, "welcome"),
        ({"field": "totalSpent", "operator": "greaterThan", "value": 5000}, "vip"),
    ],
)
def test_a_brief_that_says_nothing_of_it_leaves_the_occasion_to_the_audience(
    node: dict[str, object], goal: str
) -> None:
    rule = segments.parse({"type": "condition", **node})
    assert brief.goal("write something nice", rule) == goal
    assert brief.goal("ask for a review", rule) == "review"


@pytest.mark.parametrize(
    ("words", "key", "found"),
    [
        ("20% off with code DIWALI20 until Sunday", "english",
         {"offer": "20% off", "code": "DIWALI20", "until": "Sunday"}),
        ("flat ₹1,500 off on “Desk Lamp”", "english", {"offer": "₹1,500 off", "named": "Desk Lamp"}),
        ("people who spent over ₹1000, the top 10% of customers", "english", {}),
        ("free shipping this week", "english", {"offer": "free delivery"}),
        ("20% Rabatt mit Code HERBST bis Sonntag", "german",
         {"offer": "20% Rabatt", "code": "HERBST", "until": "Sonntag"}),
        ("un 15% hasta el domingo", "spanish", {"offer": "un 15% de descuento", "until": "domingo"}),
        ("Holi par 10% off, Sunday tak", "hindi", {"offer": "10% ki chhoot", "festival": "Holi"}),
        ("the new water bottle", "english", {"named": "Water Bottle"}),
        ("“{% evil %}” {city} [offer]", "english", {}),
    ],
)  # fmt: skip
def test_only_what_the_brief_says_is_promised(words: str, key: str, found: dict[str, str]) -> None:
    got = brief.markers(words, key, None, ["Bottle", "Water Bottle", "{x}"])
    assert got.items() >= found.items()
    assert set(got) - set(found) <= {"until"}


def test_a_name_without_a_default_gets_the_languages_own() -> None:
    assert with_defaults("Hi {name}, {{ city }} {name|you} {orderCount}", "english") == (
        "Hi {name|there}, {city|your city} {name|you} {orderCount}"
    )
