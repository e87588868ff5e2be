"""Follow-ups: prompts that take up the rules that stand there."""

from typing import Any

import pytest

from crm import alternatives
from crm.grammar.turns import turn
from crm.prompts import Answer
from tests.prompt_trees import VALUES, brief
from tests.unit.test_prompts_grammar import NOW, UTC_ZONE, ask, understand

BASE = "customers from Mumbai or Delhi who ordered in the last 30 days and spent over 1000"
CITY = "city in Mumbai/Delhi"
TIME = "lastOrdered inTheLast 30 days"
SPENT = "totalSpent greaterThan 1000"


def rules(prompt: str) -> dict[str, Any]:
    found = ask(prompt).rules
    assert found
    return found


def follow(text: str, base: str = BASE, answers: dict[str, str] | None = None) -> Answer:
    return understand(text, now=NOW, zone=UTC_ZONE, values=VALUES, current=rules(base), answers=answers)


def tree(*parts: str) -> str:
    return f"({' AND '.join(parts)})"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("only women", tree(CITY, TIME, SPENT, "gender equals female")),
        ("Only those in Delhi.", tree("city equals Delhi", TIME, SPENT)),
        ("only those with at least 3 orders", tree(CITY, TIME, SPENT, "orderCount greaterThanOrEqual 3")),
        ("make it 90 days", tree(CITY, "lastOrdered inTheLast 90 days", SPENT)),
        ("change 30 days to 6 months", tree(CITY, "lastOrdered inTheLast 6 months", SPENT)),
        ("but not Delhi", tree("city equals Mumbai", TIME, SPENT)),
        ("without vip", tree(CITY, TIME, SPENT, "tags containsNone vip")),
        ("without a phone number", tree(CITY, TIME, SPENT, "phone isNotSet")),
        ("exclude those with over 10 orders", tree(CITY, TIME, SPENT, "NOT(orderCount greaterThan 10)")),
        ("also in Pune", tree("city in Mumbai/Delhi/Pune", TIME, SPENT)),
        ("also those who never ordered", f"({tree(CITY, TIME, SPENT)} OR orderCount equals 0)"),
        ("more than 5000 instead", tree(CITY, TIME, "totalSpent greaterThan 5000")),
        ("make it ₹5,000", tree(CITY, TIME, "totalSpent greaterThan 5000")),
        ("spent at least 5000 instead", tree(CITY, TIME, "totalSpent greaterThanOrEqual 5000")),
        ("Pune instead", tree("city equals Pune", TIME, SPENT)),
        ("remove the city condition", tree(TIME, SPENT)),
        ("remove Delhi", tree("city equals Mumbai", TIME, SPENT)),
        ("any city", tree(TIME, SPENT)),
        ("solo los de Delhi", tree("city equals Delhi", TIME, SPENT)),
        ("cámbialo a 90 días", tree(CITY, "lastOrdered inTheLast 90 days", SPENT)),
        ("pero no Delhi", tree("city equals Mumbai", TIME, SPENT)),
        ("también los de Pune", tree("city in Mumbai/Delhi/Pune", TIME, SPENT)),
        ("más de 5000 en su lugar", tree(CITY, TIME, "totalSpent greaterThan 5000")),
        ("quita la ciudad", tree(TIME, SPENT)),
        ("nur die aus Delhi", tree("city equals Delhi", TIME, SPENT)),
        ("mach daraus 90 Tage", tree(CITY, "lastOrdered inTheLast 90 days", SPENT)),
        ("aber nicht Delhi", tree("city equals Mumbai", TIME, SPENT)),
        ("auch die aus Pune", tree("city in Mumbai/Delhi/Pune", TIME, SPENT)),
        ("mehr als 5000 stattdessen", tree(CITY, TIME, "totalSpent greaterThan 5000")),
        ("entferne die Stadt", tree(TIME, SPENT)),
        ("sirf Delhi wale", tree("city equals Delhi", TIME, SPENT)),
        ("90 din kar do", tree(CITY, "lastOrdered inTheLast 90 days", SPENT)),
        ("lekin Delhi nahi", tree("city equals Mumbai", TIME, SPENT)),
        ("Pune wale bhi", tree("city in Mumbai/Delhi/Pune", TIME, SPENT)),
        ("city ki condition hata do", tree(TIME, SPENT)),
    ],
)
def test_a_follow_up_changes_the_rules_that_stand_there(prompt: str, expected: str) -> None:
    answer = follow(prompt)
    assert answer.rules and brief(answer.rules) == expected
    assert answer.turn and answer.changed


