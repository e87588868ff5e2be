"""The form in which a language model gives a rule tree, and what becomes of it.

    {"status": "ok", "question": "", "unknown_terms": [], "assumptions": [],
     "nodes": [{"id": 1, "parent": null, "kind": "AND", "field": null, "operator": null,
                "values": [], "amount": null, "unit": null}, …]}

Every property is required and no other is allowed, as strict schemas demand. A tree that comes out of
here has the right shape only; `crm.segments.parse` decides whether it means anything.
"""

from collections.abc import Mapping
from typing import Any

from crm.fields import FIELDS, Field
from crm.segments import Widget, operator_for, operators_for
from crm.vendors.language_model import Proposal

_MOST_NODES = 200
_MOST_WORDS = 300  # characters of anything that is shown to a person
_GROUPS = ("AND", "OR", "NOT")
_UNITS = ("minutes", "hours", "days", "weeks", "months", "years")
_OPERATORS = tuple(dict.fromkeys(row.name for field in FIELDS.values() for row in operators_for(field)))
_LISTS = frozenset({Widget.TEXTS, Widget.NUMBERS, Widget.TWO_NUMBERS, Widget.TWO_DATES, Widget.MONTHS})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXTS = {"type": "array", "items": {"type": "string"}}


def schema(fields: Mapping[str, Field]) -> dict[str, Any]:
    """The JSON schema of an answer whose rules may use these fields."""
    node = _object(
        {
            "id": {"type": "integer"},
            "parent": {"type": ["integer", "null"]},
            "kind": {"type": "string", "enum": [*_GROUPS, "condition", "everyone"]},
            "field": {"type": ["string", "null"], "enum": [*fields, None]},
            "operator": {"type": ["string", "null"], "enum": [*_OPERATORS, None]},
            "values": _TEXTS,
            "amount": {"type": ["integer", "null"]},
            "unit": {"type": ["string", "null"], "enum": [*_UNITS, None]},
        }
    )
    return _object(
        {
            "status": {"type": "string", "enum": ["ok", "ask"]},
            "question": {"type": "string"},
            "unknown_terms": _TEXTS,
            "assumptions": _TEXTS,
            "nodes": {"type": "array", "items": node},
        }
    )


def read(answer: object, fields: Mapping[str, Field] = FIELDS) -> Proposal:
    """The proposal in a model's JSON. Words it could not place make it a question, whatever its status.

    Raises ValueError where the JSON has not the agreed shape or its nodes are no tree.
    """
    if not isinstance(answer, dict) or answer.get("status") not in ("ok", "ask"):
        raise ValueError("no answer of the agreed shape")
    unknown = _texts(answer.get("unknown_terms"))
    assumptions = _texts(answer.get("assumptions"))
    if answer["status"] == "ask" or unknown:
        question = answer.get("question")
        return Proposal(None, _short(question) if isinstance(question, str) else "", unknown)
    return Proposal(tree(answer.get("nodes"), fields), "", (), assumptions)


def tree(nodes: object, fields: Mapping[str, Field] = FIELDS) -> dict[str, Any]:
    """The tree of a flat list of nodes, with ids from 1. Raises ValueError where they are not one tree."""
    if not isinstance(nodes, list) or not 0 < len(nodes) <= _MOST_NODES:
        raise ValueError("no list of nodes")
    by_id: dict[int, dict[str, Any]] = {}
    children: dict[int | None, list[int]] = {}
    for node in nodes:
        if not isinstance(node, dict) or type(node.get("id")) is not int or node["id"] in by_id:
            raise ValueError("a node without an id of its own")
        parent = node.get("parent")
        if parent is not None and type(parent) is not int:
            raise ValueError("a parent that is no node")
        by_id[node["id"]] = node
        children.setdefault(parent, []).append(node["id"])
    roots = children.get(None, [])
    if len(roots) != 1:
        raise ValueError("not one root")
    numbers = iter(range(1, len(nodes) + 1))
    root = _built(roots[0], by_id, children, numbers, fields)
    if next(numbers, None) is not None:
        raise ValueError("nodes that hang on nothing")  # and so on each other
    return root


def _built(
    node_id: int,
    by_id: dict[int, Any],
    children: dict[Any, list[int]],
    numbers: Any,
    fields: Mapping[str, Field],
) -> dict[str, Any]:
    """A node with what is under it. It ends: each id has one parent, so no node is met twice."""
    node, below = by_id[node_id], children.get(node_id, [])
    number = next(numbers)
    kind = node.get("kind")
    if kind in _GROUPS:
        conditions = [_built(child, by_id, children, numbers, fields) for child in below]
        return {"id": number, "type": "group", "operator": kind, "conditions": conditions}
    if below:
        raise ValueError("something under a node that is no group")
    if kind == "everyone":
        return {"id": number, "type": "everyone"}
    condition = {
        "id": number,
        "type": "condition",
        "field": node.get("field"),
        "operator": node.get("operator"),
    }
    value = _value(node, fields)
    return condition if value is None else {**condition, "value": value}


def _value(node: dict[str, Any], fields: Mapping[str, Field]) -> Any:
    """The value in the form its operator takes, None for none; the parser judges it."""
    values = list(_texts(node.get("values"), limit=None))
    name = node.get("field")
    field = fields.get(name) if isinstance(name, str) else None
    operator = operator_for(field, str(node.get("operator"))) if field else None
    if operator is None or operator.widget is Widget.NONE:
        return None
    if operator.widget is Widget.DURATION:
        return {"last": {str(node.get("unit")): node.get("amount")}}
    if operator.widget in _LISTS:
        return values
    return values[0] if len(values) == 1 else values


def _texts(given: object, limit: int | None = 10) -> tuple[str, ...]:
    texts = [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
    if limit is None:
        return tuple(texts)
    return tuple(short for text in texts[:limit] if (short := _short(text)))


def _short(text: str) -> str:
    """Fit to be shown: one line, no control characters, not too long."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= _MOST_WORDS else plain[: _MOST_WORDS - 1] + "…"
