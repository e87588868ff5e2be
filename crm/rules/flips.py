"""What one customer's own values come to at any instant, and when that changes. Pure.

`Truth` says whether a node holds at an instant, and names the later instants at which it may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

from crm.rules.behaviours import FROM_ZERO
from crm.rules.moments import Clock
from crm.rules.mongo_orders import DECIMALS, window
from crm.rules.nodes import Behaviour, Condition, Join, Measure, Window
from crm.rules.operators import Operator
from crm.rules.predicates import Calendar, OneOf, Predicate, Range
from crm.rules.values import Span, Unit, Value

_HORIZON = timedelta(days=73_100)  # the longest length that a rule may name
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_MOST_CHANGES = 500
_DAYS_AHEAD = 800  # two anniversaries and more
_TURNS = 4
_LAST_YEAR = 9700
_QUARTER = timedelta(minutes=15)  # days begin, and clocks are changed, at quarters of an hour
_DAYS_OF_TURNS = 5


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
            left = partial(_left, rule.within, order.at)
            changes += _turning(left, now, zone, _wanders(rule.within.last))
        if rule.measure in (Measure.DAYS_SINCE_FIRST, Measure.DAYS_SINCE_LAST):
            changes += _crossings(rule.operator, rule.value, order.at, now, zone)
    return Truth(at, _ordered(changes))


def _left(within: Window, placed: datetime, clock: Clock) -> bool:
    start, _ = window(within, clock)
    return start is not None and start > placed


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
            found += _turning(partial(_at, passed, which), now, zone, _wanders(asked))
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


def _at(passed: Callable[[Clock], tuple[bool, bool]], which: int, clock: Clock) -> bool:
    return passed(clock)[which]


def _wanders(length: Any) -> bool:
    """Whether the instant so long ago goes back at times: from 31 March a month ago is 28 February, as from
    30 March, but at an earlier hour of it; and when the clocks are put back, so is it."""
    return isinstance(length, Span) and length.unit in (Unit.MONTHS, Unit.YEARS)


def _turning(passed: Callable[[Clock], bool], now: datetime, zone: tzinfo, wanders: bool) -> list[datetime]:
    """The instants after now at which this turns true, and those at which it turns back for some days."""
    found = _first(passed, now, zone)
    if not wanders or now.year > _LAST_YEAR:
        return found
    for start in (now, *found):
        found += _turns_back(lambda at: passed(Clock(at, zone)), start)
    return found


def _turns_back(holds: Callable[[datetime], bool], start: datetime) -> list[datetime]:
    """When this changes in the days after an instant."""
    found: list[datetime] = []
    before, held = start, holds(start)
    moment = start.replace(minute=0, second=0, microsecond=0)
    for _ in range(_DAYS_OF_TURNS * 96):
        moment += _QUARTER
        if moment <= start:
            continue
        if holds(moment) is not held:
            found.append(_bisected(partial(_differs, holds, held), before, moment))
            held = not held
        before = moment
    return found


def _differs(holds: Callable[[datetime], bool], held: bool, at: datetime) -> bool:
    return holds(at) is not held


def _first(passed: Callable[[Clock], bool], now: datetime, zone: tzinfo) -> list[datetime]:
    """The first instant after now, to the millisecond, at which this is true; nothing if it is so now."""

    def at(moment: datetime) -> bool:
        return passed(Clock(moment, zone))

    if now.year > _LAST_YEAR or at(now) or not at(now + _HORIZON):
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
