"""Who a rule selects now: how many, what they are worth, where they are, who they are.

Every function takes a parsed rule (`crm.segments.parse`), the instant `now` that its relative dates are
measured from, and the `zone` whose days and months they count in. Answers are exact.
"""

import bisect
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import audience_columns, segments, snapshot
from crm.errors import FieldError, InvalidInput
from crm.fields import FIELDS, fold
from crm.moment import utc_now
from crm.rules.moments import Clock
from crm.rules.values import Unreadable, moment
from crm.segments import Rule
from crm.settings import settings
from crm.stores import audiences as queries
from crm.stores.connection import Stores

MONGODB, COLUMNS = "mongodb", "columns"
CITIES = 8
_CENT = 0.00005  # below the smallest sum that is kept, so that nothing spent is a bar by itself
_SPEND_EDGES = (0.0, _CENT, *(step * 10.0**power for power in range(9) for step in (1, 2, 5)), float("inf"))
_MOST_BARS = 10  # spend bars in one chart: more are merged by twos
_MOST_PERIODS = 30  # bars over time: beyond them months become quarters, quarters years, years decades
_WIDTHS = (1, 3, 12, 120, 1200)
_STARTERS = ("city", "country", "gender", "tags")
_KNOWN = 500


@dataclass(frozen=True, slots=True)
class Totals:
    """Money of an audience in the shop's currency; `average_spent` is per customer, None for nobody."""

    total_spent: float
    average_spent: float | None


@dataclass(frozen=True, slots=True)
class SpendBar:
    """Customers whose total spend is at least `low` and below `high`; low = high = 0 are those without."""

    low: float
    high: float
    customers: int


@dataclass(frozen=True, slots=True)
class CityBar:
    """Customers in one city; city None is all other cities, an empty text those without a city."""

    city: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class PeriodBar:
    """Customers whose last order fell into the period from `start`; start None are those without orders."""

    start: datetime | None
    months: int
    customers: int


