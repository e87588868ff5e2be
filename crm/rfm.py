"""RFM: customers by recency, frequency and monetary value, each scored 1 to 5 by quintiles.

The method is A. M. Hughes's (Strategic Database Marketing, 1994): five equal parts by last order, number of
orders and money spent. The ten groups are the usual names for areas of the recency × frequency grid, made
popular by Putler's guide to RFM analysis. Scores are defined by edges, not by ranks: people with the same
number of orders get the same score, and every group is a rule that anybody can read.

Pure: frames in, frames and rule trees out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

SCORES = (1, 2, 3, 4, 5)
_QUINTILES = (0.2, 0.4, 0.6, 0.8)


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
class Edges:
    """Where scores begin.

    `recency_days`: at most so many days ago is at least score 5, 4, 3, 2. `orders`, `spent`: more than this
    is at least score 2, 3, 4, 5. All are empty without customers.
    """

    recency_days: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()
    spent: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rfm:
    """Everybody scored and counted.

    `groups` has one row a group, in the order of AREAS, empty ones too: group, customers, share (0–1),
    revenue, average_spent, average_orders, median_days, meaning. `grid` has the customers by recency (rows,
    5 first) and frequency (columns, 1 first).
    """

    edges: Edges
    groups: pd.DataFrame
    grid: pd.DataFrame


def counted(customers: pd.DataFrame) -> Rfm:
    """Score customers (columns as of `scored`) and count them; what is kept does not grow with them."""
    found, edges = scored(customers)
    return Rfm(edges, _groups(found), _grid(found))


def scored(customers: pd.DataFrame) -> tuple[pd.DataFrame, Edges]:
    """Customers (columns days since the last order, orders, spent) with their recency, frequency and monetary
    scores (1–5, 5 is best) and their group."""
    edges = Edges()
    if len(customers):
        edges = Edges(
            # Whole days, so that the edge can be said: "ordered in the last 23 days".
            tuple(max(1, int(np.ceil(edge))) for edge in _edges(customers["days"])),
            tuple(int(edge) for edge in _edges(customers["orders"])),
            tuple(float(edge) for edge in _edges(customers["spent"])),
        )
    recency = 5 - _passed(customers["days"], edges.recency_days)
    frequency = 1 + _passed(customers["orders"], edges.orders)
    group = pd.Categorical.from_codes(_NUMBERS[recency, frequency], [area.name for area in AREAS])
    found = customers.assign(
        recency=recency,
        frequency=frequency,
        monetary=1 + _passed(customers["spent"], edges.spent),
        group=group,
    )
    return found, edges


def _groups(scores: pd.DataFrame) -> pd.DataFrame:
    by_group = scores.groupby("group", observed=False)
    frame = pd.DataFrame(
        {
            "customers": by_group.size(),
            "revenue": by_group["spent"].sum().round(4),
            "average_spent": by_group["spent"].mean(),
            "average_orders": by_group["orders"].mean(),
            "median_days": by_group["days"].median(),
        }
    )
    frame.insert(1, "share", frame["customers"] / max(len(scores), 1))
    frame["meaning"] = [area.meaning for area in AREAS]
    return frame.set_axis([area.name for area in AREAS]).rename_axis("group").reset_index()


def _grid(scores: pd.DataFrame) -> pd.DataFrame:
    cells = np.bincount(scores["recency"] * 6 + scores["frequency"], minlength=36).reshape(6, 6)
    return pd.DataFrame(cells, index=range(6), columns=range(6)).loc[reversed(SCORES), list(SCORES)]


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


def conditions(edges: Edges, name: str) -> list[dict[str, Any]]:
    """What every customer of a group has and nobody else: conditions to be joined by AND."""
    found: list[dict[str, Any]] = []
    where = area(name)
    low, high = where.recency
    if low > 1:
        found.append(_condition("lastOrdered", "inTheLast", _days(edges.recency_days[5 - low])))
    if high < 5:
        found.append(_condition("lastOrdered", "olderThan", _days(edges.recency_days[4 - high])))
    fewest, most = _orders(edges, *where.frequency)
    found.append(_condition("orderCount", "greaterThanOrEqual", fewest))
    if most is not None:
        found.append(_condition("orderCount", "lessThanOrEqual", most))
    return found


def _orders(edges: Edges, low: int, high: int) -> tuple[int, int | None]:
    """Fewest and most orders of these frequency scores; no most for the highest."""
    fewest = 1 if low == 1 else edges.orders[low - 2] + 1
    return fewest, None if high == 5 else edges.orders[high - 1]


def _condition(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def _days(count: int) -> dict[str, Any]:
    return {"last": {"days": count}}


def _edges(values: pd.Series) -> np.ndarray[Any, Any]:
    """The values below or at which a fifth, two, three and four fifths are."""
    return np.quantile(values.to_numpy(), _QUINTILES, method="inverted_cdf")


def _passed(values: pd.Series, edges: tuple[float, ...]) -> np.ndarray[Any, Any]:
    """How many edges each value lies beyond."""
    return np.searchsorted(np.array(edges), values.to_numpy(), side="left").astype(np.int8)


def _numbers() -> np.ndarray[Any, Any]:
    """The number, in AREAS, of the group of every recency and frequency."""
    order = [area.name for area in AREAS]
    found = np.zeros((6, 6), np.int8)
    for scores, name in names().items():
        found[scores] = order.index(name)
    return found


_NUMBERS = _numbers()
