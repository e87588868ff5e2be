"""What is still missing or wrong in a rule tree, node by node, as an editor shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm import segments
from crm.fields import FIELDS
from crm.rules.values import Missing, Unreadable
from crm.segments import operator_for
from ui import rule_tree
from ui.rule_tree import Node


@dataclass(frozen=True, slots=True)
class Marks:
    """`unfinished`: what a node still needs. `wrong`: what can't be understood. Both by node id."""

    unfinished: Mapping[int, str] = field(default_factory=dict)
    wrong: Mapping[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether the tree can be evaluated as it stands."""
        return not self.unfinished and not self.wrong


def marks(tree: Node) -> Marks:
    """Every node that keeps the tree from being evaluated."""
    unfinished: dict[int, str] = {}
    wrong: dict[int, str] = {}
    for problem in segments.problems(tree):
        node = rule_tree.node_at(tree, problem.path)
        hint = _missing(node)
        if hint:
            unfinished.setdefault(node["id"], hint)
        else:
            wrong.setdefault(node["id"], problem.message)
    return Marks(unfinished, wrong)


def _missing(node: Node) -> str:
    """What a half-filled node still needs; an empty text for one that is filled but wrong."""
    if rule_tree.is_empty(node):
        return "Add a condition to this group, or remove it."
    if node.get("type") != "condition":
        return ""
    subject = FIELDS.get(str(node.get("field")))
    operator = operator_for(subject, str(node.get("operator"))) if subject else None
    if subject is None or operator is None:
        return ""
    try:
        operator.read(subject, node.get("value"))
    except Missing:
        return "Finish this condition: it has no value yet."
    except Unreadable:
        return ""
    return ""
