"""Rules as MongoDB filters on the `customers` collection (MongoDB 6.0)."""

from datetime import datetime, tzinfo
from typing import Any, assert_never

from crm.rules.moments import Clock
from crm.rules.nodes import Condition, Everyone, Group, Join, Rule
from crm.rules.predicates import to_mongo

Filter = dict[str, Any]

_JOINS = {Join.AND: "$and", Join.OR: "$or", Join.NOT: "$nor"}


def to_filter(rule: Rule, *, now: datetime, zone: tzinfo) -> Filter:
    """The filter that selects whom the rule selects at `now` (aware), dates of the rule read in `zone`.

    `{}` for everyone and for nothing else.
    """
    return _filter(rule, Clock(now, zone))


def _filter(rule: Rule, clock: Clock) -> Filter:
    match rule:
        case Everyone():
            return {}
        case Group(join, rules):
            return {_JOINS[join]: [_filter(each, clock) for each in rules]}
        case Condition():
            return _condition(rule, clock)
        case _:
            assert_never(rule)


def _condition(condition: Condition, clock: Clock) -> Filter:
    field, operator = condition.field, condition.operator
    predicate = to_mongo(operator.asks(condition.value, clock))
    if field.folded:
        found = {field.folded: predicate}
    else:
        # MongoDB compares within one type only, but looks into arrays: an array here counts as missing.
        found = {field.path: {**predicate, "$not": {"$type": "array"}}}
    return {"$nor": [found]} if operator.negates else found
