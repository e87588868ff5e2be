"""Suggested prompts: made of the shop's own data, understood by the grammar, never without people."""

from datetime import timedelta

import pytest

from crm import asking, library, prompt_values, sample
from crm.settings import Settings
from crm.suggestions import MOST, suggestions
from tests.crowd import MARKETER, crowd
from tests.integration.test_sample import NOW, persist_all


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    return Settings(time_zone="Asia/Kolkata")


def test_every_suggestion_for_the_sample_shop_is_understood_and_selects_somebody(stores, settings):
    sample.generate(stores, customers=400, orders=1_600, now=NOW)
    persist_all(stores)
    made = suggestions(stores, settings, now=NOW)
    assert len(made) == MOST
    for one in made:
        answer = asking.answer_query(stores, one.text, now=NOW, zone=settings.zone, settings=settings)
        assert (answer["type"], answer["count"], answer["assumptions"]) == ("segment", one.size, [])
        assert one.size > 0
    said = " ".join(one.text for one in made)
    values = prompt_values.known_values(stores)
    assert values.listed("city", 1)[0] in said
    assert values.listed("product", 1)[0] in said
    assert values.listed("tags", 1)[0] in said


def test_what_selects_nobody_is_not_suggested(stores, settings):
    crowd(stores, 3, city="Pune", accountCreated=NOW - timedelta(days=800), orderCount=0)
    assert [(one.text, one.size) for one in suggestions(stores, settings, now=NOW)] == [
        ("Customers from Pune", 3)
    ]


def test_a_saved_segment_is_suggested_by_its_name(stores, settings):
    crowd(stores, 3, city="Pune", orderCount=2, lastOrdered=NOW - timedelta(days=5))
    rules = {"type": "everyone"}
    library.save(stores, name="Regulars of ours", rules=rules, account=MARKETER, now=NOW, zone=settings.zone)
    assert ("People in the segment Regulars of ours who ordered in the last 90 days", 3) in [
        (one.text, one.size) for one in suggestions(stores, settings, now=NOW)
    ]


def test_without_customers_nothing_is_suggested(stores, settings):
    assert suggestions(stores, settings, now=NOW) == ()
