"""A preview's numbers from the snapshot's columns, in the shape that `crm.stores.audiences.facts` has."""

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm.columnar.facts import gather
from crm.columnar.shelf import State
from crm.distributions import Facts, Months, Steps, Values
from crm.fields import fold
from crm.segments import Rule
from crm.stores import audiences as queries
from crm.stores.connection import Stores

_CITY = Values("city.written")


def facts(
    stores: Stores,
    state: State,
    rule: Rule,
    *,
    now: datetime,
    zone: ZoneInfo,
    spend_edges: Sequence[float],
    sample_size: int,
) -> tuple[dict[str, Any], int]:
    """The facts, and how many customers there are."""
    spend, months = Steps("totalSpent", tuple(spend_edges[:-1])), Months("lastOrdered", zone.key)
    found = gather(
        state, rule, now=now, zone=zone, sums=("totalSpent",), distributions=(spend, months, _CITY),
        sample=sample_size,
    )  # fmt: skip
    cities = _cities(found.bars[_CITY])
    placed = sum(city["customers"] for city in cities)
    summary = {"size": found.size, "totalSpent": found.sums["totalSpent"], "placed": placed}
    return {
        "summary": [summary],
        "spend": _spend(found, spend),
        "cities": cities,
        "lastOrdered": _periods(found.bars[months], zone),
        "sample": queries.sample_of(stores, found.sample),
    }, found.total


def _spend(found: Facts, spend: Steps) -> list[dict[str, Any]]:
    return [
        {"_id": None if step is None or step < 0 else spend.edges[step], "customers": count}
        for step, count in found.bars[spend].items()
        if isinstance(step, int | None)
    ]


def _cities(written: Counter[Hashable]) -> list[dict[str, Any]]:
    """Cities by their folded form, each under the spelling that comes first, the largest city first."""
    cities: dict[str, dict[str, Any]] = {}
    for spelling, count in written.items():
        if spelling is None or not (key := fold(str(spelling))):
            continue
        city = cities.setdefault(key, {"_id": key, "label": str(spelling), "customers": 0})
        city["label"] = min(city["label"], str(spelling))
        city["customers"] += count
    return sorted(cities.values(), key=lambda city: (-city["customers"], city["_id"]))


def _periods(months: Counter[Hashable], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [{"_id": _start(month, zone), "customers": count} for month, count in months.items()]


def _start(month: Hashable, zone: ZoneInfo) -> datetime | None:
    if not isinstance(month, int):
        return None
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(UTC)
