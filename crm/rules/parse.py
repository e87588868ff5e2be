"""From JSON to a rule and back. Whatever can't be understood is refused, with the path of the bad node."""

import copy
import difflib
import math
from collections.abc import Mapping
from typing import Any

from crm.errors import InvalidRule
from crm.fields import NUMERIC, ORDER_FIELDS, Field, FieldType
from crm.rules.behaviours import measure_operators, read_value, read_window
from crm.rules.nodes import (
    ROOT,
    Absent,
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Measure,
    NodeId,
    Rule,
    Top,
)
from crm.rules.operators import NAMES, Operator, operator_for, operators_for
from crm.rules.references import References
from crm.rules.values import Unreadable, is_blank, shown

MAX_DEPTH = 50
MAX_NODES = 2_000
MAX_WEIGHT = 1_000_000  # characters and list items of all values together: well within 16 MB of BSON
MAX_TOP = 100_000_000
MAX_WHERE = 20
_MAX_ID = 2**53
_MAX_ID_LENGTH = 100
_KEYS = {
    "group": frozenset({"id", "type", "operator", "conditions"}),
    "condition": frozenset({"id", "type", "field", "operator", "value"}),
    "everyone": frozenset({"id", "type"}),
    "behaviour": frozenset({"id", "type", "measure", "where", "within", "operator", "value"}),
    "top": frozenset({"id", "type", "n", "by", "direction", "of"}),
    "segment": frozenset({"id", "type", "segmentId", "in"}),
    "campaign": frozenset({"id", "type", "campaignId", "state", "variant"}),
    "list": frozenset({"id", "type", "listId", "in"}),
}
KINDS = tuple(_KEYS)
_OF_ORDERS = frozenset({"type", "id", "field", "operator", "value"})
_STATES = ("sent", "failed", "skipped")


class _TooMuch(Exception):
    """The tree is larger than anything worth reading on."""


def read(
    tree: object, fields: Mapping[str, Field], references: References, own_id: str | None
) -> tuple[Rule | None, list[InvalidRule]]:
    """The rule, None if any node is bad, and every bad node in the tree's order.

    `own_id` is that of the segment whose tree this is: nothing it refers to may lead back to it.
    """
    reader = _Reader(fields, references, own_id)
    try:
        rule = reader.node(tree, ROOT, 1)
    except _TooMuch:
        rule = None
    return (None if reader.problems else rule), reader.problems


