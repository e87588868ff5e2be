"""RFM: customers by recency, frequency and monetary value, each scored 1 to 5 by quintiles.

The method is A. M. Hughes's (Strategic Database Marketing, 1994): five equal parts by last order, number of
orders and money spent. The ten groups are the usual names for areas of the recency × frequency grid, made
popular by Putler's guide to RFM analysis. Scores are defined by edges, not by ranks: people with the same
number of orders get the same score, and every group is a rule that anybody can read.

Pure: frames in, frames and rule trees out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

SCORES = (1, 2, 3, 4, 5)
_QUINTILES = (0.2, 0.4, 0.6, 0.8)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Area:
    """A named group: its recency and frequency scores from–to, and what to do about it."""

    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    meaning: str


AREAS = (
    Area("Champions", (5, 5), (4, 5), "bought lately and often"),
    Area("Loyal customers", (3, 4), (4, 5), "buy often"),
    Area("Potential loyalists", (4, 5), (2, 3), "bought lately, more than once"),
    Area("New customers", (5, 5), (1, 1), "first bought very lately"),
    Area("Promising", (4, 4), (1, 1), "bought lately, once"),
    Area("Need attention", (3, 3), (3, 3), "neither recent nor rare"),
    Area("About to sleep", (3, 3), (1, 2), "bought little, some time ago"),
    Area("Can't lose them", (1, 2), (5, 5), "bought most often, long ago"),
    Area("At risk", (1, 2), (3, 4), "bought often, long ago"),
    Area("Hibernating", (1, 2), (1, 2), "bought little, long ago"),
)


@dataclass(frozen=True, slots=True)
class Rfm:
    """Scored customers and the edges of the scores.

    `customers` is indexed by customer id: last_ordered, orders, spent, days (since the last order), recency,
    frequency, monetary (1–5, 5 is best), group. `recency_days`: at most so many days ago is at least score 5,
    4, 3, 2. `order_edges`, `spent_edges`: more than this is at least score 2, 3, 4, 5.
    """

    customers: pd.DataFrame
    recency_days: tuple[int, ...]
    order_edges: tuple[int, ...]
    spent_edges: tuple[float, ...]


def scored(customers: pd.DataFrame, *, now: datetime) -> Rfm:
    """Score customers (columns last_ordered, orders, spent). No customers, no edges."""
    customers = customers.copy()
    age = pd.Timestamp(now) - customers["last_ordered"]
    customers["days"] = age / _DAY
    if customers.empty:
        for column in ("recency", "frequency", "monetary"):
            customers[column] = pd.Series(dtype="int64")
        return Rfm(customers.assign(group=pd.Series(dtype="object")), (), (), ())
    # Whole days, so that the edge can be said: "ordered in the last 23 days".
    recency_days = tuple(max(1, int(np.ceil(edge))) for edge in _edges(customers["days"]))
    order_edges = tuple(int(edge) for edge in _edges(customers["orders"]))
    spent_edges = tuple(float(edge) for edge in _edges(customers["spent"]))
    customers["recency"] = 5 - _passed(customers["days"], recency_days)
    customers["frequency"] = 1 + _passed(customers["orders"], order_edges)
    customers["monetary"] = 1 + _passed(customers["spent"], spent_edges)
    customers["group"] = _named(customers["recency"], customers["frequency"])
    return Rfm(customers, recency_days, order_edges, spent_edges)


def groups(scores: Rfm) -> pd.DataFrame:
    """One row a group, in the order of AREAS, empty ones too.

    Columns: group, customers, share (0–1), revenue, average_spent, average_orders, median_days, meaning.
    """
    by_group = scores.customers.groupby("group")
    frame = pd.DataFrame(
        {
            "customers": by_group.size(),
            "revenue": by_group["spent"].sum(),
            "average_spent": by_group["spent"].mean(),
            "average_orders": by_group["orders"].mean(),
            "median_days": by_group["days"].median(),
        }
    ).reindex([area.name for area in AREAS])
    frame["customers"] = frame["customers"].fillna(0).astype(int)
    frame["revenue"] = frame["revenue"].fillna(0.0)
    frame.insert(1, "share", frame["customers"] / max(len(scores.customers), 1))
    frame["meaning"] = [area.meaning for area in AREAS]
    return frame.rename_axis("group").reset_index()


def grid(scores: Rfm) -> pd.DataFrame:
    """Customers by recency (rows, 5 first) and frequency (columns, 1 first)."""
    counted = scores.customers.groupby(["recency", "frequency"]).size()
    table = counted.unstack(fill_value=0) if len(counted) else pd.DataFrame()
    return table.reindex(index=reversed(SCORES), columns=list(SCORES), fill_value=0).fillna(0).astype(int)


def area(name: str) -> Area:
    """The group of this name. Raises KeyError."""
    return {area.name: area for area in AREAS}[name]


def names() -> dict[tuple[int, int], str]:
    """The group of every (recency, frequency)."""
    return {
        (recency, frequency): area.name
        for area in AREAS
        for recency in range(area.recency[0], area.recency[1] + 1)
        for frequency in range(area.frequency[0], area.frequency[1] + 1)
    }


def conditions(scores: Rfm, name: str) -> list[dict[str, Any]]:
    """What every customer of a group has and nobody else: conditions to be joined by AND."""
    found: list[dict[str, Any]] = []
    where = area(name)
    low, high = where.recency
    if low > 1:
        found.append(_condition("lastOrdered", "inTheLast", _days(scores.recency_days[5 - low])))
    if high < 5:
        found.append(_condition("lastOrdered", "olderThan", _days(scores.recency_days[4 - high])))
    fewest, most = _orders(scores, *where.frequency)
    found.append(_condition("orderCount", "greaterThanOrEqual", fewest))
    if most is not None:
        found.append(_condition("orderCount", "lessThanOrEqual", most))
    return found


def _orders(scores: Rfm, low: int, high: int) -> tuple[int, int | None]:
    """Fewest and most orders of these frequency scores; no most for the highest."""
    fewest = 1 if low == 1 else scores.order_edges[low - 2] + 1
    return fewest, None if high == 5 else scores.order_edges[high - 1]


def _condition(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def _days(count: int) -> dict[str, Any]:
    return {"last": {"days": count}}


def _edges(values: pd.Series) -> np.ndarray[Any, Any]:
    """The values below or at which a fifth, two, three and four fifths are."""
    return np.quantile(values.to_numpy(), _QUINTILES, method="inverted_cdf")


def _passed(values: pd.Series, edges: tuple[float, ...]) -> np.ndarray[Any, Any]:
    """How many edges each value lies beyond."""
    return np.searchsorted(np.array(edges), values.to_numpy(), side="left")


def _named(recency: pd.Series, frequency: pd.Series) -> pd.Series:
    known = names()
    pairs = zip(recency.tolist(), frequency.tolist(), strict=True)
    return pd.Series([known[pair] for pair in pairs], index=recency.index, dtype="object")
