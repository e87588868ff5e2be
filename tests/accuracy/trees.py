"""The trees that prompts mean, written short: one line of a set is `prompt => tree`.

totalSpent > 1000 & (city = Mumbai/Pune | tags any vip)      ! is "none of", binds to what follows
lastOrdered last 6 months · older 90 days · in 2026-01-01..2026-03-31 · < 2026-01-01
orders count >= 2; product Mug; last 60 days                 a behaviour, its parts apart by ";"
top 50 totalSpent (city = Pune) · everyone · ask · refuse
"""

import re
from datetime import date, timedelta
from typing import Any

Node = dict[str, Any]

_NUMBERS = {">": "greaterThan", ">=": "greaterThanOrEqual", "<": "lessThan", "<=": "lessThanOrEqual"}
_WORDS = {
    "ends": "endsWith",
    "starts": "startsWith",
    "contains": "contains",
    "set": "isSet",
    "unset": "isNotSet",
}
_TAGS = {"any": "containsAny", "all": "containsAll", "none": "containsNone"}
_TIMES = {"last": "inTheLast", "notlast": "notInTheLast", "older": "olderThan", "next": "inTheNext"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def tree(text: str) -> Node:
    """The rule tree. Raises ValueError for what is no tree."""
    parts = [part.strip() for part in re.split(r"([&|()!])", text) if part.strip()]
    node = _either(parts)
    if parts:
        raise ValueError(f"{text}: {parts} is left over")
    return node


def _either(parts: list[str]) -> Node:
    return _joined(parts, "|", "OR", lambda: _joined(parts, "&", "AND", lambda: _one(parts)))


def _joined(parts: list[str], sign: str, operator: str, inner: Any) -> Node:
    nodes = [inner()]
    while parts and parts[0] == sign:
        parts.pop(0)
        nodes.append(inner())
    return nodes[0] if len(nodes) == 1 else _group(operator, *nodes)


def _one(parts: list[str]) -> Node:
    part = parts.pop(0)
    if part == "!":
        return _group("NOT", _one(parts))
    if part == "(":
        node = _either(parts)
        parts.pop(0)
        return node
    if part.startswith(("top ", "bottom ")):
        word, many, by = part.split()
        of = _one(parts) if parts and parts[0] == "(" else {"type": "everyone"}
        return {
            "type": "top",
            "n": int(many),
            "by": by,
            "direction": "asc" if word == "bottom" else "desc",
            "of": of,
        }
    return _leaf(part)


def _leaf(text: str) -> Node:
    if text == "everyone":
        return {"type": "everyone"}
    if text.startswith("orders "):
        return _behaviour(*(part.strip() for part in text.split(";")))
    field, operator, value = (*text.split(" ", 2), "")[:3]
    if operator in _TIMES:
        return _condition(field, _TIMES[operator], _length(value))
    if operator in _TAGS:
        return _condition(field, _TAGS[operator], value.split("/"))
    if operator in _WORDS:
        return _condition(field, _WORDS[operator], *([value] if value else []))
    if operator == "in":
        first, final = (date.fromisoformat(day) for day in value.split(".."))
        until = (final + timedelta(days=1)).isoformat()
        return _group(
            "AND",
            _condition(field, "greaterThanOrEqual", first.isoformat()),
            _condition(field, "before", until),
        )
    if operator == "between":
        return _condition(field, "between", [float(number) for number in value.split("/")])
    if operator in _NUMBERS:
        before = operator == "<" and _DAY.fullmatch(value)
        return _condition(field, "before" if before else _NUMBERS[operator], value)
    if operator in ("=", "<>"):
        node = _condition(field, "in", value.split("/"))
        if _DAY.fullmatch(value) or value in ("true", "false"):
            node = _condition(field, "equals", value)
        return node if operator == "=" else _group("NOT", node)
    raise ValueError(f"{text} is no condition")


def _behaviour(measured: str, *rest: str) -> Node:
    _, measure, operator, value = measured.split(" ", 3)
    node: Node = {"type": "behaviour", "measure": measure, "where": []}
    numbers = [float(number) for number in value.split("/")]
    node |= {"operator": "between", "value": numbers} if operator == "between" else {
        "operator": _NUMBERS.get(operator, "equals"), "value": numbers[0]
    }  # fmt: skip
    for part in rest:
        word, given = part.split(" ", 1)
        if word == "last":
            node["within"] = _length(given)
        elif word == "during":
            first, final = given.split("..")
            node["within"] = {key: day for key, day in (("from", first), ("to", final)) if day}
            if final:
                node["within"]["to"] = f"{final}T23:59:59.999"
        else:
            node["where"].append({"field": word, "operator": "in", "value": given.split("/")})
    return node


def _length(text: str) -> Node:
    amount, unit = text.split()
    return {"last": {unit: int(amount)}}


def _condition(field: str, operator: str, *value: Any) -> Node:
    node = {"type": "condition", "field": field, "operator": operator}
    return {**node, "value": value[0]} if value else node


def _group(operator: str, *nodes: Node) -> Node:
    return {"type": "group", "operator": operator, "conditions": list(nodes)}
