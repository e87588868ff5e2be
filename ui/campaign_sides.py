"""The variants of a campaign side by side: what became of each one's messages."""

from typing import Any

import pandas as pd
import streamlit as st

from crm import proportions
from crm.stores.connection import Stores
from ui import campaign_tally
from ui import format as fmt

_STATES = ("sent", "failed", "skipped", "cancelled")

Campaign = dict[str, Any]


def draw(stores: Stores, campaign: Campaign) -> None:
    """The table, for a campaign with variants whose audience is fixed; nothing for another."""
    if not campaign["variants"] or not campaign["audienceSize"]:
        return
    found = campaign_tally.of(stores, campaign).by_variant()
    rows = [_row(each["name"], found.get(each["name"], {})) for each in campaign["variants"]]
    with st.container(border=True):
        st.markdown("**Variants side by side**")
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Each variant with its counts")
        st.caption(
            "Those who still wait are not counted yet. The true share of messages that are sent lies within "
            "the interval 19 times in 20; where two intervals are apart, the difference is hardly chance."
        )


def _row(name: str, counts: dict[str, int]) -> dict[str, Any]:
    sent, answered = counts.get("sent", 0), counts.get("sent", 0) + counts.get("failed", 0)
    low, high = proportions.interval(sent, answered)
    return {
        "Variant": name,
        **{state.capitalize(): counts.get(state, 0) for state in _STATES},
        "Sent of those answered": fmt.percent(sent / answered if answered else None),
        "95 % interval": f"{fmt.percent(low)} to {fmt.percent(high)}" if answered else "—",
    }
