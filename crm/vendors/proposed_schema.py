"""The strict JSON schema of a model's answer: every kind of node of the rule language, as a flat list.

    {"status": "ok", "question": "", "unknown_terms": [], "assumptions": [],
     "nodes": [{"id": 1, "parent": null, "kind": "AND"},
               {"id": 2, "parent": 1, "kind": "condition", "field": "city", "operator": "equals",
                "values": ["Pune"]}, …]}

A node names its parent, so that the schema needs no recursion. Fields, operators and measures come from
their tables: a condition that the schema lets through has an operator that its field takes. Strict schemas
want every property required and no other; they know `anyOf` and `enum` but no limits (`minItems`,
`pattern`), and a null among the values of an `enum` is unreliable, so that there is none here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crm.fields import NUMERIC, ORDER_FIELDS, Field, FieldType
from crm.rules.behaviours import measure_operators
from crm.rules.nodes import Join, Measure
from crm.rules.values import Unit
from crm.segments import Operator, Widget, operators_for

STATES = ("sent", "failed", "skipped", "any")
_MOST_NAMED = 100  # fields that are named one by one; beyond them any text is let through, and parsed

Schema = dict[str, Any]


def closed(properties: Schema) -> Schema:
    """An object with these properties, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_WHOLE: Schema = {"type": "integer"}
_YES_NO: Schema = {"type": "boolean"}


def _one_of(names: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(dict.fromkeys(names))}


_UNIT = _one_of(Unit)


def answer(fields: Mapping[str, Field]) -> Schema:
    """The schema of an answer whose rules may use these fields."""
    return closed(
        {
            "status": _one_of(("ok", "ask")),
            "question": _TEXT,
            "unknown_terms": _TEXTS,
            "assumptions": _TEXTS,
            "nodes": {"type": "array", "items": {"anyOf": list(_nodes(fields))}},
        }
    )


def takes_a_length(operator: Operator) -> bool:
    """Whether its value is a length of time, an amount and a unit."""
    return operator.widget is Widget.DURATION


def _nodes(fields: Mapping[str, Field]) -> Iterable[Schema]:
    yield _node(_one_of(Join))
    yield _node(_one_of(("everyone",)))
    for one in _conditions(fields):
        yield _node(_one_of(("condition",)), **one)
    for measures, operators in _measures():
        yield _node(
            _one_of(("behaviour",)),
            measure=_one_of(measures),
            operator=_one_of(operators),
            values=_TEXTS,
            where={"type": "array", "items": {"anyOf": [closed(one) for one in _conditions(ORDER_FIELDS)]}},
            within={"anyOf": _WITHIN},
        )
    ranked = {name: one for name, one in fields.items() if one.type in (*NUMERIC, FieldType.DATE)}
    yield _node(_one_of(("top",)), n=_WHOLE, by=_field(ranked), direction=_one_of(("desc", "asc")))
    yield _node(_one_of(("segment", "list")), name=_TEXT, inside=_YES_NO)
    yield _node(_one_of(("campaign",)), name=_TEXT, state=_one_of(STATES), variant=_TEXT)


def _node(kind: Schema, **parts: Schema) -> Schema:
    return closed({"id": _WHOLE, "parent": {"type": ["integer", "null"]}, "kind": kind, **parts})


_WITHIN = [
    closed({"time": _one_of(("always",))}),
    closed({"time": _one_of(("last",)), "amount": _WHOLE, "unit": _UNIT}),
    closed({"time": _one_of(("dates",)), "from": _TEXT, "to": _TEXT}),
]


def _conditions(fields: Mapping[str, Field]) -> Iterable[Schema]:
    """For each group of fields that take the same operators: a condition with values, one with a length."""
    alike: dict[tuple[str, ...], dict[str, Field]] = {}
    for name, field in fields.items():
        operators = tuple(row.name for row in operators_for(field))
        alike.setdefault(operators, {})[name] = field
    for group in alike.values():
        rows = operators_for(next(iter(group.values())))
        yield {
            "field": _field(group),
            "operator": _one_of(row.name for row in rows if not takes_a_length(row)),
            "values": _TEXTS,
        }
        if lengths := [row.name for row in rows if takes_a_length(row)]:
            yield {"field": _field(group), "operator": _one_of(lengths), "amount": _WHOLE, "unit": _UNIT}


def _field(fields: Mapping[str, Field]) -> Schema:
    return _one_of(fields) if len(fields) <= _MOST_NAMED else _TEXT


def _measures() -> Iterable[tuple[list[str], tuple[str, ...]]]:
    """Measures with the operators that they take, those with the same ones together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for measure in Measure:
        alike.setdefault(tuple(row.name for row in measure_operators(measure)), []).append(str(measure))
    return [(measures, operators) for operators, measures in alike.items()]
