"""What keeps a tree from being evaluated, node by node."""

from ui import rule_tree
from ui.rule_marks import Marks

TREE = rule_tree.group(
    1, "AND",
    [rule_tree.condition(2, "city", "equals", "Pune"), rule_tree.group(3, "OR", [rule_tree.everyone(4)])],
)  # fmt: skip


def test_what_fails_while_it_is_counted_is_marked_at_the_node_of_its_path():
    at = rule_tree.node_at(TREE, "rules.conditions[1].conditions[0]")["id"]
    marks = Marks(wrong={2: "no such city"}).also_wrong(at, "This is gone.")
    assert marks.wrong == {2: "no such city", 4: "This is gone."}
    assert not marks.complete
