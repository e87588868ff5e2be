"""The charts of an audience, six of the marketer's own choice, remembered for his account."""

import streamlit as st

from crm import preferences, rulebook
from crm.auth import Account
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import charts_audience as charts
from ui import format as fmt
from ui import segment_moment, segment_preview
from ui.segment_preview import Shown

_CHOSEN = "segment charts"
_INPUT = "segment charts input"
_CHART = {"displayModeBar": False, "scrollZoom": False}


def chosen(stores: Stores, account: Account) -> tuple[str, ...]:
    """Names of the fields whose charts this account wants. Read once a session."""
    if _CHOSEN not in st.session_state:
        st.session_state[_CHOSEN] = preferences.charts(stores, account, rulebook.fields(stores))
    return st.session_state[_CHOSEN]


def draw(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    """The charts, three in a row; one below the other on a phone."""
    if shown.answer is None or shown.answer.preview.size == 0:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Who they are**", width="content")
        segment_preview.stale_mark(shown)
        segment_moment.mark(settings)
        st.space("stretch")
        _chooser(stores, account)
    found = shown.answer.preview.charts
    if not found:
        st.caption("No chart is chosen.")
        return
    grid = st.grid(3, border=True)
    for chart in found:
        label = chart.field.label
        with grid.cell():
            st.markdown(f"**{fmt.plain(label[:1].upper() + label[1:])}**")
            st.plotly_chart(
                charts.figure(chart, settings.currency),
                key=f"segment-chart-{chart.field.name}",
                config=_CHART,
                alt=f"Customers by {label}",
            )


def _chooser(stores: Stores, account: Account) -> None:
    opener = st.popover(
        "Choose charts", icon=":material/tune:", type="tertiary", key="segment-charts", on_change="rerun"
    )
    if not opener.open:
        return
    fields = rulebook.fields(stores)
    offered = preferences.offered(fields)
    if _INPUT not in st.session_state:
        st.session_state[_INPUT] = [name for name in chosen(stores, account) if name in offered]
    with opener:
        st.multiselect(
            "Charts",
            offered,
            key=_INPUT,
            format_func=lambda name: fields[name].label if name in fields else name,
            max_selections=preferences.MOST_CHARTS,
            placeholder="choose up to six",
            select_all=False,
            on_change=_choose,
            args=(stores, account),
        )
        st.caption("In this order, for every segment you look at.")


def _choose(stores: Stores, account: Account) -> None:
    names = st.session_state.get(_INPUT)
    if names is not None:
        fields = rulebook.fields(stores)
        st.session_state[_CHOSEN] = preferences.choose_charts(stores, account, names, fields)
