"""Reports for the pages, kept for a moment, so that turning a switch does not ask MongoDB again.

What is kept belongs to a `State`: one database with so many customers and orders. So an import shows at once,
and a change of an order within `_FRESH`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm import directory, reports
from crm.reports import Choices, KeyFigures, Scope
from crm.rfm import Rfm
from crm.stores.connection import Stores

_FRESH = timedelta(seconds=20)
_MOST = 64  # answers of each kind


@dataclass(frozen=True, slots=True)
class State:
    """What the answers hang on, and how many customers and orders there are."""

    database: str
    customers: int
    orders: int


def state(stores: Stores) -> State:
    counted = directory.totals(stores)
    return State(stores.db.name, counted["customers"], counted["orders"])


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def key_figures(_stores: Stores, state: State, scope: Scope) -> KeyFigures:
    return reports.key_figures(_stores, scope)


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def over_time(_stores: Stores, state: State, scope: Scope, unit: str, zone: str) -> pd.DataFrame:
    return reports.over_time(_stores, scope, unit=unit, zone=ZoneInfo(zone))


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def by_city(_stores: Stores, state: State, scope: Scope) -> pd.DataFrame:
    return reports.by_city(_stores, scope)


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def by_category(_stores: Stores, state: State, scope: Scope) -> pd.DataFrame:
    return reports.by_category(_stores, scope)


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def by_product(_stores: Stores, state: State, scope: Scope) -> pd.DataFrame:
    return reports.by_product(_stores, scope)


@st.cache_data(ttl=_FRESH, max_entries=_MOST, show_spinner=False)
def extent(_stores: Stores, state: State) -> tuple[datetime, datetime] | None:
    return reports.extent(_stores)


@st.cache_data(ttl=timedelta(minutes=5), max_entries=8, show_spinner=False)
def choices(_stores: Stores, state: State) -> Choices:
    return reports.choices(_stores)


# Not copied for each reader as st.cache_data does: it has a row a customer, and nobody changes it.
@st.cache_resource(ttl=_FRESH, max_entries=8, show_spinner=False)
def rfm(_stores: Stores, state: State, cities: tuple[str, ...], tags: tuple[str, ...], now: datetime) -> Rfm:
    return reports.rfm(_stores, Scope(cities=cities, tags=tags), now=now)