class _Reader:
    """One walk over a tree, collecting what is wrong with it. It never goes deeper than MAX_DEPTH."""

    def __init__(self, fields: Mapping[str, Field], references: References, own_id: str | None) -> None:
        self.problems: list[InvalidRule] = []
        self._fields = fields
        self._references = references
        self._open = [own_id] if own_id else []  # segments whose trees are being read
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
                return self._condition(tree, path, self._fields, node_id)
            case "behaviour":
                return self._behaviour(tree, path, node_id)
            case "top":
                return self._top(tree, path, depth, node_id)
            case "segment":
                return self._segment(tree, path, depth, node_id)
            case "campaign":
                return self._campaign(tree, path, node_id)
            case "list":
                return self._list(tree, path, node_id)
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

    def _condition(
        self, tree: dict[str, Any], path: str, fields: Mapping[str, Field], node_id: NodeId
    ) -> Condition | None:
        field = self._field(tree.get("field"), path, fields)
        operator = self._operator(tree.get("operator"), field, path)
        if field is None or operator is None:
            return None
        raw = tree.get("value", Absent.ABSENT)
        try:
            value = operator.read(field, None if raw is Absent.ABSENT else raw)
        except Unreadable as error:
            return self._refuse(f"{path}.value", error.reason)
        self._weigh(raw, path)
        return Condition(field, operator, value, copy.deepcopy(raw), node_id)

    def _weigh(self, raw: object, path: str) -> None:
        self._weight += _weight(raw)
        if self._weight > MAX_WEIGHT:
            self._refuse(f"{path}.value", "The values of this rule are too long, all together.")
            raise _TooMuch

    def _behaviour(self, tree: dict[str, Any], path: str, node_id: NodeId) -> Rule | None:
        before = len(self.problems)
        name = tree.get("measure")
        measure = Measure(name) if isinstance(name, str) and name in tuple(Measure) else None
        if measure is None:
            self._refuse(f"{path}.measure", f"The measure is one of {', '.join(Measure)}{_not(name)}.")
        where = self._where(tree.get("where"), path)
        window, raw_within = None, tree.get("within")
        try:
            window = None if raw_within is None else read_window(raw_within)
        except Unreadable as error:
            self._refuse(f"{path}.within", error.reason)
        if measure is None:
            return None
        rows = {row.name: row for row in measure_operators(measure)}
        operator = rows.get(tree["operator"]) if isinstance(tree.get("operator"), str) else None
        if operator is None:
            given = _not(tree.get("operator"))
            return self._refuse(f"{path}.operator", f"The measure {measure} takes {', '.join(rows)}{given}.")
        raw = tree.get("value")
        try:
            value = read_value(measure, operator, raw)
        except Unreadable as error:
            return self._refuse(f"{path}.value", error.reason)
        self._weigh(raw, path)
        if len(self.problems) > before:
            return None
        raw, raw_within = copy.deepcopy(raw), copy.deepcopy(raw_within)
        return Behaviour(measure, where, window, operator, value, raw, raw_within, node_id)

    def _where(self, given: object, path: str) -> tuple[Condition, ...]:
        if given is None:
            return ()
        if not isinstance(given, list) or len(given) > MAX_WHERE:
            return self._refuse(f"{path}.where", f"Give a list of up to {MAX_WHERE} conditions here.") or ()
        found: list[Condition | None] = []
        for number, each in enumerate(given):
            at = f"{path}.where[{number}]"
            if not isinstance(each, dict) or each.get("type", "condition") != "condition":
                self._refuse(at, "A condition on orders is needed here, as an object.")
            elif unknown := [key for key in each if key not in _OF_ORDERS]:
                self._refuse(at, f"A condition on orders has no key {shown(str(unknown[0]))}.")
            else:
                found.append(self._condition(each, at, ORDER_FIELDS, self._id(each, at)))
        return tuple(each for each in found if each is not None)

    def _top(self, tree: dict[str, Any], path: str, depth: int, node_id: NodeId) -> Rule | None:
        n, direction = tree.get("n"), tree.get("direction", "desc")
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_TOP:
            n = self._refuse(f"{path}.n", f"Give a whole number of people from 1 to {MAX_TOP:,}.")
        by = self._field(tree.get("by"), path, self._fields, key="by")
        if by is not None and by.type not in (*NUMERIC, FieldType.DATE):
            by = self._refuse(f"{path}.by", f"{by.name} can't be ranked: it is no number and no date.")
        if direction not in ("desc", "asc"):
            direction = self._refuse(f"{path}.direction", "The direction is desc (highest first) or asc.")
        if tree.get("of") is None:
            return self._refuse(f"{path}.of", "Say of whom: a condition, a group or everyone.")
        of = self.node(tree["of"], f"{path}.of", depth + 1)
        if n is None or by is None or direction is None or of is None:
            return None
        return Top(n, by, direction, of, node_id)

    def _segment(self, tree: dict[str, Any], path: str, depth: int, node_id: NodeId) -> Rule | None:
        inside = self._inside(tree, path)
        segment_id = self._reference(tree, "segmentId", path)
        if segment_id is None or inside is None:
            return None
        if segment_id in self._open:
            return self._refuse(f"{path}.segmentId", "This segment would contain itself.")
        found = self._references.segment(segment_id)
        if found is None:
            return self._refuse(f"{path}.segmentId", "There is no such segment.")
        problems, self.problems = self.problems, []
        self._open.append(segment_id)
        rule = self.node(found.tree, f"{path}.segment", depth + 1)
        self._open.pop()
        inner, self.problems = self.problems, problems
        if inner or rule is None:
            why = inner[0].message if inner else "it can't be read"
            return self._refuse(f"{path}.segmentId", f"The segment {shown(found.name)} has a mistake: {why}")
        return InSegment(segment_id, found.name, rule, inside, node_id)

    def _campaign(self, tree: dict[str, Any], path: str, node_id: NodeId) -> Rule | None:
        state, variant = tree.get("state"), tree.get("variant")
        campaign_id = self._reference(tree, "campaignId", path)
        if is_blank(state) and is_blank(variant):
            return self._refuse(f"{path}.state", f"The state is one of {', '.join(_STATES)}.")
        if not is_blank(state) and state not in _STATES:
            return self._refuse(f"{path}.state", f"The state is one of {', '.join(_STATES)}{_not(state)}.")
        if campaign_id is None:
            return None
        found = self._references.campaign(campaign_id)
        if found is None:
            return self._refuse(f"{path}.campaignId", "There is no such campaign.")
        if not is_blank(variant) and variant not in found.variants:
            return self._refuse(f"{path}.variant", f"The campaign {shown(found.name)} has no such variant.")
        return InCampaign(
            campaign_id, found.name, None if is_blank(state) else state,
            None if is_blank(variant) else variant, node_id,
        )  # fmt: skip

    def _list(self, tree: dict[str, Any], path: str, node_id: NodeId) -> Rule | None:
        inside = self._inside(tree, path)
        list_id = self._reference(tree, "listId", path)
        if list_id is None or inside is None:
            return None
        found = self._references.list(list_id)
        if found is None:
            return self._refuse(f"{path}.listId", "There is no such list.")
        return InList(list_id, found.name, inside, node_id)

    def _inside(self, tree: dict[str, Any], path: str) -> bool | None:
        inside = tree.get("in", True)
        return inside if isinstance(inside, bool) else self._refuse(f"{path}.in", "Give true or false here.")

    def _reference(self, tree: dict[str, Any], key: str, path: str) -> str | None:
        given = tree.get(key)
        if is_blank(given):
            return self._refuse(f"{path}.{key}", "Choose one: an id is missing.")
        if not isinstance(given, str) or len(given) > _MAX_ID_LENGTH:
            return self._refuse(f"{path}.{key}", "An id is a short text.")
        return given

    def _field(
        self, name: object, path: str, fields: Mapping[str, Field], key: str = "field"
    ) -> Field | None:
        path = f"{path}.{key}"
        if isinstance(name, str) and name in fields:
            return fields[name]
        if is_blank(name):
            return self._refuse(path, "A field is missing.")
        if not isinstance(name, str):
            return self._refuse(path, "A field is named by text.")
        close = difflib.get_close_matches(name[:40], fields, n=1)
        hint = f" Is it {close[0]}?" if close else ""
        return self._refuse(path, f"There is no field {shown(name)}.{hint}")

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
