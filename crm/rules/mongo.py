"""Rules as MongoDB filters on the `customers` collection (MongoDB 6.0).

What a rule asks of other collections (orders, deliveries, lists) and what needs a ranking comes as sets of
ids, found before: `sets` maps the path of each such node to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, assert_never

from crm.rules import predicates
from crm.rules.moments import Clock
from crm.rules.nodes import (
    ROOT,
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Rule,
    Top,
)

Filter = dict[str, Any]

_JOINS = {Join.AND: "$and", Join.OR: "$or", Join.NOT: "$nor"}


@dataclass(frozen=True, slots=True)
class IdSet:
    """The customers with these ids, ascending; or (`complement`) all but these."""

    ids: Sequence[str]
    complement: bool = False


def to_filter(
    rule: Rule,
    *,
    now: datetime,
    zone: tzinfo,
    sets: Mapping[str, IdSet] | None = None,
    path: str = ROOT,
) -> Filter:
    """The filter that selects whom the rule selects at `now` (aware), dates of the rule read in `zone`.

    `{}` for everyone and for nothing else. `path` is that of `rule` in the tree whose `sets` these are;
    KeyError where the set of a node is not among them.
    """
    return _filter(rule, path, Clock(now, zone), sets or {})


def _filter(rule: Rule, path: str, clock: Clock, sets: Mapping[str, IdSet]) -> Filter:
    match rule:
        case Everyone():
            return {}
        case Group(join, rules):
            each = [_filter(one, f"{path}.conditions[{i}]", clock, sets) for i, one in enumerate(rules)]
            return {_JOINS[join]: each}
        case Condition():
            return _condition(rule, clock)
        case InSegment(rule=inner, inside=inside):
            found = _filter(inner, f"{path}.segment", clock, sets)
            return found if inside else {"$nor": [found]}
        case InList(inside=inside):
            return _in(sets[path], inside)
        case Behaviour() | Top() | InCampaign():
            return _in(sets[path], True)
        case _:
            assert_never(rule)


def _in(ids: IdSet, inside: bool) -> Filter:
    return {"_id": {"$in" if inside is not ids.complement else "$nin": list(ids.ids)}}


def _condition(condition: Condition, clock: Clock) -> Filter:
    field, operator = condition.field, condition.operator
    predicate = operator.asks(condition.value, clock)
    if field.folded:
        found = predicates.to_filter(field.folded, predicate, {})
    else:
        # MongoDB compares within one type only, but looks into arrays: an array here counts as missing.
        found = predicates.to_filter(field.path, predicate, {"$not": {"$type": "array"}})
    return {"$nor": [found]} if operator.negates else found
