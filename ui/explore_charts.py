"""The cards of Explore: each draws one report, and returns what is selected in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from crm import reports, rfm
from crm.reports import KeyFigures, Scope
from crm.rfm import Rfm
from crm.selection import Period
from ui import charts, figures, picks
from ui import format as fmt
from ui.figures import Books
from ui.filter_bar import Filter

_AUTO = "Auto"
_UNITS = {_AUTO: _AUTO, reports.DAY: "Days", reports.WEEK: "Weeks", reports.MONTH: "Months"}
_QUIET = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "toImage", "zoom2d", "pan2d"]}
_STILL = {"displayModeBar": False}


@dataclass(frozen=True, slots=True)
class View:
    """What every card needs: whom to ask, about what, in which money and zone."""

    books: Books
    filter: Filter
    metric: str
    currency: str
    zone: str

    @property
    def scope(self) -> Scope:
        return self.filter.scope


def key_figures(found: KeyFigures, currency: str) -> None:
    """Four numbers of the scope."""
    with st.grid(4, min_column_width=190):
        revenue, exact = fmt.headline(found.revenue, currency)
        st.metric("Revenue", revenue, border=True, help=exact)
        st.metric("Orders", fmt.number(found.orders), border=True)
        st.metric("Customers who ordered", fmt.number(found.customers), border=True)
        average, exact = fmt.headline(found.average_order, currency)
        st.metric("Average order", average, border=True, help=exact)


def trend(view: View) -> Period:
    """The metric over time; the days of the selected bars."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{charts.METRICS[view.metric]} over time**", width="stretch")
            wanted = st.segmented_control(
                "By", list(_UNITS), format_func=_UNITS.__getitem__, default=_AUTO, required=True,
                key="explore_unit", label_visibility="collapsed",
            )  # fmt: skip
        unit = _unit(wanted, view.filter)
        frame = figures.over_time(view.books, view.scope, unit, view.zone)
        event = st.plotly_chart(
            charts.trend(frame, view.metric, unit=unit, currency=view.currency),
            on_select="rerun", selection_mode=("points", "box"), key=picks.key("pick_time"), config=_QUIET,
            alt=f"{charts.METRICS[view.metric]} by {unit}",
        )  # fmt: skip
        return picks.period(event, unit)


def _unit(wanted: str | None, chosen: Filter) -> str:
    if wanted not in (None, _AUTO):
        return str(wanted)
    if chosen.first is None or chosen.last is None:
        return reports.MONTH
    return reports.unit_for(chosen.first, chosen.last)


def cities(view: View) -> tuple[str, ...]:
    """The metric by city; the selected cities."""
    frame = figures.by_city(view.books, view.scope)
    with st.container(border=True, height="stretch"):
        st.markdown("**By city**")
        event = st.plotly_chart(
            charts.ranking(frame, view.metric, what="City", currency=view.currency),
            on_select="rerun", selection_mode="points", key=picks.key("pick_city"), config=_STILL,
            alt=f"{charts.METRICS[view.metric]} by city",
        )  # fmt: skip
        _top_only(len(frame), "city", "cities")
    return picks.labels(event)


def categories(view: View) -> None:
    frame = figures.by_category(view.books, view.scope)
    _ranked(view, frame, "By category", "Category", ("category", "categories"))


def products(view: View) -> None:
    frame = figures.by_product(view.books, view.scope)
    _ranked(view, frame, "By product", "Product", ("product", "products"))


def _ranked(view: View, frame: pd.DataFrame, title: str, what: str, words: tuple[str, str]) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**")
        figure = charts.ranking(frame, view.metric, what=what, currency=view.currency)
        alt = f"{charts.METRICS[view.metric]} by {words[0]}"
        st.plotly_chart(figure, config=_STILL, key=f"chart_{words[0]}", alt=alt)
        _top_only(len(frame), *words)


def _top_only(found: int, singular: str, plural: str, top: int = 12) -> None:
    if found > top:
        st.caption(f"The top {top} of {fmt.count(found, singular, plural)}")


def rfm_groups(scores: Rfm, currency: str) -> tuple[str, ...]:
    """Customers by RFM group; the selected groups."""
    frame = scores.groups
    with st.container(border=True):
        st.markdown("**Customers by how lately, how often and how much they buy (RFM)**")
        st.caption(
            "All their lives long: the filter's cities and tags narrow this, its dates and products do not."
        )
        left, right = st.columns([3, 2])
        with left:
            event = st.plotly_chart(
                charts.rfm_groups(frame, currency=currency),
                on_select="rerun", selection_mode="points", key=picks.key("pick_group"), config=_STILL,
                alt="Customers in each RFM group",
            )  # fmt: skip
        with right:
            st.plotly_chart(
                charts.rfm_grid(scores.grid, rfm.names()), config=_STILL, key="chart_grid",
                alt="Customers by recency and frequency score",
            )  # fmt: skip
        if scores.edges.orders:
            with st.expander("The groups in numbers"):
                _group_table(frame, currency)
    return picks.labels(event)


def _group_table(frame: pd.DataFrame, currency: str) -> None:
    money = st.column_config.NumberColumn
    sign = fmt.symbol(currency)
    st.dataframe(
        frame.assign(share=frame["share"] * 100),
        hide_index=True,
        alt="RFM groups with customers, share, spending and orders",
        column_config={
            "group": st.column_config.TextColumn("Group", pinned=True),
            "customers": money("Customers", format="localized"),
            "share": money("Share", format="%.1f %%"),
            "revenue": money(f"Spent ({sign.strip()})", format="localized"),
            "average_spent": money(f"Average spent ({sign.strip()})", format="%.2f"),
            "average_orders": money("Average orders", format="%.1f"),
            "median_days": money("Days since last order (median)", format="%.0f"),
            "meaning": "Meaning",
        },
    )


def scores(view: View, now: datetime) -> Rfm:
    """RFM as of the next full minute: the same answer for a while, and nobody's last order is after it."""
    minute = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return figures.rfm(view.books, view.scope.cities, view.scope.tags, minute)