@pytest.mark.parametrize(
    ("base", "prompt", "expected"),
    [
        ("top 50 by spend", "make it 100", "top 100 by totalSpent desc of everyone"),
        ("everyone", "only those in Pune", "city equals Pune"),
        ("everyone", "but not vip", "tags containsNone vip"),
        ("from Pune or vip", "also gold",
         "(city equals Pune OR tags containsAny vip OR tags containsAny gold)"),
        ("from Pune or vip", "only women",
         "((city equals Pune OR tags containsAny vip) AND gender equals female)"),
        ("from Pune or vip", "remove the tag", "city equals Pune"),
        ("bought Mug at least twice in 60 days", "make it 90 days",
         "count greaterThanOrEqual 2 product equals Mug 90 days"),
        ("bought Mug at least twice in 60 days", "at least 3 times instead",
         "count greaterThanOrEqual 3 product equals Mug 60 days"),
        ("spent between 10 and 20", "at least 50 instead", "totalSpent greaterThanOrEqual 50"),
        ("from Pune", "but not Pune", "city notEquals Pune"),
    ],
)  # fmt: skip
def test_a_follow_up_fits_into_whatever_stands_there(base: str, prompt: str, expected: str) -> None:
    answer = follow(prompt, base)
    assert answer.rules and brief(answer.rules) == expected


LAST_YEAR = "2025-01-01..2025-12-31T23:59:59.999"

ORDERED_LAST_YEAR = f"count greaterThanOrEqual 1 {LAST_YEAR}"


def within(field: str, first: str, end: str) -> str:
    return f"{field} greaterThanOrEqual {first} AND {field} before {end}"


@pytest.mark.parametrize(
    ("base", "prompt", "expected"),
    [
        ("signed up this month", "make it last year",
         f"({within('accountCreated', '2025-01-01', '2026-01-01')})"),
        ("signed up last year", "this month instead",
         f"({within('accountCreated', '2026-11-01', '2026-12-01')})"),
        ("signed up this month", "make it 90 days", "accountCreated inTheLast 90 days"),
        ("ordered in the last 30 days", "make it this month",
         f"({within('lastOrdered', '2026-11-01', '2026-12-01')})"),
        ("ordered in the last 30 days", "make it last year", ORDERED_LAST_YEAR),
        ("ordered in the last 30 days", "make it ordered last year", ORDERED_LAST_YEAR),
        ("ordered in the last 30 days", "mach daraus letztes Jahr", ORDERED_LAST_YEAR),
        ("ordered in the last 30 days", "spent over 5000 last year instead",
         f"(lastOrdered inTheLast 30 days AND sum greaterThan 5000 {LAST_YEAR})"),
        ("haven't ordered in 6 months", "make it last year", f"count equals 0 {LAST_YEAR}"),
        ("bought Mug at least twice in 60 days", "make it last year",
         f"count greaterThanOrEqual 2 product equals Mug {LAST_YEAR}"),
        ("last active in the last 30 days", "make it last year",
         f"({within('lastActive', '2025-01-01', '2026-01-01')})"),
        ("not (signed up this month)", "make it last year",
         f"NOT(({within('accountCreated', '2025-01-01', '2026-01-01')}))"),
        ("ordered in the last 30 days and signed up this month", "change this month to last year",
         f"(lastOrdered inTheLast 30 days AND {within('accountCreated', '2025-01-01', '2026-01-01')})"),
    ],
)  # fmt: skip
def test_the_one_time_condition_takes_another_time(base: str, prompt: str, expected: str) -> None:
    answer = follow(prompt, base)
    assert answer.rules, answer.message
    assert brief(answer.rules) == expected


def test_that_orders_are_looked_at_and_no_longer_the_last_one_is_said() -> None:
    assert "all orders of that time" in follow("make it last year", "ordered in 30 days").assumptions[-1]


