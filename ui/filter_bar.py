"""The one filter bar of Explore, and what it stands for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from crm import reports
from crm.reports import Choices, Scope
from crm.selection import Period

ALL_TIME, CUSTOM = "All time", "Custom dates"
_PRESETS: dict[str, tuple[str, int] | None] = {
    ALL_TIME: None,
    "Last 30 days": ("days", 30),
    "Last 90 days": ("days", 90),
    "Last 12 months": ("months", 12),
    "This year": None,
    CUSTOM: None,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What is chosen: the period, and the scope of reports that it makes together with the other choices.

    `first` and `last` are the days that the charts cover, None without any order.
    """

    period: Period
    scope: Scope
    first: date | None
    last: date | None


def draw(
    choices: Choices,
    extent: tuple[datetime, datetime] | None,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Filter:
    """Draw the bar; read what is chosen."""
    bounds = tuple(at.astimezone(zone).date() for at in extent) if extent else None
    with st.container(horizontal=True, vertical_alignment="bottom", key="filter_bar"):
        preset = st.selectbox("Orders from", list(_PRESETS), key="filter_period", width=170)
        custom: tuple[date, ...] = ()
        if preset == CUSTOM:
            custom = _dates(bounds, now.astimezone(zone).date())
        cities = _several("City", "All cities", choices.cities, "filter_cities")
        categories = _several("Category", "All categories", choices.categories, "filter_categories")
        products = _several("Product", "All products", choices.products, "filter_products")
        tagged = _several("Tag", "Any tag", choices.tags, "filter_tags")
    period = _period(preset, custom, now.astimezone(zone).date())
    start, end = _instants(period, now, zone)
    scope = Scope(start, end, cities, tagged, categories, products)
    first = start.astimezone(zone).date() if start else bounds and bounds[0]
    last = min(end, now).astimezone(zone).date() if end else bounds and bounds[1]
    return Filter(period, scope, first or None, last or None)


def _several(label: str, all_of_them: str, options: tuple[str, ...], key: str) -> tuple[str, ...]:
    """What is chosen of these; nothing is drawn where there is nothing to choose."""
    if not options:
        return ()
    return tuple(st.multiselect(label, options, key=key, placeholder=all_of_them))


def _dates(bounds: tuple[date, ...] | None, today: date) -> tuple[date, ...]:
    first, last = bounds or (today, today)
    return st.date_input(
        "Days",
        value=(first, last),
        min_value=min(first, today) - timedelta(days=3660),
        max_value=max(last, today),
        format="YYYY-MM-DD",
        key="filter_days",
        width=230,
    )


def _period(preset: str, custom: tuple[date, ...], today: date) -> Period:
    if preset == CUSTOM:  # one day until the second one is picked
        return Period(custom[0], custom[-1]) if custom else Period()
    if preset == "This year":
        return Period(first=date(today.year, 1, 1), last=today)
    length = _PRESETS[preset]
    return Period(length=(length,)) if length else Period()


def _instants(period: Period, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """The bounds of the period's orders. A length counts whole days, up to and with today."""
    today = now.astimezone(zone).date()
    if period.length:
        ((unit, count),) = period.length
        back = today - timedelta(days=count - 1) if unit == "days" else _years_ago(today, count // 12)
        return reports.days(back, today, zone)
    if period.first and period.last:
        return reports.days(period.first, period.last, zone)
    return None, None


def _years_ago(day: date, years: int) -> date:
    """The day after the same date so many years ago, so that the span is whole years."""
    month, number = day.month, min(day.day, 28) if day.month == 2 else day.day
    return date(day.year - years, month, number) + timedelta(days=1)
