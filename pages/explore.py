"""Explore: the shop in charts, and the way from what they show to a segment."""

import streamlit as st

from crm.moment import utc_now
from crm.selection import Selection
from ui import charts, explore_charts, figures, filter_bar, nobody_yet, picks, segment_panel
from ui.session import require_user, settings, stores


def _shop() -> None:
    """The filter, the charts and what was picked in them, for a shop with customers."""
    choices = figures.choices(books)
    chosen = filter_bar.draw(choices, figures.extent(books), now=now, zone=zone)
    view = explore_charts.View(books, chosen, metric or "revenue", currency, zone.key)
    panel = st.container()

    st.caption(f"Cancelled orders and refunds are left out. {figures.stamp(books, zone)}")
    explore_charts.key_figures(figures.key_figures(books, chosen.scope), currency)
    days = explore_charts.trend(view)
    left, right = st.columns(2)
    with left:
        cities = explore_charts.cities(view)
    with right:
        explore_charts.categories(view)
    explore_charts.products(view)
    scores = explore_charts.scores(view, now)
    groups = explore_charts.rfm_groups(scores, currency)

    picked = Selection(
        cities=cities or chosen.scope.cities,
        tags=chosen.scope.tags,
        period=chosen.period if days.is_open else days,
        groups=groups,
        categories=chosen.scope.categories,
        products=chosen.scope.products,
    )
    with panel:
        segment_panel.draw(shop, user, picked, scores, now=now)
        if cities or groups or not days.is_open:
            st.button(
                "Clear what is picked in the charts", icon=":material/close:", type="tertiary",
                on_click=picks.clear,
            )  # fmt: skip


user = require_user("explore")
now = utc_now()
shop, zone, currency = stores(), settings().zone, settings().currency
books = figures.books(shop, settings(), now=now)

metric: str | None = None
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Explore", width="stretch")
    if books.customers:
        metric = st.segmented_control(
            "Show",
            list(charts.METRICS),
            format_func=charts.METRICS.__getitem__,
            default="revenue",
            required=True,
            key="explore_metric",
            label_visibility="collapsed",
        )

if books.customers:
    _shop()
else:
    nobody_yet.draw(user)
