"""What a behaviour asks, as a MongoDB pipeline on the `orders` collection (MongoDB 6.0).

Orders come first: those in the time and of the states that count, grouped by customer, measured, compared.
Customers without a matching order are not in a pipeline's answer, so `asked` says what their measure is.
"""

from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from crm.rules.behaviours import FROM_ZERO
from crm.rules.moments import Clock
from crm.rules.mongo import Filter
from crm.rules.nodes import Behaviour, Condition, Measure, Window
from crm.rules.predicates import OneOf, Predicate, Range, to_mongo

Stages = list[dict[str, Any]]

_END = datetime(9999, 12, 31, tzinfo=UTC)
DECIMALS = 4  # of a sum or an average, as money is kept: the order of adding must not decide a comparison
_LINE_PATHS = {"product": "folded.name", "productId": "folded.productId", "category": "folded.category"}
_NO_ARRAY = {"$not": {"$type": "array"}}
_OF_LINES = (Measure.QUANTITY, Measure.DISTINCT_PRODUCTS)


def asked(rule: Behaviour, clock: Clock) -> tuple[Filter, bool]:
    """What the customers of a pipeline's answer are compared by, and whether the rule selects all but them.

    The filter is on `value`. Where somebody without orders is selected, it finds those who are not.
    """
    predicate = rule.operator.asks(rule.value, clock)
    found: Filter = {"value": to_mongo(predicate)}
    from_nothing = rule.measure in FROM_ZERO and _holds_for_zero(predicate)
    return ({"$nor": [found]} if from_nothing else found), from_nothing is not bool(rule.operator.negates)


def _holds_for_zero(predicate: Predicate) -> bool:
    match predicate:
        case Range(low, high, open_low, open_high):
            above = low is None or _less(low, 0) or (low == 0 and not open_low)
            return above and (high is None or _less(0, high) or (high == 0 and not open_high))
        case OneOf(values):
            return 0 in values
        case _:
            return False


def _less(a: Any, b: Any) -> bool:
    return bool(a < b)


def measured(rule: Behaviour, clock: Clock, customer_ids: list[str] | None = None) -> Stages:
    """The stages that give `{_id: customerId, value}` for every customer with a matching order.

    `value` is null where none of his orders has what is measured. `customer_ids` restricts it to them.
    """
    found = orders(rule, clock)
    if customer_ids is not None:
        found = {"$and": [{"customerId": {"$in": customer_ids}}, found]}
    stages: Stages = [{"$match": found}]
    if rule.measure in _OF_LINES:
        lines = {"$cond": [{"$isArray": "$products"}, "$products", []]}
        stages += [
            {"$project": {"customerId": 1, "products": lines}},
            {"$unwind": "$products"},
            {"$match": {"$and": [{"products": {"$type": "object"}}, *_lines(rule, clock, "products.")]}},
        ]
    return [*stages, {"$group": {"_id": "$customerId", "value": _GROUPED[rule.measure]}}, *_closed(rule)]


def orders(rule: Behaviour, clock: Clock) -> Filter:
    """The filter of the orders that a behaviour is about."""
    every = [_in_time(rule.within, clock), *(_of_order(one, clock) for one in rule.of_orders)]
    if rule.without_cancelled:
        every.append({"$nor": [{"status": {"$eq": "cancelled", **_NO_ARRAY}}]})
    if rule.of_lines:
        every.append({"products": {"$elemMatch": {"$and": _lines(rule, clock, "")}}})
    return {"$and": every}


def window(within: Window | None, clock: Clock) -> tuple[datetime | None, datetime]:
    """The first and the last instant of a window, both included; it never reaches beyond now."""
    if within is None:
        return None, clock.now
    if within.last is not None:
        return clock.ago(within.last), clock.now
    end = clock.now if within.end is None else min(clock.at(within.end), clock.now)
    return (None if within.start is None else clock.at(within.start)), end


