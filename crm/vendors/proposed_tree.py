"""What becomes of a model's flat list of nodes: a rule tree, and back again for a tree that it is to change.

The schema is `crm.vendors.proposed_schema`. A tree that comes out of here has the right shape only;
`crm.segments.parse` decides whether it means anything. Segments, campaigns and lists are named in it as the
prompt names them, where a rule has their ids: what they are is looked up here, not by the model.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from crm.fields import FIELDS, ORDER_FIELDS, Field
from crm.rules.behaviours import measure_operators
from crm.rules.nodes import Join, Measure
from crm.rules.operators import OPERATORS
from crm.rules.values import pieces
from crm.segments import Operator, Widget, operator_for
from crm.vendors.language_model import Proposal
from crm.vendors.proposed_schema import STATES, takes_a_length

REFERENCES = {"segment": "segmentId", "campaign": "campaignId", "list": "listId"}
"""Kinds of nodes that refer to something, and the key of its id."""

_STEP = re.compile(r"\.of(?![a-zA-Z])|\.conditions\[(\d+)\]")
_MOST_NODES = 200
_MOST_WORDS = 300  # characters of anything that is shown to a person
_LISTS = frozenset({Widget.TEXTS, Widget.NUMBERS, Widget.TWO_NUMBERS, Widget.TWO_DATES, Widget.MONTHS})
_OF_LISTS = frozenset(row.name for row in OPERATORS if row.widget in _LISTS)

Node = dict[str, Any]


def read(answer: object, fields: Mapping[str, Field] = FIELDS) -> Proposal:
    """The proposal in a model's JSON. Words it could not place make it a question, whatever its status.

    Its nodes keep the ids that the model gave them. Raises ValueError where the JSON has not the agreed
    shape or its nodes are no tree.
    """
    if not isinstance(answer, dict) or answer.get("status") not in ("ok", "ask"):
        raise ValueError("no answer of the agreed shape")
    unknown = _texts(answer.get("unknown_terms"))
    assumptions = _texts(answer.get("assumptions"))
    if answer["status"] == "ask" or unknown:
        question = answer.get("question")
        return Proposal(None, short(question) if isinstance(question, str) else "", unknown)
    return Proposal(tree(answer.get("nodes"), fields), "", (), assumptions)


def tree(nodes: object, fields: Mapping[str, Field] = FIELDS) -> Node:
    """The tree of a flat list of nodes. Raises ValueError where they are not one tree."""
    if not isinstance(nodes, list) or not 0 < len(nodes) <= _MOST_NODES:
        raise ValueError(f"give 1 to {_MOST_NODES} nodes")
    by_id: dict[int, Node] = {}
    children: dict[int | None, list[int]] = {}
    for node in nodes:
        if not isinstance(node, dict) or type(node.get("id")) is not int or node["id"] in by_id:
            raise ValueError("every node has an id of its own, a whole number")
        parent = node.get("parent")
        if parent is not None and type(parent) is not int:
            raise ValueError(f"node {node['id']}: the parent is the id of a node, or null")
        by_id[node["id"]] = node
        children.setdefault(parent, []).append(node["id"])
    roots = children.get(None, [])
    if len(roots) != 1:
        raise ValueError("exactly one node has parent null")
    reader = _Reader(by_id, children, fields)
    root = reader.node(roots[0])
    if reader.read < len(by_id):
        raise ValueError("some nodes hang on no node of the tree")  # and so on each other
    return root


class _Reader:
    """One way through the nodes from the root. It ends: each has one parent, so none is met twice."""

    def __init__(
        self, by_id: Mapping[int, Node], children: Mapping[int | None, list[int]], fields: Mapping[str, Field]
    ) -> None:
        self.read = 0
        self._by_id, self._children, self._fields = by_id, children, fields

    def node(self, node_id: int) -> Node:
        self.read += 1
        node, below = self._by_id[node_id], self._children.get(node_id, [])
        kind = node.get("kind")
        if kind in tuple(Join):
            conditions = [self.node(child) for child in below]
            return {"id": node_id, "type": "group", "operator": str(kind), "conditions": conditions}
        if kind == "top":
            if len(below) != 1:
                raise ValueError(f"node {node_id}: a top has exactly one node below it, those it ranks")
            parts = {key: node.get(key) for key in ("n", "by", "direction")}
            return {"id": node_id, "type": "top", **parts, "of": self.node(below[0])}
        if below:
            raise ValueError(f"node {node_id}: only AND, OR, NOT and top have nodes below them")
        return {"id": node_id, **self._leaf(node)}

    def _leaf(self, node: Node) -> Node:
        match node.get("kind"):
            case "everyone":
                return {"type": "everyone"}
            case "condition":
                return {"type": "condition", **_condition(node, self._fields)}
            case "behaviour":
                return _behaviour(node)
            case "campaign":
                return _campaign(node)
            case "segment" | "list" as kind:
                return {"type": kind, REFERENCES[kind]: node.get("name"), "in": node.get("inside")}
            case kind:
                raise ValueError(f"node {node['id']}: there is no kind {short(str(kind))}")


def _condition(node: Node, fields: Mapping[str, Field]) -> Node:
    field = _known(fields, node.get("field"))
    operator = operator_for(field, str(node.get("operator"))) if field else None
    value = _length(node) if operator and takes_a_length(operator) else _value(node, operator)
    given = {"field": node.get("field"), "operator": node.get("operator")}
    return given if value is None else {**given, "value": value}


def _behaviour(node: Node) -> Node:
    measure = node.get("measure")
    rows = measure_operators(Measure(measure)) if measure in tuple(Measure) else []
    operator = next((row for row in rows if row.name == node.get("operator")), None)
    where = node.get("where")
    if not isinstance(where, list) or not all(isinstance(each, dict) for each in where):
        raise ValueError(f"node {node['id']}: where is a list of conditions on orders")
    built = {"type": "behaviour", "measure": measure, "operator": node.get("operator")}
    built["value"] = _value(node, operator)
    if where:
        built["where"] = [_condition(each, ORDER_FIELDS) for each in where]
    within = node.get("within")
    if not isinstance(within, dict) or within.get("time") not in ("always", "last", "dates"):
        raise ValueError(f"node {node['id']}: within is a time: always, last or dates")
    if within["time"] == "always":
        return built
    dates = {key: within.get(key) for key in ("from", "to") if within.get(key)}
    return {**built, "within": _length(within) if within["time"] == "last" else dates}


def _campaign(node: Node) -> Node:
    built: Node = {"type": "campaign", "campaignId": node.get("name")}
    if node.get("state") != STATES[-1]:
        built["state"] = node.get("state")
    return {**built, "variant": node["variant"]} if node.get("variant") else built


def _known(fields: Mapping[str, Field], name: object) -> Field | None:
    return fields.get(name) if isinstance(name, str) else None


def _length(node: Node) -> Node:
    return {"last": {str(node.get("unit")): node.get("amount")}}


def _value(node: Node, operator: Operator | None) -> Any:
    """The value in the form its operator takes, None for none; the parser judges it."""
    values = list(_texts(node.get("values"), limit=None))
    if operator is None or operator.widget is Widget.NONE:
        return None
    return values[0] if operator.widget not in _LISTS and len(values) == 1 else values


def flat(tree: Node, name: Callable[[str, str], str | None]) -> list[Node]:
    """The nodes of a rule tree in the form in which a model gives them, numbered from 1.

    `tree` is one that parses. `name` says what the segment, campaign or list of an id is called; one
    without a name goes by its id.
    """
    nodes: list[Node] = []
    _flatten(tree, None, nodes, name)
    return nodes


def _flatten(
    tree: Node, parent: int | None, nodes: list[Node], name: Callable[[str, str], str | None]
) -> None:
    kind = tree["type"]
    node: Node = {"id": len(nodes) + 1, "parent": parent, "kind": kind}
    nodes.append(node)
    below = tree.get("conditions", [])
    match kind:
        case "group":
            node["kind"] = tree["operator"]
        case "condition":
            node |= _flat_condition(tree)
        case "behaviour":
            node |= {"measure": tree["measure"], "operator": tree["operator"]}
            node["values"] = _flat_values(tree["value"], tree["operator"])
            node["where"] = [_flat_condition(each) for each in tree.get("where") or ()]
            node["within"] = _flat_within(tree.get("within"))
        case "top":
            node |= {"n": tree["n"], "by": tree["by"], "direction": tree.get("direction", "desc")}
            below = [tree["of"]]
        case "segment" | "campaign" | "list":
            key = tree[REFERENCES[kind]]
            node["name"] = name(kind, key) or key
            if kind == "campaign":
                node |= {"state": tree.get("state") or STATES[-1], "variant": tree.get("variant") or ""}
            else:
                node["inside"] = tree.get("in", True)
    for each in below:
        _flatten(each, node["id"], nodes, name)


def _flat_condition(tree: Node) -> Node:
    said = {"field": tree["field"], "operator": tree["operator"]}
    value = tree.get("value")
    if isinstance(value, dict):
        return said | _flat_length(value)
    return said | {"values": _flat_values(value, tree["operator"])}


def _flat_length(value: Node) -> Node:
    ((length,),) = (value.values(),)
    ((unit, amount),) = length.items()
    return {"amount": int(amount), "unit": unit}


def _flat_within(within: Node | None) -> Node:
    if not within:
        return {"time": "always"}
    if "last" in within:
        return {"time": "last", **_flat_length(within)}
    return {"time": "dates", "from": within.get("from") or "", "to": within.get("to") or ""}


def _flat_values(value: Any, operator: str) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, str) and operator in _OF_LISTS:
        value = pieces(value)
    return [_written(each) for each in (value if isinstance(value, list) else [value])]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, float) else str(value)


def node_at(tree: Node, path: str) -> Any:
    """The id of the node that a path of `crm.errors.InvalidRule` lies in."""
    for step in _STEP.finditer(path):
        tree = tree["of"] if step[1] is None else tree["conditions"][int(step[1])]
    return tree["id"]


def renumbered(tree: Node) -> Node:
    """The tree with its nodes numbered from 1, as an editor numbers them."""
    waiting, number = [tree], 0
    while waiting:
        node = waiting.pop()
        number += 1
        node["id"] = number
        below = node.get("conditions", [node["of"]] if "of" in node else [])
        waiting += reversed(below)
    return tree


def _texts(given: object, limit: int | None = 10) -> tuple[str, ...]:
    texts = [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
    if limit is None:
        return tuple(texts)
    return tuple(plain for text in texts[:limit] if (plain := short(text)))


def short(text: str) -> str:
    """Fit to be shown: one line, no control characters, not too long."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= _MOST_WORDS else plain[: _MOST_WORDS - 1] + "…"