@dataclass(frozen=True, slots=True)
class Charts:
    """What the three charts of a preview show; each one's bars add up to the size of the audience."""

    spend: tuple[SpendBar, ...]
    cities: tuple[CityBar, ...]
    last_orders: tuple[PeriodBar, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """An audience at the instant `as_of`: exact size, the number of all customers, money, charts, a sample.

    `known_at` is the instant of the data that was asked: `as_of` in MongoDB, seconds before in columns.
    `sample` are documents of customers (`_id`, name, email, city, totalSpent, orderCount, lastOrdered,
    accountCreated, tags; what a customer lacks is missing), the same ones each time.
    """

    size: int
    total: int
    totals: Totals
    charts: Charts
    sample: tuple[dict[str, Any], ...]
    as_of: datetime
    known_at: datetime
    engine: str

    @property
    def share(self) -> float:
        """The share of all customers, 0–1."""
        return self.size / self.total if self.total else 0.0


def preview(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, sample_size: int = 50) -> Preview:
    """The audience of a rule with everything a screen shows about it.

    From the snapshot's columns where there is a fresh one, else from one pass over the data in MongoDB.
    """
    state = snapshot.fresh(stores, settings(), now=utc_now())
    if state is not None:
        facts, everyone = audience_columns.facts(
            stores, state, rule, now=now, zone=zone, spend_edges=_SPEND_EDGES, sample_size=sample_size
        )
    else:
        facts, everyone = _ask_mongodb(stores, rule, now=now, zone=zone, sample_size=sample_size)
    summary = facts["summary"][0] if facts["summary"] else {"size": 0, "totalSpent": 0, "placed": 0}
    size = int(summary["size"])
    return Preview(
        size=size,
        total=max(everyone, size),  # somebody may have been deleted between two answers
        totals=_totals(size, float(summary["totalSpent"])),
        charts=Charts(
            spend=_spend_bars(facts["spend"]),
            cities=_city_bars(facts["cities"][:CITIES], placed=int(summary["placed"]), size=size),
            last_orders=_period_bars(facts["lastOrdered"], zone),
        ),
        sample=tuple(facts["sample"]),
        as_of=now,
        known_at=state.as_of if state else now,
        engine=COLUMNS if state else MONGODB,
    )


def _ask_mongodb(
    stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, sample_size: int
) -> tuple[dict[str, Any], int]:
    query = segments.to_filter(rule, now=now, zone=zone)
    with ThreadPoolExecutor(max_workers=1) as beside:
        everyone = beside.submit(queries.total, stores)
        facts = queries.facts(
            stores, query, spend_edges=_SPEND_EDGES, zone=zone, cities=CITIES, sample_size=sample_size
        )
    return facts, everyone.result()


def count(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> int:
    """How many customers the rule selects."""
    return queries.count(stores, segments.to_filter(rule, now=now, zone=zone))


def total(stores: Stores) -> int:
    """How many customers there are."""
    return queries.total(stores)


def anybody(stores: Stores) -> bool:
    """Whether there is any customer at all. Takes no longer for a million of them."""
    return queries.anybody(stores)


def customer_ids(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Ids of the selected customers, ascending, each once, from one evaluation of the rule."""
    return queries.ids(stores, segments.to_filter(rule, now=now, zone=zone))


def sample_customers(
    stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, limit: int = 10
) -> list[dict[str, Any]]:
    """A few selected customers, whole documents, the same ones each time."""
    return queries.sample(stores, segments.to_filter(rule, now=now, zone=zone), limit)


def members(
    stores: Stores,
    rule: Rule,
    fields: Sequence[str],
    *,
    now: datetime,
    zone: ZoneInfo,
    after: str | None = None,
    limit: int = 0,
) -> Iterator[dict[str, Any]]:
    """Selected customers by `_id` with these fields. `after` resumes behind an id; limit 0 is all."""
    query = segments.to_filter(rule, now=now, zone=zone)
    return queries.members(stores, query, fields, after=after, limit=limit)


def filter_text(rule: Rule, *, now: datetime, zone: ZoneInfo) -> str:
    """The MongoDB filter of a rule, as text that mongosh and Compass take."""
    return queries.shell_form(segments.to_filter(rule, now=now, zone=zone))


def instant(as_of: object, *, now: datetime, zone: ZoneInfo, field: str = "asOf") -> datetime:
    """The instant that a request's `asOf` names: an ISO date (its midnight) or time; `now` without one.

    Raises InvalidInput for anything else.
    """
    if as_of is None or as_of == "":
        return now
    try:
        return Clock(now, zone).at(moment(as_of))
    except Unreadable as error:
        raise InvalidInput(error.reason, [FieldError(field, error.reason)]) from None


def known_values(stores: Stores) -> dict[str, tuple[str, ...]]:
    """Values that the data has in each field people choose from, most frequent first, each spelling once."""
    found: dict[str, tuple[str, ...]] = {}
    for name in _STARTERS:
        values = (*queries.known_values(stores, name, _KNOWN), *FIELDS[name].options)
        once: dict[str, str] = {}
        for value in values:
            once.setdefault(fold(value), value)
        found[name] = tuple(once.values())
    return found


def big_spend(stores: Stores) -> int | None:
    """A round sum that about one buyer in five has spent more than; None without buyers."""
    spend = queries.spend_at(stores, 0.8)
    if spend is None or spend < 1:
        return None
    return int(_SPEND_EDGES[bisect.bisect_right(_SPEND_EDGES, spend) - 1])


def _totals(size: int, spent: float) -> Totals:
    return Totals(round(spent, 4), round(spent / size, 4) if size else None)


def _spend_bars(found: list[dict[str, Any]]) -> tuple[SpendBar, ...]:
    """Bars between the lowest and the highest that anybody is in, at most ten, zero by itself."""
    counts = {bar["_id"]: int(bar["customers"]) for bar in found}
    none = counts.pop(0.0, 0) + counts.pop(None, 0)
    bars = [SpendBar(0.0, 0.0, none)] if none else []
    if not counts:
        return tuple(bars)
    edges = [edge for edge in _SPEND_EDGES if min(counts) <= edge <= max(counts)]
    step = -(-len(edges) // _MOST_BARS)
    for start in range(0, len(edges), step):
        part = edges[start : start + step]
        high = _SPEND_EDGES[_SPEND_EDGES.index(part[-1]) + 1]
        low = 0.0 if part[0] == _CENT else part[0]
        bars.append(SpendBar(low, high, sum(counts.get(edge, 0) for edge in part)))
    return tuple(bars)


def _city_bars(found: list[dict[str, Any]], *, placed: int, size: int) -> tuple[CityBar, ...]:
    bars = [CityBar(str(city["label"]), int(city["customers"])) for city in found]
    others = placed - sum(bar.customers for bar in bars)
    if others > 0:
        bars.append(CityBar(None, others))
    if size > placed:
        bars.append(CityBar("", size - placed))
    return tuple(bars)


def _period_bars(found: list[dict[str, Any]], zone: ZoneInfo) -> tuple[PeriodBar, ...]:
    """One bar a period from the first to the last order, gaps included, then those without orders."""
    counts = {_month_number(bar["_id"], zone): int(bar["customers"]) for bar in found if bar["_id"]}
    never = sum(int(bar["customers"]) for bar in found if not bar["_id"])
    bars: list[PeriodBar] = []
    if counts:
        first, last = min(counts), max(counts)
        width = next((months for months in _WIDTHS if last - first < months * _MOST_PERIODS), _WIDTHS[-1])
        for start in range(max(12, first - first % width), last + 1, width):
            within = sum(counts.get(month, 0) for month in range(start, start + width))
            bars.append(PeriodBar(datetime(start // 12, start % 12 + 1, 1, tzinfo=zone), width, within))
    if never:
        bars.append(PeriodBar(None, 0, never))
    return tuple(bars)


def _month_number(start: datetime, zone: ZoneInfo) -> int:
    local = start.astimezone(zone)
    return local.year * 12 + local.month - 1
