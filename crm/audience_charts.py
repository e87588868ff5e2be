"""The charts of an audience: what is counted for a field, and the bars that are shown of it. Pure."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from crm.distributions import Distribution, Months, Steps, Values
from crm.fields import NUMERIC, Field, FieldType

DEFAULT = ("totalSpent", "orderCount", "lastOrdered", "accountCreated", "city", "tags")
WITHOUT = frozenset({"name", "email", "phone", "externalId"})
"""Fields that tell people apart: a chart of them says nothing."""

VALUES = 8  # bars of a chart by value; the rest is one bar
_CENT = 0.00005  # below the smallest sum that is kept, so that nothing at all is a bar by itself
LADDER = (0.0, _CENT, *(step * 10.0**power for power in range(9) for step in (1, 2, 5)))
_MANTISSAS = (1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)
_FINE = (0.0, _CENT, *(round(step * 10.0**power, 6) for power in range(-2, 9) for step in _MANTISSAS))
"""Edges for numbers of which nothing is known: no bar is wider than a third of what it begins with."""
_WIDTHS_OF = {"age": 10, "bucket": 1000}  # fields that are read in even steps
_MOST_BARS = 10  # in a chart of numbers: more are merged by twos
_MOST_PERIODS = 30  # bars over time: beyond them months become quarters, quarters years, years decades
_PERIODS = (1, 3, 12, 120, 1200)


@dataclass(frozen=True, slots=True)
class StepBar:
    """Customers with a number of at least `low` and below `high`.

    Both 0: nothing at all. `low` None: below `high`. Both None: no such number is known of them.
    """

    low: float | None
    high: float | None
    customers: int


@dataclass(frozen=True, slots=True)
class ValueBar:
    """Customers with this value, as somebody wrote it; None is all other values, an empty text no value."""

    value: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class PeriodBar:
    """Customers whose instant falls into the months from `start`; start None are those without one."""

    start: datetime | None
    months: int
    customers: int


Bar = StepBar | ValueBar | PeriodBar


@dataclass(frozen=True, slots=True)
class Chart:
    """How an audience is spread over a field. Of a field of tags, somebody may be in several bars."""

    field: Field
    bars: tuple[Bar, ...]


def asked(field: Field, zone: ZoneInfo) -> Distribution:
    """What has to be counted for a chart of this field."""
    if field.type in NUMERIC:
        return Steps(field.column, _edges(field))
    return Months(field.column, zone.key) if field.type is FieldType.DATE else Values(field.column)


def _edges(field: Field) -> tuple[float, ...]:
    if field.key is not None:
        return _FINE
    width = _WIDTHS_OF.get(field.name)
    return tuple(float(width * step) for step in range(11)) if width else LADDER


def most_frequent(counts: Mapping[Hashable, int]) -> list[str]:
    """The values that get a bar of their own, most customers first."""
    known = [(-number, str(value)) for value, number in counts.items() if isinstance(value, str) and value]
    return [value for _, value in sorted(known)[:VALUES]]


def chart(
    field: Field, counts: Counter[Hashable], *, size: int, zone: ZoneInfo, written: Mapping[str, str]
) -> Chart:
    """The bars of what was counted for an audience of `size`; `written` has folded values as people write."""
    if field.type in NUMERIC:
        return Chart(field, _step_bars(counts, _edges(field)))
    if field.type is FieldType.DATE:
        return Chart(field, _period_bars(counts, zone))
    if field.type is FieldType.BOOLEAN:
        flags = ((True, "yes"), (False, "no"))
        bars = [ValueBar(name, counts[flag]) for flag, name in flags if counts[flag]]
        return Chart(field, (*bars, *_unknown(size - counts[True] - counts[False])))
    return Chart(field, _value_bars(field, counts, size, written))


def _value_bars(
    field: Field, counts: Counter[Hashable], size: int, written: Mapping[str, str]
) -> tuple[ValueBar, ...]:
    top = most_frequent(counts)
    bars = [ValueBar(written.get(value, value), counts[value]) for value in top]
    named = sum(bar.customers for bar in bars)
    others = counts.total() - counts[None] - named
    missing = counts[None] if field.type is FieldType.TAGS else size - others - named
    rest = (ValueBar(None, others),) if others else ()
    return (*bars, *rest, *_unknown(missing))


def _unknown(customers: int) -> tuple[ValueBar, ...]:
    return (ValueBar("", customers),) if customers > 0 else ()


def _step_bars(found: Counter[Hashable], edges: Sequence[float]) -> tuple[StepBar, ...]:
    """Bars between the lowest and the highest that anybody is in, at most ten, zero by itself."""
    counts = {step: number for step, number in found.items() if isinstance(step, int) and number}
    bars: list[StepBar] = []
    if below := counts.pop(-1, 0):
        bars.append(StepBar(None, edges[0], below))
    if edges[1] == _CENT and (nothing := counts.pop(0, 0)):
        bars.append(StepBar(0.0, 0.0, nothing))
    if counts:
        steps = range(min(counts), max(counts) + 1)
        width = -(-len(steps) // _MOST_BARS)
        for start in range(steps.start, steps.stop, width):
            part = range(start, min(start + width, steps.stop))
            low = 0.0 if edges[start] == _CENT else edges[start]
            high = edges[part.stop] if part.stop < len(edges) else None
            within = sum(counts.get(step, 0) for step in part)
            bars.append(StepBar(low, float("inf") if high is None else high, within))
    if unknown := found[None]:
        bars.append(StepBar(None, None, unknown))
    return tuple(bars)


def _period_bars(found: Counter[Hashable], zone: ZoneInfo) -> tuple[PeriodBar, ...]:
    """One bar a period from the first to the last instant, gaps included, then those without one."""
    counts = {month: number for month, number in found.items() if isinstance(month, int) and number}
    bars: list[PeriodBar] = []
    if counts:
        first, last = min(counts), max(counts)
        width = next((months for months in _PERIODS if last - first < months * _MOST_PERIODS), _PERIODS[-1])
        for start in range(max(12, first - first % width), last + 1, width):
            within = sum(counts.get(month, 0) for month in range(start, start + width))
            bars.append(PeriodBar(datetime(start // 12, start % 12 + 1, 1, tzinfo=zone), width, within))
    if never := found[None]:
        bars.append(PeriodBar(None, 0, never))
    return tuple(bars)
