"""The numbers behind the charts, as pandas frames.

Revenue is the sum of the totals of orders that were not cancelled, less what was refunded. A customer counts
where he has such an order. Money is rounded to four decimals, so that sums of cents stay exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from crm import audiences
from crm import rfm as scoring
from crm.stores import reports as store
from crm.stores.connection import Document, Stores
from crm.stores.reports import Scope

__all__ = ["Choices", "KeyFigures", "Scope", "by_category", "by_city", "by_product", "choices", "days",
           "extent", "key_figures", "over_time", "rfm", "unit_for"]  # fmt: skip

DAY, WEEK, MONTH = "day", "week", "month"
UNITS = (DAY, WEEK, MONTH)
NO_CITY = "No city given"
_MOST_CHOICES = 1_000
_STEPS = {DAY: "D", WEEK: "W-MON", MONTH: "MS"}
_MEASURES = ("revenue", "orders", "customers")


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Money in the account's currency; `average_order` is None without orders."""

    revenue: float
    orders: int
    customers: int

    @property
    def average_order(self) -> float | None:
        return self.revenue / self.orders if self.orders else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a scope can be narrowed to, the most frequent first."""

    cities: tuple[str, ...]
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    products: tuple[str, ...]


def key_figures(stores: Stores, scope: Scope) -> KeyFigures:
    """Revenue, orders and customers who ordered."""
    rows = list(store.totals(stores, scope))
    return KeyFigures(
        round(sum(row["revenue"] for row in rows), 4),
        sum(row["orders"] for row in rows),
        sum(row["customers"] for row in rows),
    )


def over_time(stores: Stores, scope: Scope, *, unit: str, zone: ZoneInfo) -> pd.DataFrame:
    """One row a day, week (from Monday) or month of the account's zone, without gaps.

    Columns: start (midnight in the zone, naive), revenue, orders, customers (who ordered in it) and
    new_customers (whose first order ever fell into it; missing where the scope is of categories or products).
    The rows cover the scope's dates, or those from the first to the last order.
    """
    frame = _summed(store.by_period(stores, scope, unit=unit, zone=zone.key), _MEASURES)
    if not scope.of_lines:
        first = _summed(store.first_orders_by_period(stores, scope, unit=unit, zone=zone.key), ["customers"])
        frame = frame.join(first.rename(columns={"customers": "new_customers"}), how="outer")
    frame.index = pd.DatetimeIndex([at.astimezone(zone).replace(tzinfo=None) for at in frame.index])
    frame = frame.reindex(_all_periods(frame.index, scope, unit, zone), fill_value=0).fillna(0)
    counts = [column for column in frame.columns if column != "revenue"]
    frame = frame.astype({"revenue": float, **dict.fromkeys(counts, int)})
    if scope.of_lines:
        frame["new_customers"] = pd.NA
    return frame.rename_axis("start").reset_index()


def by_city(stores: Stores, scope: Scope) -> pd.DataFrame:
    """Columns: label, revenue, orders, customers; by revenue. Spellings of a city are one row."""
    money = pd.DataFrame(list(store.by_customer(stores, scope)), columns=["_id", "revenue", "orders"])
    places = pd.DataFrame(
        [
            (row["_id"], row.get("city", row["folded"]["city"]), row["folded"]["city"])
            for row in store.cities(stores, scope)
        ],
        columns=["_id", "city", "key"],
    )
    joined = money.merge(places, on="_id", how="left").fillna({"city": NO_CITY, "key": ""})
    by_key = joined.groupby("key")
    frame = by_key[["revenue", "orders"]].sum().assign(customers=by_key.size(), label=by_key["city"].min())
    return _ranked(frame.set_index("label"))


def by_category(stores: Stores, scope: Scope) -> pd.DataFrame:
    """Columns: label, revenue, quantity, orders, customers; by revenue."""
    return _ranked(_summed(store.by_line(stores, scope, "category"), (*_MEASURES, "quantity")))


def by_product(stores: Stores, scope: Scope) -> pd.DataFrame:
    """Columns: label, revenue, quantity, orders, customers; by revenue."""
    return _ranked(_summed(store.by_line(stores, scope, "product"), (*_MEASURES, "quantity")))


def rfm(stores: Stores, scope: Scope, *, now: datetime) -> "scoring.Rfm":
    """Recency, frequency and spending of the customers of the scope's cities and tags, all their lives long:
    dates, categories and products do not narrow it. See `crm.rfm`."""
    rows = list(store.buyers(stores, scope, now))
    return scoring.scored(
        pd.DataFrame(
            {
                "last_ordered": pd.to_datetime([row["lastOrdered"] for row in rows], utc=True),
                "orders": np.array([row["orderCount"] for row in rows], dtype=np.int64),
                "spent": np.array([row.get("totalSpent") or 0.0 for row in rows], dtype=np.float64),
            },
            index=pd.Index([row["_id"] for row in rows], name="customer_id", dtype="object"),
        ),
        now=now,
    )


def choices(stores: Stores) -> Choices:
    """The cities and tags that customers have, and the categories and products that they ordered."""
    known = audiences.known_values(stores)
    categories, products = store.line_labels(stores)
    return Choices(
        known["city"], known["tags"], tuple(categories[:_MOST_CHOICES]), tuple(products[:_MOST_CHOICES])
    )


def extent(stores: Stores) -> tuple[datetime, datetime] | None:
    """When the first and the last order was placed (cancelled ones aside); None without orders."""
    return store.extent(stores)


def days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants from the start of one day to the end of another, as a scope's `start` and `end`."""
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def unit_for(first: date, last: date) -> str:
    """The unit that makes a readable chart: days up to a quarter, weeks up to a year, months beyond."""
    length = (last - first).days
    return DAY if length <= 92 else WEEK if length <= 370 else MONTH


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _summed(rows: Iterable[Document], columns: Iterable[str]) -> pd.DataFrame:
    """One row a key: rows of the same key, from different chunks of customers, are added up."""
    frame = pd.DataFrame(list(rows), columns=["_id", *columns])
    return frame.groupby("_id", sort=True).sum()


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.rename_axis("label").reset_index()
    frame["revenue"] = frame["revenue"].astype(float).round(4)
    return frame.sort_values(["revenue", "label"], ascending=[False, True], ignore_index=True)


def _all_periods(found: pd.DatetimeIndex, scope: Scope, unit: str, zone: ZoneInfo) -> pd.DatetimeIndex:
    bounds: list[Any] = list(found)
    if scope.start and scope.end and len(found):
        inside = scope.end - timedelta(microseconds=1)
        bounds = [at.astimezone(zone).replace(tzinfo=None) for at in (scope.start, inside)]
    if not bounds:
        return pd.DatetimeIndex([])
    first, last = _floor(min(bounds), unit), _floor(max(bounds), unit)
    return pd.date_range(first, last, freq=_STEPS[unit])


def _floor(at: datetime, unit: str) -> datetime:
    day = datetime(at.year, at.month, at.day)  # noqa: DTZ001  # a calendar day, of no zone
    if unit == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == MONTH else day