def _in_time(within: Window | None, clock: Clock) -> Filter:
    start, end = window(within, clock)
    if within is None:  # an order without a date is one of all time
        return {"$nor": [{"createdAt": {"$gt": end, **_NO_ARRAY}}]}
    since = {} if start is None else {"$gte": start}
    return {"createdAt": {**since, "$lte": end, **_NO_ARRAY}}


def _of_order(condition: Condition, clock: Clock) -> Filter:
    """Of an order itself. Its status is stored in lower case."""
    return _compared(condition, condition.field.name, clock, _NO_ARRAY)


def _lines(rule: Behaviour, clock: Clock, prefix: str) -> list[Filter]:
    return [_compared(one, prefix + _LINE_PATHS[one.field.name], clock, {}) for one in rule.of_lines]


def _compared(condition: Condition, path: str, clock: Clock, besides: Filter) -> Filter:
    found = {path: {**to_mongo(condition.operator.asks(condition.value, clock)), **besides}}
    return {"$nor": [found]} if condition.operator.negates else found


def _number(path: str) -> dict[str, Any]:
    """The number at a path, null where there is none: text, a list, NaN."""
    return {"$cond": [{"$and": [{"$isNumber": path}, {"$gte": [path, -inf]}]}, path, None]}


_DATE = {"$cond": [{"$eq": [{"$type": "$createdAt"}, "date"]}, "$createdAt", None]}
_PRODUCT = {
    "$ifNull": [
        {"$cond": [{"$gt": ["$products.folded.productId", None]}, ["$products.folded.productId"], None]},
        "$products.folded.name",
    ]
}
"""A line's product: its id, in a list so that no name is taken for it, else its name."""

_GROUPED: dict[Measure, dict[str, Any]] = {
    Measure.COUNT: {"$sum": 1},
    Measure.SUM: {"$sum": _number("$total")},
    Measure.AVERAGE: {"$avg": _number("$total")},
    Measure.MIN: {"$min": _number("$total")},
    Measure.MAX: {"$max": _number("$total")},
    Measure.QUANTITY: {"$sum": _number("$products.quantity")},
    Measure.DISTINCT_PRODUCTS: {"$addToSet": _PRODUCT},
    Measure.DAYS_SINCE_FIRST: {"$min": _DATE},
    Measure.DAYS_SINCE_LAST: {"$max": _DATE},
}


def _closed(rule: Behaviour) -> Stages:
    match rule.measure:
        case Measure.SUM | Measure.AVERAGE | Measure.QUANTITY:
            return [{"$set": {"value": {"$round": ["$value", DECIMALS]}}}]
        case Measure.DISTINCT_PRODUCTS:
            return [{"$set": {"value": {"$size": {"$setDifference": ["$value", [None]]}}}}]
        case _:
            return []


def one_by_one(rule: Behaviour, clock: Clock, customer_id: str) -> Stages:
    """The stages that give one customer's orders of all time that a behaviour could be about.

    Each as `{createdAt, total, quantity, products}`; what is no date or number is null, `products` are those
    of the matching lines.
    """
    anytime = orders(replace(rule, within=None), Clock(_END, clock.zone))
    stages: Stages = [{"$match": {"$and": [{"customerId": customer_id}, anytime]}}]
    taken: dict[str, Any] = {"createdAt": {"$first": _DATE}, "total": {"$first": _number("$total")}}
    if rule.measure in _OF_LINES:
        lines = {"$cond": [{"$isArray": "$products"}, "$products", []]}
        stages += [
            {"$project": {"createdAt": 1, "total": 1, "products": lines}},
            {"$unwind": "$products"},
            {"$match": {"$and": [{"products": {"$type": "object"}}, *_lines(rule, clock, "products.")]}},
        ]
        taken |= {"quantity": {"$sum": _number("$products.quantity")}, "products": {"$addToSet": _PRODUCT}}
    return [*stages, {"$group": {"_id": "$_id", **taken}}, {"$sort": {"createdAt": 1, "_id": 1}}]
