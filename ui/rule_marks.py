"""What is still missing or wrong in a rule tree, node by node, as an editor shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm import rulebook
from crm.fields import ORDER_FIELDS, Field
from crm.rules.behaviours import read_value
from crm.rules.values import Missing, Unreadable, is_blank
from crm.segments import operator_for
from crm.stores.connection import Stores
from ui import rule_kinds, rule_tree
from ui.rule_tree import Node

_UNCHOSEN = {
    "segment": ("segmentId", "Choose a segment."),
    "campaign": ("campaignId", "Choose a campaign."),
    "list": ("listId", "Choose a list, or make a new one."),
    "top": ("n", "Say how many people."),
}
_NO_VALUE = "Finish this condition: it has no value yet."


@dataclass(frozen=True, slots=True)
class Marks:
    """`unfinished`: what a node still needs. `wrong`: what can't be understood. Both by node id."""

    unfinished: Mapping[int, str] = field(default_factory=dict)
    wrong: Mapping[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether the tree can be evaluated as it stands."""
        return not self.unfinished and not self.wrong

    def also_wrong(self, node_id: int, message: str) -> "Marks":
        """The same marks with one more node that can't be evaluated."""
        return Marks(self.unfinished, {**self.wrong, node_id: message})


def marks(stores: Stores, tree: Node, own_id: str | None = None) -> Marks:
    """Every node that keeps the tree from being evaluated here. `own_id` is the segment being edited."""
    unfinished: dict[int, str] = {}
    wrong: dict[int, str] = {}
    fields = rulebook.fields(stores)
    for problem in rulebook.problems(stores, tree, own_id=own_id):
        node = rule_tree.node_at(tree, problem.path)
        hint = _missing(node, ORDER_FIELDS if ".where[" in problem.path else fields)
        if hint:
            unfinished.setdefault(node["id"], hint)
        else:
            wrong.setdefault(node["id"], problem.message)
    return Marks(unfinished, wrong)


def _missing(node: Node, fields: Mapping[str, Field]) -> str:
    """What a half-filled node still needs; an empty text for one that is filled but wrong."""
    kind = str(node.get("type"))
    if rule_tree.is_empty(node):
        return "Add a condition to this group, or remove it."
    if kind in _UNCHOSEN:
        key, hint = _UNCHOSEN[kind]
        if is_blank(node.get(key)):
            return hint
    if kind == "campaign" and is_blank(node.get("state")) and is_blank(node.get("variant")):
        return "Choose a variant."
    if kind == "behaviour":
        return _missing_of_orders(node)
    return _NO_VALUE if kind == "condition" and _has_no_value(node, fields) else ""


def _has_no_value(node: Node, fields: Mapping[str, Field]) -> bool:
    subject = fields.get(str(node.get("field")))
    operator = operator_for(subject, str(node.get("operator"))) if subject else None
    if subject is None or operator is None:
        return False
    try:
        operator.read(subject, node.get("value"))
    except Missing:
        return True
    except Unreadable:
        return False
    return False


def _missing_of_orders(node: Node) -> str:
    within, kind = node.get("within") or {}, rule_kinds.window_kind(node)
    if kind == rule_kinds.BETWEEN_DATES and all(is_blank(within.get(end)) for end in ("from", "to")):
        return "Give a first or a last day, or both."
    if kind == rule_kinds.RECENTLY and any(is_blank(amount) for amount in (within["last"] or {}).values()):
        return "Say how long: the time has no number yet."
    measure = rule_kinds.measure_of(node)
    operator = rule_kinds.measure_operator(measure, str(node.get("operator"))) if measure else None
    if measure is None or operator is None:
        return ""
    try:
        read_value(measure, operator, node.get("value"))
    except Missing:
        return _NO_VALUE
    except Unreadable:
        return ""
    return ""
