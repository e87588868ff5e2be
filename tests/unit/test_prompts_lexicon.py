"""The words that the grammar knows, and the small readers under it."""

from datetime import date

import pytest

from crm.fields import FIELDS
from crm.grammar import periods
from crm.grammar.lexicon import Kind, lexicon, phrases
from crm.grammar.meanings import MEANINGS
from crm.grammar.numbers import read_number
from crm.grammar.tokens import tokenise


def test_every_field_can_be_spoken_of_by_its_own_name() -> None:
    words = lexicon()
    for name in FIELDS:
        found = words.match([name.lower()], 0)
        assert found and found[1].kind is Kind.TOPIC, name


def test_every_topic_has_a_meaning_and_every_meaning_is_of_a_field() -> None:
    topics = {entry.value.topic for entry in lexicon().entries.values() if entry.kind is Kind.TOPIC}
    assert topics == set(MEANINGS)
    for meaning in MEANINGS.values():
        for field in (meaning.amount, meaning.count, meaning.when, meaning.text):
            assert field is None or field in FIELDS


def test_a_pattern_of_the_data_file_stands_for_all_its_phrases() -> None:
    assert phrases("in the? last|past") == {
        ("in", "last"), ("in", "past"), ("in", "the", "last"), ("in", "the", "past"),
    }  # fmt: skip


def test_tokens_account_for_every_character_but_white_space() -> None:
    text = "e-mail “Ann” @x.example ≥ 1,50,000.5 — 2025-03-05, 5/3/2025 (don’t) 😀\n?"
    left = list(text)
    for token in tokenise(text):
        left[token.start : token.end] = [" "] * (token.end - token.start)
    assert "".join(left).split() == ["-"]  # the hyphen of "e-mail" parts two words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1000", 1000),
        ("5,000", 5000),
        ("1,50,000", 150_000),
        ("12,34,567.50", 1_234_567.5),
        ("10k", 10_000),
        ("1.5 lakh", 150_000),
        ("2 crore", 20_000_000),
        ("3m", 3_000_000),
        ("twenty", 20),
        ("twenty five", 25),
        ("two thousand five hundred", 2500),
        ("twenty five hundred", 2500),
        ("one lakh", 100_000),
        ("0", 0),
        ("99.99", 99.99),
        ("hundred", 100),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    found = read_number(tokenise(text), 0, lexicon())
    assert found and found[1] and found[1].value == value
    assert found[0] == len(tokenise(text))


@pytest.mark.parametrize("text", ["1,5000", "15,00,00", "1.500", "1.2.3", "two hundred and five", "9" * 30])
def test_numbers_that_could_be_another_are_none(text: str) -> None:
    found = read_number(tokenise(text), 0, lexicon())
    assert found and found[1] is None


def test_stretches_of_the_calendar() -> None:
    sunday = date(2026, 11, 22)
    assert periods.around(sunday, "weeks") == (date(2026, 11, 16), sunday)
    assert periods.previous(sunday, "weeks") == (date(2026, 11, 9), date(2026, 11, 15))
    assert periods.previous(date(2026, 1, 31), "months") == (date(2025, 12, 1), date(2025, 12, 31))
    assert periods.previous(sunday, "quarters") == (date(2026, 7, 1), date(2026, 9, 30))
    assert periods.previous(sunday, "years") == (date(2025, 1, 1), date(2025, 12, 31))
    assert periods.latest_month(sunday, 12)[0] == date(2025, 12, 1)
    assert periods.latest_day(sunday, 2, 29) == date(2024, 2, 29)
    assert periods.latest_day(sunday, 2, 30) is None
