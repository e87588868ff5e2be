"""Frames about what people ordered within a time, or of which goods, to behaviours of the rule language.

A total over a customer's whole time is a field of his; within a time, or of certain goods, it has to be
counted from the orders.
"""

from datetime import timedelta
from typing import Any

from crm.grammar.frames import Frame
from crm.grammar.pieces import Unclear, When

Node = dict[str, Any]

_MEASURES = {"orders": "count", "spent": "sum"}
_WHOLE_TIME = "Say it with “in the last …”, “in 2025”, “since …” or “before …”."


def is_behaviour(frame: Frame) -> bool:
    """Whether no field of the customers says it, but their orders do."""
    if frame.goods is not None:
        return True
    if frame.topic is None or frame.topic.name not in _MEASURES or frame.when is None:
        return False
    if frame.amount is not None:
        return True
    past = frame.when.kind == "before" or (frame.when.kind == "period" and not frame.when.current)
    return frame.topic.name == "orders" and past


def behaviour(frame: Frame, compared: Node | None) -> Node:
    """The behaviour of a frame, or a group of several; `compared` is its amount as a condition of a field.

    Raises Unclear.
    """
    topic = frame.topic.name if frame.topic else ""
    if topic not in _MEASURES:
        raise Unclear(frame.start, frame.end, "What about it? Say “bought …” or “never bought …”.")
    if topic == "spent" and frame.goods:
        hint = "Amounts are of whole orders, not of single goods: say how often it was bought instead."
        raise Unclear(frame.start, frame.end, hint)
    if topic == "spent" and compared is None:
        raise Unclear(frame.start, frame.end, "How much? Say for example “over 1000”.")
    node: Node = {"type": "behaviour", "measure": _MEASURES[topic]}
    if compared is None:
        never = frame.negated
        node |= (
            {"operator": "equals", "value": 0} if never else {"operator": "greaterThanOrEqual", "value": 1}
        )
    else:
        node |= {"operator": compared["operator"], "value": compared["value"]}
    if frame.when is not None:
        node["within"] = _within(frame, frame.when)
    nodes = [
        {**node, "where": where} if where else node for where in _where(frame, single=compared is not None)
    ]
    joined = nodes[0] if len(nodes) == 1 else {"type": "group", "operator": "AND", "conditions": nodes}
    negated = frame.negated and compared is not None
    return {"type": "group", "operator": "NOT", "conditions": [joined]} if negated else joined


def _where(frame: Frame, *, single: bool) -> list[list[Node]]:
    """What each order has to hold; several where each of several goods was bought."""
    goods = frame.goods
    if goods is None:
        return [[]]
    values = list(goods.values)
    if goods.joiner == "list" or (goods.joiner == "and" and (single or frame.negated)):
        raise Unclear(
            frame.start, frame.end, "Any of these, or all of them? Say “or”, or say each by itself."
        )
    if goods.joiner == "nor" and not frame.negated:
        raise Unclear(frame.start, frame.end, "“Nor” without “neither” or “not” before it.")
    if goods.joiner == "and":
        return [[{"field": goods.field, "operator": "equals", "value": value}] for value in values]
    if len(values) == 1:
        return [[{"field": goods.field, "operator": "equals", "value": values[0]}]]
    return [[{"field": goods.field, "operator": "in", "value": values}]]


def _within(frame: Frame, when: When) -> Node:
    match when.kind:
        case "rolling":
            return {"last": when.last}
        case "span" if frame.negated:
            return {"last": when.last}
        case "onward" if when.first:
            return {"from": when.first.isoformat()}
        case "before" if when.first:
            return {"to": f"{when.first - timedelta(days=1)}T23:59:59.999"}
        case "period" if when.first and when.final:
            return {"from": when.first.isoformat(), "to": f"{when.final}T23:59:59.999"}
        case _:
            raise Unclear(when.start, when.end, _WHOLE_TIME)
