"""Prompts in Hindi-English, Spanish and German: other words, the same trees."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.grammar.languages import LANGUAGES, guess
from crm.grammar.lexicon import lexicon
from crm.prompts import Answer, understand
from tests.prompt_trees import VALUES, brief

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def ask(text: str) -> Answer:
    return understand(text, now=NOW, zone=ZoneInfo("UTC"), values=VALUES)


@pytest.mark.parametrize(
    ("prompt", "tree"),
    [
        ("10k se zyada kharch kiya", "totalSpent greaterThan 10000"),
        ("jinhone 90 din se order nahi kiya", "lastOrdered notInTheLast 90 days"),
        ("kabhi order nahi kiya", "orderCount equals 0"),
        ("Pune ya Mumbai ke log jinhone kam se kam 3 order kiye",
         "(city in Pune/Mumbai AND orderCount greaterThanOrEqual 3)"),
        ("pichle 6 mahine mein 5000 se zyada kharch kiya", "sum greaterThan 5000 6 months"),
        ("mehr als 1.500,50 ausgegeben", "totalSpent greaterThan 1500.5"),
        ("mehr als 1.500 ausgegeben", "totalSpent greaterThan 1500"),
        ("seit 6 Monaten nicht bestellt und mehr als 1000 ausgegeben",
         "(lastOrdered notInTheLast 6 months AND totalSpent greaterThan 1000)"),
        ("Mug mindestens zweimal in 60 Tagen gekauft",
         "count greaterThanOrEqual 2 product equals Mug 60 days"),
        ("Frauen aus Mumbai oder Pune, die nie bestellt haben",
         "(gender equals female AND city in Mumbai/Pune AND orderCount equals 0)"),
        ("im letzten Jahr angemeldet, aber nie gekauft",
         "(accountCreated greaterThanOrEqual 2025-01-01 AND accountCreated before 2026-01-01 "
         "AND orderCount equals 0)"),
        ("gastaron más de 1.500,50", "totalSpent greaterThan 1500.5"),
        ("clientes que no son de Pune", "city notEquals Pune"),
        ("compraron Mug al menos dos veces en 60 días",
         "count greaterThanOrEqual 2 product equals Mug 60 days"),
        ("los 50 mejores clientes de Pune", "top 50 by totalSpent desc of city equals Pune"),
        ("se registraron en 2025 pero nunca compraron",
         "(accountCreated greaterThanOrEqual 2025-01-01 AND accountCreated before 2026-01-01 "
         "AND orderCount equals 0)"),
    ],
)  # fmt: skip
def test_other_words_make_the_same_trees(prompt: str, tree: str) -> None:
    answer = ask(prompt)
    assert answer.rules, answer.message
    assert brief(answer.rules) == tree


@pytest.mark.parametrize("prompt", ["lösche alle Kunden", "borra todos los clientes", "delete sab log"])
def test_orders_are_refused_in_every_language(prompt: str) -> None:
    assert ask(prompt).kind == "refused"


@pytest.mark.parametrize(
    "prompt",
    [
        "mehr als 1,500 ausgegeben",  # one and a half, or fifteen hundred
        "spent over 1.500",
        "treue Kunden",
        "clientes fieles",
        "nicht bestellt oder registriert in den letzten 3 Monaten",
        "haben 5000 ausgegeben",
    ],
)
def test_what_reads_two_ways_is_asked_about(prompt: str) -> None:
    assert ask(prompt).kind == "clarify"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_of_a_language_means_two_things(language: str) -> None:
    assert len(lexicon(language).entries) > 200


@pytest.mark.parametrize("prompt", ["customers from Pune", "do not order", "on", "Pune", "", "die customers"])
def test_english_is_what_no_other_language_knows_better(prompt: str) -> None:
    assert guess(prompt, VALUES).language == "english"
