"""Prompts about campaigns: which one is meant, and what is said of it."""

import re
from zoneinfo import ZoneInfo

import pytest

from crm import asking, campaign_summary, campaigns
from crm.grammar.turns import question_about
from crm.moment import utc_now
from crm.settings import Settings
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    return Settings(time_zone="UTC")


@pytest.fixture
def ask(stores, settings):
    def asked(text, **answers):
        return asking.answer_query(
            stores, text, now=utc_now(), zone=settings.zone, settings=settings, answers=answers
        )

    return asked


def draft(stores, name):
    return campaigns.create(stores, name=name, account=MARKETER, now=NOW)["_id"]


def launched(stores, name, **options):
    made = campaigns.launch_new(
        stores, name=name, rules=EVERYONE, template="Hi {name|there}", options=options, account=MARKETER,
        now=NOW,
    )  # fmt: skip
    Hands(stores).finish()
    return made["_id"]


def test_every_number_of_a_summary_is_one_of_the_books_and_has_its_people(stores, ask):
    crowd(stores, 300)
    campaign_id = launched(stores, "Summer sale", holdout=0.2)
    answer = ask("Give me the details of campaign Summer sale")
    assert answer["type"] == "campaign"
    assert answer["campaign"] == {"_id": campaign_id, "name": "Summer sale", "status": "finished"}
    counted = campaigns.stats(stores, campaign_id)
    facts = {fact["state"]: fact for fact in answer["facts"] if fact["state"]}
    for state, fact in facts.items():
        assert fact["people"] == counted[state]
        assert f"{counted[state]:,}" in fact["text"]
        assert fact["link"] == f"/history?campaign={campaign_id}&state={state}"
    assert set(facts) == {"sent", "failed", "skipped"}
    assert answer["message"] == " ".join(fact["text"] for fact in answer["facts"])
    known = re.findall(r"\d+", str(answer["figures"]["books"]) + str(answer["figures"]["reasons"]))
    first = answer["facts"][0]
    assert first["people"] == counted["total"] == 300
    assert {str(fact["people"]) for fact in answer["facts"] if fact["people"]} <= set(known)


def test_a_draft_says_that_nothing_was_sent(stores, ask):
    draft(stores, "Diwali")
    answer = ask("how did Diwali go?")
    assert answer["message"] == "“Diwali” is a draft: nothing has been sent."
    assert answer["figures"] is None


def test_orders_after_a_message_are_counted_and_compared_with_those_held_out(stores, settings):
    crowd(stores, 200)
    campaign_id = launched(stores, "Sale", holdout=0.5)
    sent = [row["customerId"] for row in stores.db.deliveries.find({"state": "sent"})]
    for number, who in enumerate(sent[:40]):
        order = {"_id": f"o{number}", "customerId": who, "createdAt": utc_now(), "total": 50.0}
        stores.db.orders.insert_one(order | {"status": "delivered"})
    found = campaign_summary.of(stores, campaign_id, now=utc_now(), zone=ZoneInfo("UTC"), currency="INR")
    assert "40 people ordered within 7 days of their message so far, for 2,000.00 INR" in found.text
    assert "percentage points more ordered than of those held out" in found.text


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Give me the details of campaign Summer sale", "Summer sale"),
        ("how did the Diwali campaign do?", "Diwali"),
        ("what happened with campaign Holi", "Holi"),
        ("Summarise the campaign “Holi”.", "“Holi”"),
        ("¿Cómo fue la campaña Verano?", "Verano"),
        ("wie lief die Kampagne Sommer?", "Sommer"),
        ("Diwali campaign kaisa raha", "Diwali"),
    ],
)
def test_a_campaign_is_asked_about_in_four_languages(prompt, said):
    found = question_about(prompt)
    assert found and (found.said, found.named) == (said, True)


def test_a_misspelt_name_is_put_right_where_one_is_meant_and_asked_about_where_several_may_be(stores, ask):
    draft(stores, "Summer sale 2026")
    draft(stores, "Summer sale 2025")
    draft(stores, "Diwali lights")
    answer = ask("details of campaign Diwali lihgts")
    assert answer["campaign"]["name"] == "Diwali lights"
    assert answer["assumptions"] == ["“Diwali lihgts” is taken as “Diwali lights”."]
    asked = ask("details of campaign Sumer sale")
    (question,) = asked["questions"]
    assert asked["type"] == "clarify"
    assert set(question["answers"]) == {"Summer sale 2025", "Summer sale 2026"}
    chosen = ask("details of campaign Sumer sale", **{question["words"]: "Summer sale 2025"})
    assert chosen["campaign"]["name"] == "Summer sale 2025"


def test_a_name_that_is_like_none_is_asked_about_with_the_newest(stores, ask):
    draft(stores, "Diwali")
    asked = ask("details of campaign Zorp")
    assert (asked["type"], asked["questions"][0]["answers"]) == ("clarify", ["Diwali"])
    assert ask("how did my last campaign go?")["campaign"]["name"] == "Diwali"


def test_without_campaigns_there_is_nothing_to_ask_about(stores, ask):
    assert ask("details of campaign Diwali")["message"] == "There are no campaigns yet."


def test_an_audience_that_is_asked_for_in_such_words_stays_an_audience(stores, ask):
    crowd(stores, 3, city="Pune")
    draft(stores, "Customers from Pune")
    assert ask("show me customers from Pune")["type"] == "segment"
