"""Numbers beside nodes: where they go while the tree is edited."""

from ui import rule_tree
from ui.rule_counts import counts_of

A = rule_tree.condition(2, "age", "greaterThan", 30)
B = rule_tree.condition(3, "city", "equals", "Pune")
TREE = rule_tree.group(1, "AND", [A, B])
NODES = {"rules": 5, "rules.conditions[0]": 20, "rules.conditions[1]": 9}


def counted(tree):
    return dict(counts_of(tree, rule_tree.without_ids(TREE), NODES, outdated=False).by_node)


def test_every_node_has_its_number():
    assert counted(TREE) == {1: 5, 2: 20, 3: 9}


def test_a_node_keeps_its_number_where_it_is_moved():
    assert counted(rule_tree.group(7, "OR", [B, rule_tree.group(8, "AND", [A])])) == {3: 9, 2: 20}


def test_what_says_something_else_by_now_has_none():
    assert counted(rule_tree.change(TREE, 2, value=31)) == {3: 9}


def test_a_ranking_and_whom_it_is_of_have_numbers_of_their_own():
    tree = rule_tree.group(1, "AND", [{"id": 4, "type": "top", "n": 2, "by": "age", "of": B}])
    nodes = {"rules.conditions[0]": 2, "rules.conditions[0].of": 9}
    assert counts_of(tree, tree, nodes, outdated=True).by_node == {4: 2, 3: 9}


def test_without_numbers_there_is_nothing_to_show():
    assert counts_of(TREE, TREE, {}, outdated=False).by_node == {}
