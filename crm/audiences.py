"""Who a rule selects: how many, what they are worth, where they are, who they are.

Every function takes a parsed rule (`crm.rulebook.parse`), the instant `now` that its relative dates and its
orders are measured from, and the `zone` whose days and months they count in. Answers are exact.
"""

import bisect
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from crm import (
    audience_charts,
    audience_columns,
    audience_mongo,
    audience_sets,
    rulebook,
    segments,
    snapshot,
    spellings,
)
from crm.audience_charts import Chart
from crm.distributions import Facts, Values
from crm.errors import FieldError, InvalidInput
from crm.fields import FIELDS, Field, FieldType, fold
from crm.moment import utc_now
from crm.rules.moments import Clock
from crm.rules.values import Unreadable, moment
from crm.segments import Filter, IdSet, Rule
from crm.settings import settings
from crm.stores import audiences as store
from crm.stores.connection import Stores

MONGODB, COLUMNS = "mongodb", "columns"
_STARTERS = ("city", "country", "gender", "tags")
_KNOWN = 500
_MOST_SHOWN = 100
_REACHABLE = segments.parse(
    {
        "type": "group",
        "operator": "OR",
        "conditions": [
            {"type": "condition", "field": field, "operator": "isSet"} for field in ("email", "phone")
        ],
    }
)


@dataclass(frozen=True, slots=True)
class Totals:
    """Money of an audience in the shop's currency; `average_spent` is per customer, None for nobody."""

    total_spent: float
    average_spent: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """An audience at the instant `as_of`: exact size, the number of all customers, money, charts, a sample.

    `reachable` counts who of it has an e-mail address or a phone number. `known_at` is the instant of the
    data that was asked: that of the call in MongoDB, seconds before in columns. `nodes` counts whom each
    node of the rule selects alone, by its path; `steps` what is left (for OR: has come together) after the
    first condition of the root group, the first two and so on. Both are empty where counting them would
    take too long. `sample` are documents of customers (`_id`, name, email, city, totalSpent, orderCount,
    lastOrdered, accountCreated, tags; what a customer lacks is missing), the same ones each time.
    """

    size: int
    total: int
    reachable: int
    totals: Totals
    charts: tuple[Chart, ...]
    sample: tuple[dict[str, Any], ...]
    as_of: datetime
    known_at: datetime
    engine: str
    nodes: Mapping[str, int]
    steps: tuple[int, ...]

    @property
    def share(self) -> float:
        """The share of all customers, 0–1."""
        return self.size / self.total if self.total else 0.0


def preview(
    stores: Stores,
    rule: Rule,
    *,
    now: datetime,
    zone: ZoneInfo,
    charts: Sequence[str] = audience_charts.DEFAULT,
    sample_size: int = 50,
) -> Preview:
    """The audience of a rule with everything a screen shows about it; `charts` are names of fields.

    From the snapshot's columns where there is a fresh one, else from MongoDB.
    """
    called = utc_now()
    state = snapshot.fresh(stores, settings(), now=called)
    fields = rulebook.fields(stores)
    chosen = [fields[name] for name in dict.fromkeys(charts) if name in fields]
    asked: dict[str, Any] = {"now": now, "zone": zone, "sums": ("totalSpent",), "sample": sample_size}
    asked["within"] = {"reachable": _REACHABLE}
    asked["distributions"] = [audience_charts.asked(field, zone) for field in chosen]
    if state is not None:
        found = audience_columns.facts(stores, state, rule, **asked)
    else:
        found = audience_mongo.facts(stores, rule, fields=fields, **asked)
    return Preview(
        size=found.size,
        total=max(found.total, found.size),  # somebody may have been deleted between two answers
        reachable=found.within["reachable"],
        totals=_totals(found.size, found.sums["totalSpent"]),
        charts=tuple(_chart(stores, field, found, zone) for field in chosen),
        sample=tuple(store.sample_of(stores, found.sample)),
        as_of=now,
        known_at=state.as_of if state else called,
        engine=COLUMNS if state else MONGODB,
        nodes=found.nodes,
        steps=tuple(found.steps),
    )


