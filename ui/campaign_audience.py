"""Whom a campaign reaches beside its segment, whom it leaves out, and how much is too much."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm import lists
from crm.stores.connection import Stores
from ui import campaign_options as options
from ui import format as fmt

_LISTS = lists.MAX_PAGE
_PLACES = {"include": "Reach as well", "exclude": "Leave out"}


def draw(stores: Stores, found: Mapping[str, Mapping[str, Any]]) -> None:
    """The choice of more segments and lists, the frequency cap and the holdout. `found` are the segments."""
    known = {each["_id"]: each for each in lists.listing(stores, limit=_LISTS)[0]}
    chosen = bool(set(options.current()) & set(options.AUDIENCE))
    with st.expander("More segments, lists and limits", icon=":material/tune:", expanded=chosen):
        for place, label in _PLACES.items():
            _choice(f"{label}: segments", options.SELECTED[place, "segments"], found)
            if known:
                _choice(f"{label}: lists", options.SELECTED[place, "lists"], known)
        _limits()


def _choice(label: str, key: str, known: Mapping[str, Mapping[str, Any]]) -> None:
    present = [each for each in st.session_state.get(key) or () if each in known]
    st.session_state[key] = present  # without those that are gone
    st.multiselect(
        label, list(known), key=key, placeholder="None", persist_state="session",
        format_func=lambda at: fmt.plain(known[at]["name"]) if at in known else at,
    )  # fmt: skip


def _limits() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        capped = st.number_input(
            "At most so many messages", key=options.CAP_MESSAGES, min_value=0, max_value=365, step=1,
            persist_state="session", help="Of all campaigns, this one too. 0 is no limit.",
        )  # fmt: skip
        st.number_input(
            "in so many days", key=options.CAP_DAYS, min_value=1, max_value=365, step=1,
            persist_state="session", disabled=not capped,
        )  # fmt: skip
        st.number_input(
            "Hold out, %", key=options.HOLDOUT, min_value=0.0, max_value=90.0, step=1.0, format="%.4g",
            persist_state="session",
            help="This share of the audience is drawn by lot and left in peace, to compare with",
        )  # fmt: skip
