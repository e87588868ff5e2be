"""The draft of a rule tree: what a stale widget may do to it, undo and redo."""

from itertools import count

import pytest

from ui import rule_tree
from ui.rule_draft import Draft, Expected, edited, redone, undone

ONE = rule_tree.group(1, "AND", [rule_tree.condition(2, "age", "equals", 1)])
TWO = rule_tree.change(ONE, 2, value=2)


def test_a_widget_finds_the_node_it_was_made_for():
    for made_for in (Expected(2), Expected(2, "age"), Expected(2, "age", "equals"), Expected(1)):
        assert made_for.holds(ONE)
        assert made_for.holds(TWO)


@pytest.mark.parametrize(
    ("made_for", "tree"),
    [
        (Expected(2), rule_tree.remove(ONE, 2)),
        (Expected(2, "age"), rule_tree.change(ONE, 2, field="orderCount")),
        (Expected(2, "age", "equals"), rule_tree.change(ONE, 2, operator="lessThan")),
    ],
)
def test_a_widget_whose_node_has_moved_on_finds_nothing(made_for, tree):
    assert not made_for.holds(tree)


def test_a_widget_is_named_by_what_it_expects():
    assert Expected(2).key("field") == "field-2"
    assert Expected(2, "age", "equals").key("value") == "value-2-age-equals"


def test_an_edit_is_a_step_and_no_edit_is_none():
    draft = Draft(ONE)
    assert edited(draft, ONE) is draft
    assert edited(draft, TWO) == Draft(TWO, (ONE,))


def test_undo_and_redo_bring_trees_back_with_fresh_ids():
    ids = count(100)
    back = undone(edited(Draft(ONE), TWO), ids)
    assert rule_tree.without_ids(back.tree) == rule_tree.without_ids(ONE)
    assert [node["id"] for node in rule_tree.nodes(back.tree)] == [100, 101]
    forth = redone(back, ids)
    assert rule_tree.without_ids(forth.tree) == rule_tree.without_ids(TWO)
    assert undone(Draft(ONE), ids) == redone(Draft(ONE), ids) == Draft(ONE)


def test_an_edit_after_an_undo_ends_what_could_be_redone():
    back = undone(edited(Draft(ONE), TWO), count(100))
    assert edited(back, TWO).future == ()


def test_the_past_is_long_but_not_endless():
    draft = Draft(ONE)
    for number in range(150):
        draft = edited(draft, rule_tree.change(draft.tree, 2, value=-number))
    assert len(draft.past) == 100


def test_a_widget_for_the_time_of_orders_expects_the_kind_of_time_it_was_made_for():
    tree = {"id": 1, "type": "behaviour", "measure": "count", "operator": "equals", "within": {"last": {}}}
    assert Expected(1, window="last").holds(tree)
    assert not Expected(1, window="dates").holds(tree)
    assert Expected(1, "count", "equals").holds(tree)
    assert not Expected(1, "sum").holds(tree)
