"""Prompts that were misunderstood, written down for the set that the grammar is scored on."""

import json
from typing import Any

import pytest

from crm.prompt_cases import case
from tests.accuracy.score import HELD, TUNED, cases, who
from tests.accuracy.trees import tree
from tests.unit.test_prompts_grammar import ask

TREES = [
    one
    for path in (TUNED, HELD)
    for one in cases(path)
    if one.meant not in ("ask", "refuse") and not one.meant.startswith("name ")
]


@pytest.mark.parametrize("given", TREES, ids=lambda given: given.prompt)
def test_a_case_reads_back_as_the_tree_that_was_meant(given: Any) -> None:
    found = case(given.prompt, None, tree(given.meant))
    prompt, _, meant = found["line"].partition(" => ")
    assert prompt == given.prompt
    assert who(tree(meant)) == who(tree(given.meant))


def test_what_the_grammar_makes_can_be_written_down() -> None:
    offered, meant = ask("from Pune or vip").rules, ask("from Pune who are vip").rules
    assert offered and meant
    found = case("Pune  VIPs", offered, meant)
    assert found["line"] == "Pune VIPs => city = Pune & tags any vip"
    assert found["offered"]["operator"] == "OR"
    assert '"id"' not in json.dumps(found)


def test_nothing_of_a_customer_is_in_a_case() -> None:
    meant = {"type": "group", "operator": "AND", "conditions": [
        {"type": "condition", "field": "name", "operator": "contains", "value": "Priya"},
        {"type": "condition", "field": "email", "operator": "equals", "value": "priya@shop.example"},
        {"type": "segment", "segmentId": "64b0", "in": True},
    ]}  # fmt: skip
    found = case("named PRIYA, priya@shop.example or 98 7654 3210", None, meant)
    said = json.dumps(found).casefold()
    assert all(private not in said for private in ("priya", "shop.example", "3210", "64b0"))
    assert found["line"] is None  # the notation has no words for a segment
    assert meant["conditions"][0]["value"] == "Priya"


def test_a_value_that_the_notation_would_read_otherwise_is_kept_as_json_alone() -> None:
    meant = {"type": "condition", "field": "city", "operator": "equals", "value": "A & B"}
    assert case("x", None, meant)["line"] is None
