"""Customers right on the edge of an audience: should they be in?

Those who only just miss it for the sake of one condition, and those who only just are in it, each with the
value that would put them on the other side. Nothing is changed here: what comes of an answer is a proposal.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import audience_sets, explain, rulebook, segments
from crm.columnar import nearness
from crm.fields import NUMERIC
from crm.rules.nodes import ROOT, Condition, Rule, Top, children
from crm.rules.values import Span
from crm.stores import audiences as store
from crm.stores.connection import Stores

MOST = 3
_MOST_NODES = 4  # conditions that are looked at, each by two queries
_ABOVE = {"greaterThan": "greaterThanOrEqual", "greaterThanOrEqual": "greaterThanOrEqual"}
_BELOW = {"lessThan": "lessThanOrEqual", "lessThanOrEqual": "lessThanOrEqual"}
_OUT = {"greaterThan": "greaterThan", "greaterThanOrEqual": "greaterThan", "lessThan": "lessThan",
        "lessThanOrEqual": "lessThan"}  # fmt: skip
_DATES = ("inTheLast", "olderThan")
_DAY = 86_400  # seconds

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Borderline:
    """A customer near the edge of the condition at `path`, now `inside` or not.

    `value` is his own, `asked` the condition in words, `rules` the whole rule with him on the other side and
    `instead` the condition in it. `distance` is how far he is from the edge, as a share of it.
    """

    customer: dict[str, Any]
    inside: bool
    path: str
    value: Any
    asked: str
    instead: str
    rules: Tree
    distance: float


def borderline(
    stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, currency: str
) -> tuple[Borderline, ...]:
    """At most three, the nearest first, from live data; of both kinds where there are both.

    Looked at are the rule's first conditions of numbers and of time up to now, outside rankings.
    """
    found: list[Borderline] = []
    for path, node in _edges(rule):
        for inside in (False, True):
            nearest = _nearest(stores, rule, path, node, inside, now, zone, currency)
            found += [nearest] if nearest is not None else []
    found.sort(key=lambda one: one.distance)
    return tuple(_of_both_kinds(found))


def _of_both_kinds(found: list[Borderline]) -> list[Borderline]:
    """The nearest, each customer once, and one of the other kind in the place of the last."""
    once: dict[str, Borderline] = {}
    for one in found:
        once.setdefault(one.customer["_id"], one)
    people = list(once.values())
    first, rest = people[:MOST], people[MOST:]
    kinds = {one.inside for one in first}
    other = next((one for one in rest if one.inside not in kinds), None) if len(kinds) == 1 else None
    return [*first[:-1], other] if other is not None else first


def _edges(rule: Rule) -> list[tuple[str, Condition]]:
    """The conditions that have an edge one can be near."""
    found = [(path, node) for path, node in _outside_rankings(rule, ROOT) if isinstance(node, Condition)]
    return [(path, node) for path, node in found if _has_edge(node)][:_MOST_NODES]


def _has_edge(node: Condition) -> bool:
    if node.operator.name in _DATES:
        return isinstance(node.value, Span)
    number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return node.operator.name in _OUT and node.field.type in NUMERIC and number


def _outside_rankings(rule: Rule, path: str) -> Iterator[tuple[str, Rule]]:
    yield path, rule
    if not isinstance(rule, Top):
        for at, child in children(rule, path):
            yield from _outside_rankings(child, at)


def _nearest(
    stores: Stores,
    rule: Rule,
    path: str,
    node: Condition,
    inside: bool,
    now: datetime,
    zone: ZoneInfo,
    currency: str,
) -> Borderline | None:
    """The customer whose value is nearest to the edge on this side of it."""
    those = rule if inside else explain.missing(rule, path)
    sets = audience_sets.resolve(stores, those, now=now, zone=zone)
    wants_more = node.operator.name in _ABOVE or node.operator.name == "inTheLast"
    highest = wants_more is not inside
    kind = "date" if node.operator.name in _DATES else "number"
    known = {node.field.path: {"$type": kind}}
    near = [
        each
        for query in audience_sets.queries(those, sets, now=now, zone=zone)
        for each in store.ranked(stores, {"$and": [query, known]}, node.field.path, highest=highest, limit=1)
    ]
    if not near:
        return None
    value, customer_id = (max if highest else min)(near)
    new = _moved(node, value, inside, now)
    if new is None:
        return None
    changed = segments.parse(new, rulebook.fields(stores))
    rules = segments.dump(nearness.with_node(rule, path, changed))
    (customer,) = store.sample_of(stores, [customer_id])
    asked, instead = (_words(one, currency) for one in (node, changed))
    far = _distance(node, value, now)
    return Borderline(customer, inside, path, value, asked, instead, rules, far)


def _moved(node: Condition, value: Any, inside: bool, now: datetime) -> Tree | None:
    """The condition with its edge moved past this value; None where no edge does that."""
    new: Tree = {"type": "condition", "field": node.field.name}
    if node.operator.name in _OUT:
        taken = _ABOVE.get(node.operator.name) or _BELOW[node.operator.name]
        return new | {"operator": _OUT[node.operator.name] if inside else taken, "value": value}
    days = (now - value).total_seconds() / _DAY
    within = node.operator.name == "inTheLast"
    whole = math.ceil(days) if within is not inside else math.floor(days)
    if whole < 1:
        return None
    return new | {"operator": node.operator.name, "value": {"last": {"days": whole}}}


def _words(rule: Rule, currency: str) -> str:
    return segments.describe(rule, currency=currency).removeprefix("Customers who ")


def _distance(node: Condition, value: Any, now: datetime) -> float:
    if isinstance(node.value, Span):
        lengths = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30, "years": 365}
        edge = node.value.amount * lengths[str(node.value.unit)]
        return abs((now - value).total_seconds() / _DAY - edge) / edge
    edge = float(node.value) if isinstance(node.value, int | float) else 0.0
    return abs(float(value) - edge) / max(abs(edge), 1.0)
