"""What can be seen of an audience, a panel at a time. Panels that are closed cost nothing."""

from collections.abc import Callable

import streamlit as st

from crm.auth import Account
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import (
    segment_explain,
    segment_figures,
    segment_filter,
    segment_misses,
    segment_people,
    segment_versions,
)
from ui.segment_preview import Shown

OPEN = "segment panel"  # key of the widget that says which one is open
PEOPLE, EXPLAIN, MISSES, FILTER = "Charts and people", "Why in or out", "Near misses", "MongoDB filter"
HISTORY = "History"
CUSTOMER = "customer"  # in the address: whom to explain

Panel = Callable[[Shown, Stores, Settings, Account], None]


def open_from_address() -> None:
    """Open the explanation of the customer that the address names, once."""
    customer_id = st.query_params.pop(CUSTOMER, None)
    if customer_id:
        segment_explain.choose(customer_id)
        st.session_state[OPEN] = EXPLAIN


def draw(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    """The panels' names, and the one that is open."""
    for name, tab in zip(_PANELS, st.tabs(list(_PANELS), key=OPEN, on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                _PANELS[name](shown, stores, settings, account)


def _people(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    segment_figures.draw(shown, stores, settings, account)
    segment_people.draw(shown, stores, settings, account)


def _explain(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    segment_explain.draw(shown, stores, settings)


def _misses(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    segment_misses.draw(shown, stores, settings)


def _filter(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    segment_filter.draw(shown, stores, settings)


def _history(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    segment_versions.draw(stores, settings, account)


_PANELS: dict[str, Panel] = {
    PEOPLE: _people,
    EXPLAIN: _explain,
    MISSES: _misses,
    HISTORY: _history,
    FILTER: _filter,
}
