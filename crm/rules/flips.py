"""What one customer's own values come to at any instant, and when that changes. Pure.

`Truth` says whether a node holds at an instant, and names the later instants at which it may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from crm.rules.behaviours import FROM_ZERO
from crm.rules.moments import Clock
from crm.rules.mongo_orders import DECIMALS, window
from crm.rules.nodes import Behaviour, Condition, Join, Measure
from crm.rules.operators import Operator
from crm.rules.predicates import Calendar, OneOf, Predicate, Range
from crm.rules.values import Value

_HORIZON = timedelta(days=73_100)  # the longest length that a rule may name
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_MOST_CHANGES = 500
_DAYS_AHEAD = 800  # two anniversaries and more
_TURNS = 4


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether something holds at an instant, and the instants after now at which that may change."""

    at: Callable[[datetime], bool]
    changes: tuple[datetime, ...] = ()

    def flip(self, now: datetime) -> datetime | None:
        """The first later instant at which it says the opposite of what it says now."""
        held = self.at(now)
        return next((at for at in self.changes if self.at(at) is not held), None)


def always(holds: bool) -> Truth:
    return Truth(lambda _: holds)


def joined(join: Join, each: Sequence[Truth]) -> Truth:
    """All of these, any, or none."""

    def at(moment: datetime) -> bool:
        held = [one.at(moment) for one in each]
        return all(held) if join is Join.AND else any(held) is (join is Join.OR)

    return Truth(at, _ordered(change for one in each for change in one.changes))


def of_date(condition: Condition, value: datetime | None, now: datetime, zone: tzinfo) -> Truth:
    """A condition on a date, for somebody with this one."""
    operator, asked = condition.operator, condition.value

    def at(moment: datetime) -> bool:
        return _says(operator, asked, value, Clock(moment, zone))

    return Truth(at, () if value is None else _crossings(operator, asked, value, now, zone))


@dataclass(frozen=True, slots=True)
class Bought:
    """One order that a behaviour could be about."""

    at: datetime | None
    total: float | None
    quantity: float
    products: frozenset[Any]


def of_orders(rule: Behaviour, orders: Sequence[Bought], now: datetime, zone: tzinfo) -> Truth:
    """A behaviour, for somebody with these orders."""

    def at(moment: datetime) -> bool:
        clock = Clock(moment, zone)
        return _says(rule.operator, rule.value, measured(rule, orders, clock), clock)

    changes: list[datetime] = []
    for order in orders:
        if order.at is None:
            continue
        if order.at > now:
            changes.append(order.at)
        if rule.within is not None and rule.within.last is not None:
            changes += _first(lambda clock, of=order.at: window(rule.within, clock)[0] > of, now, zone)  # type: ignore[misc]
        if rule.measure in (Measure.DAYS_SINCE_FIRST, Measure.DAYS_SINCE_LAST):
            changes += _crossings(rule.operator, rule.value, order.at, now, zone)
    return Truth(at, _ordered(changes))


def counting(rule: Behaviour, orders: Sequence[Bought], clock: Clock) -> list[Bought]:
    """Those of the orders that lie in the behaviour's time."""
    start, end = window(rule.within, clock)
    return [
        order
        for order in orders
        if (rule.within is None if order.at is None else order.at <= end and (not start or start <= order.at))
    ]


def measured(rule: Behaviour, orders: Sequence[Bought], clock: Clock) -> Any:
    """The measure at an instant: a number, an order's date, or None where there is none."""
    found = counting(rule, orders, clock)
    totals = [order.total for order in found if order.total is not None]
    dates = [order.at for order in found if order.at is not None]
    match rule.measure:
        case Measure.COUNT:
            return len(found)
        case Measure.QUANTITY:
            return round(sum(order.quantity for order in found), DECIMALS)
        case Measure.DISTINCT_PRODUCTS:
            return len(frozenset().union(*(order.products for order in found)))
        case Measure.SUM:
            return round(sum(totals), DECIMALS)
        case Measure.AVERAGE:
            return round(sum(totals) / len(totals), DECIMALS) if totals else None
        case Measure.MIN:
            return min(totals, default=None)
        case Measure.MAX:
            return max(totals, default=None)
        case Measure.DAYS_SINCE_FIRST:
            return min(dates, default=None)
        case Measure.DAYS_SINCE_LAST:
            return max(dates, default=None)


def from_nothing(measure: Measure) -> bool:
    """Whether somebody without a matching order has 0 of it, and not nothing."""
    return measure in FROM_ZERO


def _says(operator: Operator, asked: Value, value: Any, clock: Clock) -> bool:
    return _holds(operator.asks(asked, clock), value) is not bool(operator.negates)


def _holds(predicate: Predicate, value: Any) -> bool:
    if value is None:
        return False
    match predicate:
        case Range(low, high, open_low, open_high):
            above = low is None or (value > low if open_low else value >= low)
            return above and (high is None or (value < high if open_high else value <= high))
        case OneOf(values):
            return value in values
        case Calendar():
            return predicate.holds(value)
        case _:
            return True  # whether it is known at all


def _crossings(
    operator: Operator, asked: Value, value: datetime, now: datetime, zone: tzinfo
) -> tuple[datetime, ...]:
    """When the ends of what is asked for, as they move with the clock, pass a date."""
    if isinstance(operator.asks(asked, Clock(now, zone)), Calendar):
        return _turns(lambda clock: _says(operator, asked, value, clock), now, zone)
    found: list[datetime] = []
    for end in ("low", "high"):

        def passed(clock: Clock, end: str = end) -> tuple[bool, bool]:
            predicate = operator.asks(asked, clock)
            bound = getattr(predicate, end, None)
            return (bound > value, bound >= value) if isinstance(bound, datetime) else (False, False)

        for which in (0, 1):
            found += _first(lambda clock, which=which, passed=passed: passed(clock)[which], now, zone)  # type: ignore[misc]
    return _ordered(found)


def _turns(holds: Callable[[Clock], bool], now: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """The next midnights at which this changes, up to a few, within the coming years."""
    found: list[datetime] = []
    today, held = now.astimezone(zone).date(), holds(Clock(now, zone))
    for days in range(1, _DAYS_AHEAD):
        if today.toordinal() + days > date.max.toordinal() or len(found) == _TURNS:
            break
        midnight = Clock(now, zone).at(today + timedelta(days=days))
        if holds(Clock(midnight, zone)) is not held:
            held = not held
            found.append(midnight)
    return tuple(found)


def _first(passed: Callable[[Clock], bool], now: datetime, zone: tzinfo) -> list[datetime]:
    """The first instant after now, to the millisecond, at which this is true; nothing if it is so now."""

    def at(moment: datetime) -> bool:
        return passed(Clock(moment, zone))

    if now.year > 9700 or at(now) or not at(now + _HORIZON):
        return []
    found = _bisected(at, now, now + _HORIZON)
    # Steps of the calendar are held at the end of a short month, so that the last days before may go back.
    for days in (4, 3, 2, 1):
        earlier = found - days * _DAY
        if earlier > now and at(earlier):
            return [_bisected(at, now, earlier)]
    return [found]


def _bisected(at: Callable[[datetime], bool], low: datetime, high: datetime) -> datetime:
    """An instant where it turns true, being false at `low` and true at `high`."""
    while high - low > _MILLISECOND:
        steps = (high - low) // _MILLISECOND
        middle = low + steps // 2 * _MILLISECOND
        low, high = (low, middle) if at(middle) else (middle, high)
    return high


def _ordered(changes: Any) -> tuple[datetime, ...]:
    return tuple(sorted(set(changes))[:_MOST_CHANGES])
