"""The numbers behind the charts, as pandas frames.

Revenue is the sum of the totals of orders that were not cancelled, less what was refunded. A customer counts
where he has such an order. Money is rounded to four decimals, so that sums of cents stay exact.

Each report takes the `columns` to be read from (see `columns`); without any it is summed up in MongoDB, which
takes minutes where there are millions of orders. Both give the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from crm import audiences, periods, snapshot, spellings
from crm import rfm as scoring
from crm.columnar import sums
from crm.columnar.shelf import State
from crm.fields import FIELDS, fold
from crm.periods import DAY, MONTH, UNITS, WEEK
from crm.scope import NO_CITY, Scope
from crm.settings import Settings
from crm.stores import order_lines
from crm.stores import reports as store
from crm.stores.connection import Document, Stores

__all__ = [
    "DAY",
    "MONTH",
    "NO_CITY",
    "UNITS",
    "WEEK",
    "Choices",
    "KeyFigures",
    "Scope",
    "by_category",
    "by_city",
    "by_product",
    "choices",
    "columns",
    "days",
    "extent",
    "key_figures",
    "over_time",
    "rfm",
    "unit_for",
]  # fmt: skip

_MOST_CHOICES = 1_000
_MOST_KNOWN = 500
_TOO_OLD = timedelta(minutes=10)
_STEPS = {DAY: "D", WEEK: "W-MON", MONTH: "MS"}
_MEASURES = ("revenue", "orders", "customers")
_DAY = 86_400_000  # milliseconds


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


def columns(stores: Stores, config: Settings, *, now: datetime) -> State | None:
    """The snapshot's newest state, None where there is none or it is minutes old.

    One that lags behind a flood of changes, or while it is built anew, is taken: reports say as of when
    they are, and what MongoDB would answer is as old by the time it has added everything up.
    """
    return snapshot.fresh(stores, config, now=now, within=_TOO_OLD)


def key_figures(stores: Stores, scope: Scope, columns: State | None = None) -> KeyFigures:
    """Revenue, orders and customers who ordered."""
    if columns is None:
        rows = list(store.totals(stores, scope))
    else:
        rows = list(sums.totals(columns, scope, order_lines.read_catalogue(stores)))
    return KeyFigures(
        round(sum(row["revenue"] for row in rows), 4),
        sum(row["orders"] for row in rows),
        sum(row["customers"] for row in rows),
    )


def over_time(
    stores: Stores, scope: Scope, columns: State | None = None, *, unit: str, zone: ZoneInfo
) -> pd.DataFrame:
    """One row a day, week (from Monday) or month of the account's zone, without gaps.

    Columns: start (midnight in the zone, naive), revenue, orders, customers (who ordered in it) and
    new_customers (whose first order ever fell into it; missing where the scope is of categories or products).
    The rows cover the scope's dates, or those from the first to the last order.
    """
    if columns is None:
        rows = store.by_period(stores, scope, unit=unit, zone=zone.key)
        first = store.first_orders_by_period(stores, scope, unit=unit, zone=zone.key)
    else:
        catalogue = order_lines.read_catalogue(stores)
        rows = sums.by_period(columns, scope, catalogue, unit=unit, zone=zone)
        first = sums.first_orders_by_period(columns, scope, unit=unit, zone=zone)
    frame = _summed(rows, _MEASURES)
    if not scope.of_lines:
        new = _summed(first, ["customers"]).rename(columns={"customers": "new_customers"})
        frame = frame.join(new, how="outer")
    frame.index = pd.DatetimeIndex([_on_calendar(at, unit, zone) for at in frame.index])
    frame = frame.reindex(_all_periods(frame.index, scope, unit, zone), fill_value=0).fillna(0)
    counts = [column for column in frame.columns if column != "revenue"]
    frame = frame.astype({"revenue": float, **dict.fromkeys(counts, int)})
    frame["revenue"] = frame["revenue"].round(4)
    if scope.of_lines:
        frame["new_customers"] = pd.NA
    return frame.rename_axis("start").reset_index()


def by_city(stores: Stores, scope: Scope, columns: State | None = None) -> pd.DataFrame:
    """Columns: label, revenue, orders, customers; by revenue. Spellings of a city are one row."""
    if columns is not None:
        rows = sums.by_city(columns, scope, order_lines.read_catalogue(stores))
        frame = pd.DataFrame(list(rows), columns=["_id", "label", *_MEASURES])
        frame = frame.fillna({"_id": "", "label": NO_CITY}).groupby("_id")
        return _ranked(frame[list(_MEASURES)].sum().set_axis(frame["label"].min()))
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


def by_category(stores: Stores, scope: Scope, columns: State | None = None) -> pd.DataFrame:
    """Columns: label, revenue, orders, customers, quantity; by revenue."""
    return _by_line(stores, scope, columns, "category")


def by_product(stores: Stores, scope: Scope, columns: State | None = None) -> pd.DataFrame:
    """Columns: label, revenue, orders, customers, quantity; by revenue."""
    return _by_line(stores, scope, columns, "product")


def _by_line(stores: Stores, scope: Scope, columns: State | None, key: str) -> pd.DataFrame:
    if columns is None:
        rows = store.by_line(stores, scope, key)
    else:
        rows = sums.by_line(columns, scope, order_lines.read_catalogue(stores), key)
    frame = _ranked(_summed(rows, (*_MEASURES, "quantity")))
    return frame.astype({"orders": int, "customers": int})


def rfm(stores: Stores, scope: Scope, columns: State | None = None, *, now: datetime) -> scoring.Rfm:
    """Recency, frequency and spending of the customers of the scope's cities and tags, all their lives long:
    dates, categories and products do not narrow it. See `crm.rfm`."""
    if columns is None:
        rows = list(store.buyers(stores, scope, now))
        last = np.array([row["lastOrdered"].timestamp() * 1000 for row in rows])
        orders = np.array([row["orderCount"] for row in rows], dtype=np.int64)
        spent = np.array([row.get("totalSpent") or 0.0 for row in rows], dtype=np.float64)
    else:
        found = list(sums.buyers(columns, scope, now)) or [(np.empty(0), np.empty(0, int), np.empty(0))]
        last, orders, spent = (np.concatenate(each) for each in zip(*found, strict=True))
    days = (now.timestamp() * 1000 - last) / _DAY
    return scoring.counted(pd.DataFrame({"days": days, "orders": orders, "spent": spent}))


def choices(stores: Stores, columns: State | None = None) -> Choices:
    """The cities and tags that customers have, and the categories and products that they ordered."""
    if columns is None:
        cities, tags = (audiences.values_of(stores, FIELDS[name]) for name in ("city", "tags"))
        categories, products = store.line_labels(stores)
    else:
        cities = _each_once(sums.texts(columns, "city.written")[:_MOST_KNOWN])
        folded = sums.texts(columns, "tags")[:_MOST_KNOWN]
        written = spellings.written(stores, FIELDS["tags"], folded)
        tags = tuple(written[tag] for tag in folded if tag in written)
        categories, products = sums.line_labels(columns, order_lines.read_catalogue(stores))
    return Choices(cities, tags, tuple(categories[:_MOST_CHOICES]), tuple(products[:_MOST_CHOICES]))


def extent(stores: Stores, columns: State | None = None) -> tuple[datetime, datetime] | None:
    """When the first and the last order was placed (cancelled ones aside); None without orders."""
    return store.extent(stores) if columns is None else sums.extent(columns)


def days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants from the start of one day to the end of another, as a scope's `start` and `end`."""
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def unit_for(first: date, last: date) -> str:
    """The unit that makes a readable chart: days up to a quarter, weeks up to a year, months beyond."""
    length = (last - first).days
    return DAY if length <= 92 else WEEK if length <= 370 else MONTH


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    """The first spelling of each."""
    once: dict[str, str] = {}
    for text in texts:
        once.setdefault(fold(text), text)
    return tuple(once.values())


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
    first, last = periods.floor(min(bounds), unit), periods.floor(max(bounds), unit)
    return pd.date_range(first, last, freq=_STEPS[unit])


def _on_calendar(start: datetime, unit: str, zone: ZoneInfo) -> datetime:
    """The midnight that a period starts with, even where clocks leave that midnight out."""
    return periods.floor(start.astimezone(zone).replace(tzinfo=None), unit)
