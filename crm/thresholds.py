"""How large an audience would be if one condition asked for more, or for less.

dial = dial_of(node)                                        # None: nothing there to turn
found = curve(stores, rule, path, now=now, zone=zone)       # sizes over the values worth trying
rule = nearness.with_node(rule, path, turned(node, 5000))   # the rule with one of them
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm import audience_columns, audience_sets, audiences, calendar_steps, snapshot
from crm.audience_charts import LADDER
from crm.columnar import nearness, spread
from crm.columnar.shelf import State
from crm.fields import Field, FieldType
from crm.moment import utc_now
from crm.rules.behaviours import MEASURES
from crm.rules.nodes import Behaviour, Condition, Rule, Top, walk
from crm.rules.values import Age, Span, Unit, Unreadable, days_of_year
from crm.settings import settings
from crm.stores import audiences as store
from crm.stores.connection import Stores

MOST = 24
MOST_LIVE = 12  # values that MongoDB is asked for, a query each
_COUNTS = (*range(13), 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)
_LENGTHS = {
    Unit.MINUTES: (5, 10, 15, 30, 45, 60, 90, 120, 180, 360, 720, 1440, 2880, 4320),
    Unit.HOURS: (1, 2, 3, 6, 12, 18, 24, 36, 48, 72, 96, 120, 168, 336, 720),
    Unit.DAYS: (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 270, 365, 450, 545, 730, 1095,
                1460),
    Unit.WEEKS: (1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 39, 52, 78, 104, 156),
    Unit.MONTHS: (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 18, 24, 30, 36, 48, 60),
    Unit.YEARS: (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20),
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Node = Condition | Behaviour


@dataclass(frozen=True, slots=True)
class Dial:
    """An amount in a node: a number in its field, so many of a unit of time, or a day of the calendar, which
    is counted as `date.toordinal` does.

    `end` says which one of two: 0 the lower, 1 the upper; None where there is one alone.
    """

    amount: float
    field: Field
    unit: Unit | None = None
    end: int | None = None
    dated: bool = False

    def raw(self, amount: float) -> int | float | str:
        """An amount as the rule's JSON has it."""
        if self.dated:
            return date.fromordinal(int(amount)).isoformat()
        return int(amount) if float(amount).is_integer() else amount


@dataclass(frozen=True, slots=True)
class Curve:
    """The audience's size for each amount, ascending; the node's own amount is among them."""

    dial: Dial
    amounts: tuple[float, ...]
    sizes: tuple[int, ...]


def dials_of(node: Rule) -> tuple[Dial, ...]:
    """What can be turned in a node: its one amount, or the two that it lies between; a random share can't."""
    if not isinstance(node, Condition | Behaviour):
        return ()
    field = MEASURES[node.measure] if isinstance(node, Behaviour) else node.field
    if node.operator.name == "between" and isinstance(node.value, tuple):
        both = [_dial(item, field, end) for end, item in enumerate(node.value)]
        return tuple(dial for dial in both if dial is not None)
    one = _dial(node.value, field)
    return () if one is None else (one,)


def _dial(value: object, field: Field, end: int | None = None) -> Dial | None:
    match value:
        case bool():
            return None
        case Age(days):
            return Dial(days, field, Unit.DAYS, end)
        case Span(amount, unit):
            return Dial(amount, field, unit, end)
        case int() | float() if field.name != "bucket":
            return Dial(value, field, None, end)
        case date() if not isinstance(value, datetime):
            return Dial(value.toordinal(), field, None, end, dated=True)
        case _:
            return None


def turned(node: Node, dial: Dial, amount: float) -> Node:
    """The node with another amount at one of its dials, in its JSON too."""
    if isinstance(node.value, Span):
        key = next(iter(node.raw)) if isinstance(node.raw, dict) else "last"
        span = Span(int(amount), node.value.unit)
        return replace(node, value=span, raw={key: {str(span.unit): span.amount}})
    raw = dial.raw(amount)
    new: Any = Age(int(amount)) if dial.unit is not None else raw
    if dial.dated:
        new = date.fromordinal(int(amount))
    if dial.end is None or not isinstance(node.value, tuple):
        return replace(node, value=new, raw=raw)
    values, raws = list(node.value), [one.raw(one.amount) for one in dials_of(node)]
    values[dial.end], raws[dial.end] = new, raw
    return replace(node, value=tuple(values), raw=raws)


