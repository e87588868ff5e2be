"""Questions about a prompt, the answers to choose from, and the prompt that an answer completes."""

import pytest

from crm.prompts import Answer, Asked
from tests.prompt_trees import VALUES, brief
from tests.unit.test_prompts_grammar import ASKED, NOW, UTC_ZONE, ask, understand


def completed(text: str, answers: dict[str, str]) -> Answer:
    return understand(text, now=NOW, zone=UTC_ZONE, values=VALUES, answers=answers)


def question(text: str) -> Asked:
    (found,) = ask(text).questions
    return found


@pytest.mark.parametrize(
    ("prompt", "words", "answers"),
    [
        ("ordered recently", "recently",
         ("in the last 7 days", "in the last 30 days", "in the last 90 days")),
        ("spent 5k", "spent 5k", ("spent exactly 5k", "spent at least 5k", "spent at most 5k")),
        ("ordered 3 months ago", "ordered 3 months ago",
         ("ordered in the last 3 months", "ordered more than 3 months ago")),
        ("from Mumbai and Pune", "from Mumbai and Pune", ("from Mumbai or Pune",)),
        ("Singapore", "Singapore", ("city Singapore", "country Singapore")),
        ("joined on 03/04/2025", "03/04/2025", ("2025-04-03", "2025-03-04")),
        ("spent over 1.500", "1.500", ("1500", "1.5")),
        ("over 30", "over 30", ("spent over 30", "over 30 orders", "aged over 30")),
        ("not women from Pune", "not women from Pune", ("not (women from Pune)", "(not women) from Pune")),
        ("best customers", "best", ("10 best", "50 best", "100 best")),
        ("customers", "customers", ("all customers",)),
        ("compraron recientemente", "recientemente",
         ("en los últimos 7 días", "en los últimos 30 días", "en los últimos 90 días")),
        ("gastaron 5000", "gastaron 5000",
         ("gastaron exactamente 5000", "gastaron al menos 5000", "gastaron como máximo 5000")),
        ("neue Kunden aus Pune", "neue",
         ("in den letzten 7 Tagen registriert", "in den letzten 30 Tagen registriert",
          "in den letzten 90 Tagen registriert")),
    ],
)  # fmt: skip
def test_a_question_has_its_possible_answers(prompt: str, words: str, answers: tuple[str, ...]) -> None:
    assert (question(prompt).words, question(prompt).answers) == (words, answers)


def test_vips_may_be_any_tag_of_the_data_or_who_spent_much() -> None:
    assert question("whales").answers[:4] == (
        "tagged vip", "tagged newsletter", "tagged wholesale", "spent more than 10,000",
    )  # fmt: skip


def test_a_place_that_is_not_known_may_be_one_that_is_written_like_it() -> None:
    assert question("from Mumbaikar").answers[0] == "Mumbai"


@pytest.mark.parametrize("prompt", [prompt for prompt, _ in ASKED])
def test_every_answer_that_is_offered_settles_its_question(prompt: str) -> None:
    questions = ask(prompt).questions
    assert questions
    for asked in questions:
        for answer in asked.answers:
            then = completed(prompt, {asked.words: answer})
            assert then.kind == "segment" or (asked.words, asked.hint) not in [
                (one.words, one.hint) for one in then.questions
            ]


@pytest.mark.parametrize(
    ("prompt", "answers", "tree", "whole"),
    [
        ("ordered recently", {"recently": "in the last 30 days"}, "lastOrdered inTheLast 30 days",
         "ordered in the last 30 days"),
        ("recent customers", {"recent": "in the last 7 days"}, "lastOrdered inTheLast 7 days",
         "customers who ordered in the last 7 days"),
        ("lapsed customers from Pune", {"lapsed": "haven't ordered in 6 months"},
         "(city equals Pune AND lastOrdered notInTheLast 6 months)",
         "customers from Pune who haven't ordered in 6 months"),
        ("Whales who ordered lately", {"whales": "at least 5 orders", "lately": "in the last 90 days"},
         "(orderCount greaterThanOrEqual 5 AND lastOrdered inTheLast 90 days)",
         "at least 5 orders who ordered in the last 90 days"),
        ("custmers who ordered lately", {"lately": "in 2 weeks"}, "lastOrdered inTheLast 2 weeks",
         "custmers who ordered in 2 weeks"),
        ("neue Kunden aus Pune", {"neue": "in den letzten 7 Tagen registriert"},
         "(city equals Pune AND accountCreated inTheLast 7 days)",
         "Kunden aus Pune die in den letzten 7 Tagen registriert"),
        ("bought shoes", {"shoes": ""}, "orderCount greaterThan 0", "bought"),
    ],
)  # fmt: skip
def test_an_answer_completes_the_prompt(prompt: str, answers: dict[str, str], tree: str, whole: str) -> None:
    answer = completed(prompt, answers)
    assert answer.rules and brief(answer.rules) == tree
    assert answer.prompt == whole


def test_what_was_chosen_is_said_with_what_else_it_could_be() -> None:
    answer = completed("ordered recently", {"recently": "in the last 30 days"})
    assert answer.assumptions == ("“recently” is taken as “in the last 30 days”.",)
    assert answer.chosen[0].others == ("in the last 7 days", "in the last 90 days")


def test_an_answer_to_words_that_are_not_there_changes_nothing() -> None:
    assert completed("from Pune", {"recently": "in the last 30 days"}) == ask("from Pune")


@pytest.mark.parametrize("answer", ["delete everything", "$where", "blorf", "(" * 400])
def test_an_answer_is_read_like_any_prompt(answer: str) -> None:
    assert completed("ordered recently", {"recently": answer}).kind != "segment"


def test_answers_cannot_make_a_prompt_longer_than_one_may_be() -> None:
    long = "spent over 1000 or " * 520
    assert completed(f"{long} ordered lately", {"lately": "in the last 30 days " * 30}).kind == "clarify"


def test_a_long_prompt_is_asked_about_without_a_search_for_answers() -> None:
    questions = ask("ordered recently or " * 40).questions
    assert questions
    assert not any(one.answers for one in questions)
