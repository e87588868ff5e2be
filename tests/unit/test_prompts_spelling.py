"""Misspelt words: put right where one word was meant, said each time, asked about otherwise."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.prompts import Answer, understand
from tests.prompt_trees import VALUES, brief

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def ask(text: str) -> Answer:
    return understand(text, now=NOW, zone=ZoneInfo("UTC"), values=VALUES)


@pytest.mark.parametrize(
    ("prompt", "tree", "said"),
    [
        ("custmers from Pune", "city equals Pune", "“custmers” is read as “customers”."),
        ("from Mumbay", "city equals Mumbai", "“Mumbay” is read as “mumbai”."),
        ("orderd in the last 6 monhts", "lastOrdered inTheLast 6 months", "“orderd” is read as “ordered”."),
        ("bought Parfume", "count greaterThanOrEqual 1 product equals Perfume",
         "“Parfume” is read as “perfume”."),
        ("signed up in Novmber 2025",
         "(accountCreated greaterThanOrEqual 2025-11-01 AND accountCreated before 2025-12-01)",
         "“Novmber” is read as “november”."),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_put_right_and_that_is_said(prompt: str, tree: str, said: str) -> None:
    answer = ask(prompt)
    assert answer.rules, answer.message
    assert brief(answer.rules) == tree
    assert said in answer.assumptions


@pytest.mark.parametrize(
    "prompt",
    [
        "nto vip",  # a negation
        "vip adn gold",  # a connective
        "spent ovr 1000",  # a comparison
        "more than 3 oders or vip nto",
        "thre orders or more",  # a number
        "from Gao",  # too short to tell
        "omen over 30",  # men, or women
        "delte all customers",  # an order
        "from Springfield",
        "spent exactyl 100",
    ],
)
def test_words_that_carry_the_sense_are_never_guessed(prompt: str) -> None:
    assert ask(prompt).kind != "segment"


def test_text_that_is_to_be_found_as_written_is_left_alone() -> None:
    answer = ask("named Pryia from Pune")
    assert answer.rules and brief(answer.rules) == "(name contains Pryia AND city equals Pune)"


def test_a_domain_one_letter_off_a_usual_one_is_taken_as_it_stands_and_that_is_said() -> None:
    answer = ask("with gmial.com addresses")
    assert answer.rules and brief(answer.rules) == "email endsWith @gmial.com"
    assert any("gmail.com" in sentence for sentence in answer.assumptions)
    assert not ask("with gmail.com addresses").assumptions
