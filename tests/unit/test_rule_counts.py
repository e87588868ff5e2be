"""Numbers beside nodes: where they go while the tree is edited."""

from ui import rule_tree
from ui.rule_counts import counts_of

A = rule_tree.condition(2, "age", "greaterThan", 30)
B = rule_tree.condition(3, "city", "equals", "Pune")
TREE = rule_tree.group(1, "AND", [A, B])
MISSES = {"rules": 9, "rules.conditions[0]": 3, "rules.conditions[1]": 0}
NODES = {"rules": 5, "rules.conditions[0]": 20, "rules.conditions[1]": 9}


def counted(tree):
    return dict(counts_of(tree, rule_tree.without_ids(TREE), NODES, outdated=False, misses={}).by_node)


def test_every_node_has_its_number():
    assert counted(TREE) == {1: 5, 2: 20, 3: 9}


def test_a_node_keeps_its_number_where_it_is_moved():
    assert counted(rule_tree.group(7, "OR", [B, rule_tree.group(8, "AND", [A])])) == {3: 9, 2: 20}


def test_what_says_something_else_by_now_has_none():
    assert counted(rule_tree.change(TREE, 2, value=31)) == {3: 9}


def test_a_ranking_and_whom_it_is_of_have_numbers_of_their_own():
    tree = rule_tree.group(1, "AND", [{"id": 4, "type": "top", "n": 2, "by": "age", "of": B}])
    nodes = {"rules.conditions[0]": 2, "rules.conditions[0].of": 9}
    assert counts_of(tree, tree, nodes, outdated=True, misses={}).by_node == {4: 2, 3: 9}


def test_without_numbers_there_is_nothing_to_show():
    assert counts_of(TREE, TREE, {}, outdated=False, misses={}).by_node == {}


def test_who_fails_one_node_alone_stands_beside_it_and_beside_no_other():
    assert counts_of(TREE, TREE, NODES, outdated=False, misses=MISSES).misses == {2: 3}


def test_near_misses_of_other_rules_are_not_shown():
    assert counts_of(TREE, TREE, NODES, outdated=True, misses=MISSES).misses == {}


def test_nothing_in_an_or_is_failed_alone():
    either = rule_tree.group(1, "OR", [A, B])
    misses = {"rules.conditions[0]": 3, "rules.conditions[1]": 3}
    assert counts_of(either, either, NODES, outdated=False, misses=misses).misses == {}
