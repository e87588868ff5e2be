"""Reports for the pages, kept for a moment, so that turning a switch does not add everything up again.

What is kept belongs to a `Books`: to what the snapshot held at an instant, or, without a snapshot, to one
database with so many customers and orders, for some seconds. So an import shows at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm import directory, reports
from crm.columnar.shelf import State
from crm.reports import Choices, KeyFigures, Scope
from crm.rfm import Rfm
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt

_FRESH = 20  # seconds
_KEPT = timedelta(minutes=10)
_MOST = 64  # answers of each kind


@dataclass(frozen=True, slots=True)
class Books:
    """What the reports of one page are read from, so that all of them are of one instant.

    `customers` and `orders` are how many there are. `columns` are None where MongoDB is asked. `version`
    differs where the answers may.
    """

    stores: Stores
    columns: State | None
    customers: int
    orders: int
    known_at: datetime
    version: str


def books(stores: Stores, config: Settings, *, now: datetime) -> Books:
    """The newest there are."""
    counted = directory.totals(stores)
    customers, orders = counted["customers"], counted["orders"]
    columns = reports.columns(stores, config, now=now)
    if columns is not None:
        version = f"{columns.source} {columns.version}"
        return Books(stores, columns, customers, orders, columns.as_of, version)
    since = datetime.fromtimestamp(
        now.timestamp() // _FRESH * _FRESH, UTC
    )  # what is kept is of then or later
    return Books(stores, None, customers, orders, since, f"{stores.db.name} {customers} {orders} {since}")


def stamp(of: Books, zone: ZoneInfo) -> str:
    """When the data was as the figures say, and who added it up."""
    where = "MongoDB" if of.columns is None else "the snapshot"
    return f"As of {fmt.day(of.known_at, zone)}, {of.known_at.astimezone(zone):%H:%M:%S}, in {where}."


def key_figures(of: Books, scope: Scope) -> KeyFigures:
    return _key_figures(of, of.version, scope)


def over_time(of: Books, scope: Scope, unit: str, zone: str) -> pd.DataFrame:
    return _over_time(of, of.version, scope, unit, zone)


def by_city(of: Books, scope: Scope) -> pd.DataFrame:
    return _by_city(of, of.version, scope)


def by_category(of: Books, scope: Scope) -> pd.DataFrame:
    return _by_category(of, of.version, scope)


def by_product(of: Books, scope: Scope) -> pd.DataFrame:
    return _by_product(of, of.version, scope)


def extent(of: Books) -> tuple[datetime, datetime] | None:
    return _extent(of, of.version)


def choices(of: Books) -> Choices:
    """A few minutes old at most."""
    return _choices(of, of.stores.db.name, of.customers, of.orders)


def rfm(of: Books, cities: tuple[str, ...], tags: tuple[str, ...], now: datetime) -> Rfm:
    return _rfm(of, of.version, cities, tags, now)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _key_figures(_of: Books, version: str, scope: Scope) -> KeyFigures:
    return reports.key_figures(_of.stores, scope, _of.columns)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _over_time(_of: Books, version: str, scope: Scope, unit: str, zone: str) -> pd.DataFrame:
    return reports.over_time(_of.stores, scope, _of.columns, unit=unit, zone=ZoneInfo(zone))


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _by_city(_of: Books, version: str, scope: Scope) -> pd.DataFrame:
    return reports.by_city(_of.stores, scope, _of.columns)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _by_category(_of: Books, version: str, scope: Scope) -> pd.DataFrame:
    return reports.by_category(_of.stores, scope, _of.columns)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _by_product(_of: Books, version: str, scope: Scope) -> pd.DataFrame:
    return reports.by_product(_of.stores, scope, _of.columns)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _extent(_of: Books, version: str) -> tuple[datetime, datetime] | None:
    return reports.extent(_of.stores, _of.columns)


@st.cache_data(ttl=timedelta(minutes=5), max_entries=8, show_spinner=False)
def _choices(_of: Books, database: str, customers: int, orders: int) -> Choices:
    return reports.choices(_of.stores, _of.columns)


@st.cache_data(ttl=_KEPT, max_entries=_MOST, show_spinner=False)
def _rfm(_of: Books, version: str, cities: tuple[str, ...], tags: tuple[str, ...], now: datetime) -> Rfm:
    return reports.rfm(_of.stores, Scope(cities=cities, tags=tags), _of.columns, now=now)
