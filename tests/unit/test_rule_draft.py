"""The draft of a rule tree: what a stale widget may do to it, undo and redo."""

from itertools import count

from ui import rule_tree
from ui.rule_draft import Draft, Expected, edited, expected, redone, undone

ONE = rule_tree.group(1, "AND", [rule_tree.condition(2, "age", "equals", 1)])
TWO = rule_tree.change(ONE, 2, value=2)


def test_a_widget_finds_the_node_it_was_made_for():
    assert expected(ONE["conditions"][0]).holds(TWO)
    assert expected(ONE).holds(TWO)


def test_a_widget_whose_node_is_gone_or_has_changed_finds_nothing():
    made_for = expected(ONE["conditions"][0])
    assert not made_for.holds(rule_tree.remove(ONE, 2))
    assert not made_for.holds(rule_tree.change(ONE, 2, operator="lessThan"))
    assert not made_for.holds(rule_tree.change(ONE, 2, field="orderCount"))
    assert not Expected(1, None, "OR").holds(ONE)


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
