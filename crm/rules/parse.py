"""From JSON to a rule and back. Whatever can't be understood is refused, with the path of the bad node."""

import copy
import difflib
import math
from collections.abc import Mapping
from typing import Any

from crm.errors import InvalidRule
from crm.fields import Field
from crm.rules.nodes import Absent, Condition, Everyone, Group, Join, NodeId, Rule
from crm.rules.operators import NAMES, Operator, operator_for, operators_for
from crm.rules.values import Unreadable, is_blank, shown

ROOT = "rules"
MAX_DEPTH = 50
MAX_NODES = 2_000
MAX_WEIGHT = 1_000_000  # characters and list items of all values together: well within 16 MB of BSON
_MAX_ID = 2**53
_MAX_ID_LENGTH = 100
_KEYS = {
    "group": frozenset({"id", "type", "operator", "conditions"}),
    "condition": frozenset({"id", "type", "field", "operator", "value"}),
    "everyone": frozenset({"id", "type"}),
}


class _TooMuch(Exception):
    """The tree is larger than anything worth reading on."""


def read(tree: object, fields: Mapping[str, Field]) -> tuple[Rule | None, list[InvalidRule]]:
    """The rule, None if any node is bad, and every bad node in the tree's order."""
    reader = _Reader(fields)
    try:
        rule = reader.node(tree, ROOT, 1)
    except _TooMuch:
        rule = None
    return (None if reader.problems else rule), reader.problems


class _Reader:
    """One walk over a tree, collecting what is wrong with it. It never goes deeper than MAX_DEPTH."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.problems: list[InvalidRule] = []
        self._fields = fields
        self._nodes = 0
        self._weight = 0

    def node(self, tree: object, path: str, depth: int) -> Rule | None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(path, f"The rule has more than {MAX_NODES:,} conditions and groups.")
            raise _TooMuch
        if depth > MAX_DEPTH:
            return self._refuse(path, f"The rule is nested more than {MAX_DEPTH} levels deep.")
        if not isinstance(tree, dict):
            return self._refuse(path, "A condition, a group or everyone is needed here, as an object.")
        kind = tree.get("type")
        if not isinstance(kind, str) or kind not in _KEYS:
            return self._refuse(f"{path}.type", f"The type is one of {', '.join(_KEYS)}{_not(kind)}.")
        if unknown := [key for key in tree if key not in _KEYS[kind]]:
            return self._refuse(path, f"A node of type {kind} has no key {shown(str(unknown[0]))}.")
        node_id = self._id(tree, path)
        match kind:
            case "group":
                return self._group(tree, path, depth, node_id)
            case "condition":
                return self._condition(tree, path, node_id)
            case _:
                return Everyone(node_id)

    def _group(self, tree: dict[str, Any], path: str, depth: int, node_id: NodeId) -> Rule | None:
        operator, nodes = tree.get("operator"), tree.get("conditions")
        join = Join(operator) if isinstance(operator, str) and operator in tuple(Join) else None
        if join is None:
            self._refuse(f"{path}.operator", f"A group's operator is AND, OR or NOT{_not(operator)}.")
        if not isinstance(nodes, list):
            return self._refuse(f"{path}.conditions", "A group needs a list of conditions.")
        if not nodes:
            return self._refuse(f"{path}.conditions", "The group is empty: add a condition or remove it.")
        rules = [self.node(each, f"{path}.conditions[{i}]", depth + 1) for i, each in enumerate(nodes)]
        whole = tuple(rule for rule in rules if rule is not None)
        return Group(join, whole, node_id) if join and len(whole) == len(rules) else None

    def _condition(self, tree: dict[str, Any], path: str, node_id: NodeId) -> Rule | None:
        field = self._field(tree.get("field"), path)
        operator = self._operator(tree.get("operator"), field, path)
        if field is None or operator is None:
            return None
        raw = tree.get("value", Absent.ABSENT)
        try:
            value = operator.read(field, None if raw is Absent.ABSENT else raw)
        except Unreadable as error:
            return self._refuse(f"{path}.value", error.reason)
        self._weight += _weight(raw)
        if self._weight > MAX_WEIGHT:
            self._refuse(f"{path}.value", "The values of this rule are too long, all together.")
            raise _TooMuch
        return Condition(field, operator, value, copy.deepcopy(raw), node_id)

    def _field(self, name: object, path: str) -> Field | None:
        if isinstance(name, str) and name in self._fields:
            return self._fields[name]
        if is_blank(name):
            return self._refuse(f"{path}.field", "A field is missing.")
        if not isinstance(name, str):
            return self._refuse(f"{path}.field", "A field is named by text.")
        close = difflib.get_close_matches(name[:40], self._fields, n=1)
        hint = f" Is it {close[0]}?" if close else ""
        return self._refuse(f"{path}.field", f"There is no field {shown(name)}.{hint}")

    def _operator(self, name: object, field: Field | None, path: str) -> Operator | None:
        path = f"{path}.operator"
        if is_blank(name):
            return self._refuse(path, "An operator is missing.")
        if not isinstance(name, str):
            return self._refuse(path, "An operator is named by text.")
        if name not in NAMES:
            return self._refuse(path, f"There is no operator {shown(name)}.")
        if field is None:
            return None
        found = operator_for(field, name)
        if found is None:
            names = ", ".join(row.name for row in operators_for(field))
            return self._refuse(path, f"The field {field.name} ({field.type}) takes {names}{_not(name)}.")
        return found

    def _id(self, tree: dict[str, Any], path: str) -> NodeId:
        if "id" not in tree:
            return None
        match tree["id"]:
            case bool():
                pass
            case int() | float() as number if math.isfinite(number) and abs(number) <= _MAX_ID:
                return number
            case str() as text if len(text) <= _MAX_ID_LENGTH and text.isprintable():
                return text
        return self._refuse(f"{path}.id", "An id is a number or a short text.")

    def _refuse(self, path: str, reason: str) -> Any:
        """Note a bad node. Gives None, which then stands for what could not be read."""
        self.problems.append(InvalidRule(path, reason))


def dump(rule: Rule) -> dict[str, Any]:
    """The JSON that the rule was parsed from."""
    match rule:
        case Everyone(node_id):
            node: dict[str, Any] = {"type": "everyone"}
        case Group(join, rules, node_id):
            node = {"type": "group", "operator": str(join), "conditions": [dump(each) for each in rules]}
        case Condition(field, operator, _, raw, node_id):
            node = {"type": "condition", "field": field.name, "operator": operator.name}
            if raw is not Absent.ABSENT:
                node["value"] = copy.deepcopy(raw)
    return node if node_id is None else {"id": node_id, **node}


def _weight(raw: object) -> int:
    match raw:
        case str():
            return len(raw)
        case list():
            return sum(_weight(item) for item in raw)
        case _:
            return 8


def _not(given: object) -> str:
    return f", not {shown(given)}" if isinstance(given, str) and given.strip() else ""