def curve(stores: Stores, rule: Rule, path: str, *, now: datetime, zone: ZoneInfo, which: int = 0) -> Curve:
    """The exact sizes for the values worth trying at the node at `path`, from the snapshot where it is fresh.

    `which` of its dials is turned. Raises KeyError where there is no such node, or nothing to turn in it.
    """
    node = dict(walk(rule))[path]
    dials = dials_of(node)
    if which >= len(dials) or not isinstance(node, Condition | Behaviour):
        raise KeyError(path)
    dial = dials[which]
    state = snapshot.fresh(stores, settings(), now=utc_now())
    amounts = _worth_trying(stores, state, node, dial, zone)
    rules = [nearness.with_node(rule, path, turned(node, dial, amount)) for amount in amounts]
    if state is not None:
        sets = audience_columns.sets(stores, rule)
        sizes = nearness.curve(state, rules, now=now, zone=zone, path=path, sets=sets)
    else:
        sizes = _live(stores, rules, path, now=now, zone=zone)
    return Curve(dial, tuple(amounts), tuple(sizes))


def _live(stores: Stores, rules: Sequence[Rule], path: str, *, now: datetime, zone: ZoneInfo) -> list[int]:
    """The sizes from MongoDB; what other nodes ask of other collections is asked once."""
    nodes = dict(walk(rules[0]))
    ranked = any(isinstance(node, Top) and path.startswith(f"{at}.") for at, node in nodes.items())
    if ranked or isinstance(nodes[path], Behaviour):
        return [audiences.count(stores, rule, now=now, zone=zone) for rule in rules]
    sets = audience_sets.resolve(stores, rules[0], now=now, zone=zone)
    return [
        sum(store.count(stores, query) for query in audience_sets.queries(rule, sets, now=now, zone=zone))
        for rule in rules
    ]


def _worth_trying(stores: Stores, state: State | None, node: Node, dial: Dial, zone: ZoneInfo) -> list[float]:
    """Round amounts over the range where the answer changes, ascending, with the present one."""
    most = MOST if state is not None else MOST_LIVE
    if dial.unit is not None:
        found: Iterable[float] = _lengths(node, dial.unit)
    elif dial.dated:
        found = [day.toordinal() for day in _days(stores, state, dial, zone, most)]
    elif isinstance(node, Behaviour):
        found = _around(dial)
    elif state is not None:
        found = map(_round(dial.field), spread.quantiles(state, dial.field.column, 2 * most))
    else:
        found = map(_round(dial.field), store.spread(stores, dial.field.path, 2 * most))
    inside = [amount for amount in {*found, dial.amount} if _in_order(node, dial, amount)]
    return _thinned(sorted(inside), dial.amount, most)


def _in_order(node: Node, dial: Dial, amount: float) -> bool:
    """Whether the lower of two amounts stays the lower one."""
    if dial.end is None:
        return True
    other = dials_of(node)[1 - dial.end].amount
    return amount <= other if dial.end == 0 else amount >= other


def _lengths(node: Node, unit: Unit) -> list[int]:
    found = list(_LENGTHS[unit])
    if isinstance(node, Condition) and node.operator.name.startswith("anniversary"):
        return [amount for amount in found if _is_of_year(amount, unit)]
    return found


def _is_of_year(amount: int, unit: Unit) -> bool:
    try:
        days_of_year({"last": {str(unit): amount}}, "last")
    except Unreadable:
        return False
    return True


def _around(dial: Dial) -> list[float]:
    """What orders are asked by has no spread of its own: round amounts from nothing to far above this one."""
    if dial.field.type is FieldType.MONEY:
        top = max(dial.amount * 20, 1000)
        return [step for step in LADDER if (step == 0 or step >= 1) and dial.amount / 50 <= step <= top]
    return [count for count in _COUNTS if count <= max(12, dial.amount * 4)]


def _days(stores: Stores, state: State | None, dial: Dial, zone: ZoneInfo, most: int) -> list[date]:
    """Round days over all that anybody has in the field; none where nobody has one."""
    if state is not None:
        known = spread.quantiles(state, dial.field.column, 2 * most)
        instants = [_EPOCH + timedelta(milliseconds=at) for at in known]
    else:
        instants = store.spread_days(stores, dial.field.path, 2 * most)
    return calendar_steps.near([at.astimezone(zone).date() for at in instants], most)


def _round(field: Field) -> Any:
    """Two digits are as much as anybody tries: 12,345 is 12,000; whole where the field is."""

    def rounded(value: float) -> float:
        if value == 0 or not math.isfinite(value):
            return 0
        near = round(value, 1 - math.floor(math.log10(abs(value))))
        return int(near) if field.type is FieldType.INTEGER or near.is_integer() else near

    return rounded


def _thinned(amounts: list[float], kept: float, most: int) -> list[float]:
    """At most so many of them, the first, the last and `kept` among them."""
    if len(amounts) <= most:
        return amounts
    step = (len(amounts) - 1) / (most - 2)
    chosen = {amounts[round(number * step)] for number in range(most - 1)}
    return sorted({*chosen, amounts[0], kept})