def _chart(stores: Stores, field: Field, found: Facts, zone: ZoneInfo) -> Chart:
    distribution = audience_charts.asked(field, zone)
    counts = found.bars[distribution]
    written: dict[str, str] = {}
    if isinstance(distribution, Values) and field.type in (FieldType.TEXT, FieldType.TAGS):
        written = spellings.written(stores, field, audience_charts.most_frequent(counts))
    return audience_charts.chart(field, counts, size=found.size, zone=zone, written=written)


def _queries(stores: Stores, rule: Rule, now: datetime, zone: ZoneInfo) -> Iterator[Filter]:
    """Filters, for ascending ranges of ids, that together select whom the rule selects now."""
    sets = audience_sets.resolve(stores, rule, now=now, zone=zone)
    return audience_sets.queries(rule, sets, now=now, zone=zone)


def count(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> int:
    """How many customers the rule selects."""
    return sum(store.count(stores, query) for query in _queries(stores, rule, now, zone))


def total(stores: Stores) -> int:
    """How many customers there are."""
    return store.total(stores)


def anybody(stores: Stores) -> bool:
    """Whether there is any customer at all. Takes no longer for a million of them."""
    return store.anybody(stores)


def customer_ids(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Ids of the selected customers, ascending, each once, from one evaluation of the rule."""
    for query in _queries(stores, rule, now, zone):
        yield from store.ids(stores, query)


def sample_customers(
    stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, limit: int = 10
) -> list[dict[str, Any]]:
    """A few selected customers, whole documents, the same ones each time."""
    each = [store.sample(stores, query, limit) for query in _queries(stores, rule, now, zone)]
    return heapq.nsmallest(limit, (one for some in each for one in some), key=_drawn_by)


def _drawn_by(customer: dict[str, Any]) -> tuple[float, str]:
    return float(customer.get("bucket", float("inf"))), customer["_id"]


def members(
    stores: Stores,
    rule: Rule,
    paths: Sequence[str],
    *,
    now: datetime,
    zone: ZoneInfo,
    after: str | None = None,
    limit: int = 0,
) -> Iterator[dict[str, Any]]:
    """Selected customers by `_id`: documents with these paths. `after` resumes behind an id; 0 is all."""
    found = (
        customer
        for query in _queries(stores, rule, now, zone)
        for customer in store.members(stores, query, paths, after=after, limit=limit)
    )
    return islice(found, limit) if limit else found


def filter_text(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> str:
    """The MongoDB filter of a rule, as text that mongosh and Compass take.

    Ids that were found in other collections stand in it; where they are many, only how many they are.
    """
    sets = audience_sets.resolve(stores, rule, now=now, zone=zone)
    short = {
        path: found
        if len(found.ids) <= _MOST_SHOWN
        else IdSet((f"… {len(found.ids):,} ids",), found.complement)
        for path, found in sets.items()
    }
    return store.shell_form(segments.to_filter(rule, now=now, zone=zone, sets=short))


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
        found[name] = values_of(stores, FIELDS[name])
    return found


def values_of(stores: Stores, field: Field) -> tuple[str, ...]:
    """Values that the data has in a text or tags field, most frequent first, each spelling once."""
    once: dict[str, str] = {}
    for value in (*store.known_values(stores, field.path, _KNOWN), *field.options):
        once.setdefault(fold(value), value)
    return tuple(once.values())


def big_spend(stores: Stores) -> int | None:
    """A round sum that about one buyer in five has spent more than; None without buyers."""
    spend = store.spend_at(stores, 0.8)
    if spend is None or spend < 1:
        return None
    edges = audience_charts.LADDER
    return int(edges[bisect.bisect_right(edges, spend) - 1])


def _totals(size: int, spent: float) -> Totals:
    return Totals(round(spent, 4), round(spent / size, 4) if size else None)