@pytest.mark.parametrize(
    ("base", "answers"),
    [
        ("ordered in 30 days and signed up this month", ("ordered last year", "signed up last year")),
        ("birthday in March and ordered in 30 days", ("ordered last year",)),
        ("birthday in March", ("ordered last year", "signed up last year", "last active last year")),
    ],
)
def test_which_time_is_meant_is_asked_where_there_is_not_one(base: str, answers: tuple[str, ...]) -> None:
    answer = follow("make it last year", base)
    assert answer.kind == "clarify"
    assert answer.questions[0].answers == answers


@pytest.mark.parametrize("prompt", ["undo", "Undo that.", "deshacer", "rückgängig", "wapas karo"])
def test_undo_asks_for_the_rules_before(prompt: str) -> None:
    assert follow(prompt).kind == "undo"


def test_what_changed_is_said_in_a_line_each() -> None:
    assert follow("make it 90 days").changed == (
        "Was “ordered in the last 30 days”, is “ordered in the last 90 days”.",
    )
    assert follow("only women").changed == ("Added “are female”.",)
    assert follow("remove the city condition").changed == ("Took out “live in Mumbai or Delhi”.",)
    assert follow("only those who spent over 1000").changed == (
        "That changes nothing: it stood there already.",
    )


def test_a_value_that_takes_the_place_of_others_is_said() -> None:
    answer = follow("only those in Pune")
    assert answer.rules and brief(answer.rules) == tree("city equals Pune", TIME, SPENT)
    assert answer.assumptions == ("“Pune” takes the place of “Mumbai or Delhi”.",)


def test_a_change_has_starting_anew_beside_it_and_a_new_prompt_the_change() -> None:
    (anew,) = follow("only women").alternatives
    assert (anew.label, brief(anew.rules)) == (alternatives.START_ANEW, "gender equals female")
    (narrower,) = follow("women").alternatives
    assert narrower.label == alternatives.NARROW
    assert brief(narrower.rules) == tree(CITY, TIME, SPENT, "gender equals female")


@pytest.mark.parametrize("prompt", ["remove all customers", "delete everything", "remove", "but delete them"])
def test_an_order_is_no_follow_up(prompt: str) -> None:
    assert follow(prompt).kind != "segment"


def test_nothing_is_taken_out_that_leaves_nobody_chosen() -> None:
    answer = follow("remove the city", "from Pune")
    assert answer.kind == "clarify"
    assert "All customers" in answer.message


def test_two_times_are_asked_about_and_can_be_told_apart() -> None:
    base = "ordered in the last 30 days and signed up in the last 60 days"
    asked = follow("make it 90 days", base)
    assert asked.questions[0].answers == ("ordered in the last 90 days", "signed up in the last 90 days")
    answer = follow("make it 90 days", base, {"90 days": "signed up in the last 90 days"})
    assert answer.rules
    assert brief(answer.rules) == "(lastOrdered inTheLast 30 days AND accountCreated inTheLast 90 days)"
    told = follow("change 60 days to 90 days", base)
    assert told.rules and told.rules["conditions"] == answer.rules["conditions"]


def test_a_question_about_a_follow_up_is_answered_like_any_other() -> None:
    answer = follow("only those who ordered recently", "from Pune", {"recently": "in the last 7 days"})
    assert answer.rules and brief(answer.rules) == "(city equals Pune AND lastOrdered inTheLast 7 days)"


@pytest.mark.parametrize(
    "prompt", ["", "😀", "x", "only", "but not", "make it", "only 😀", "also …", "instead", "not but"]
)
def test_next_to_nothing_changes_nothing(prompt: str) -> None:
    assert follow(prompt).kind == "clarify"


def test_without_rules_that_stand_there_nothing_is_a_follow_up() -> None:
    assert not ask("from Pune").turn
    assert ask("undo").kind == "clarify"


@pytest.mark.parametrize("prompt", ["from Pune", "who bought Mug", "never ordered", "top 50", "women"])
def test_a_prompt_of_its_own_is_no_follow_up(prompt: str) -> None:
    assert turn(prompt, "english") is None
