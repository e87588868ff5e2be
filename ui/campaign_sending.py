"""How a campaign goes out, as it is written: by which vendor, how fast, and when it stops by itself."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm import carriers
from crm.options import DEFAULT_BUDGET
from crm.stores.connection import Stores
from ui import campaign_options as options
from ui import format as fmt
from ui.vendor_fields import NAMES

_CHOSEN = ""  # stands for whichever vendor Settings say at the launch


def draw(stores: Stores) -> None:
    """The card with vendor, rate and error budget; closed while all of them are as usual."""
    chosen = bool(set(options.current()) & set(options.SENDING))
    with st.expander("How it is sent", icon=":material/outgoing_mail:", expanded=chosen):
        _vendor(stores)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input(
                "At most so many messages a second", key=options.RATE, min_value=0.0, step=10.0,
                max_value=1_000_000.0, format="%.4g", persist_state="session",
                help="From all workers together. 0: as fast as the vendor takes them.",
            )  # fmt: skip
            st.number_input(
                "Pause when more than so many % fail", key=options.BUDGET, min_value=1.0, max_value=100.0,
                step=5.0, format="%.4g", persist_state="session",
                help="Of at least 100 answers. A paused campaign says why, and can be resumed. "
                "100 never pauses it.",
            )  # fmt: skip


def _vendor(stores: Stores) -> None:
    usable = carriers.usable(stores)
    if st.session_state.get(options.VENDOR) not in (_CHOSEN, *usable):
        st.session_state[options.VENDOR] = _CHOSEN  # it was switched off since
    usual = NAMES[carriers.chosen(stores)].label
    st.selectbox(
        "Vendor", [_CHOSEN, *usable], key=options.VENDOR, persist_state="session",
        format_func=lambda each: NAMES[each].label if each else f"As Settings say: {usual}",
        help="Only vendors that are configured in Settings are offered.",
    )  # fmt: skip


def sentence(stores: Stores, given: Mapping[str, Any]) -> str:
    """How a campaign with these options goes out, in words."""
    vendor = NAMES[given.get("vendor") or carriers.chosen(stores)].label
    rate = given.get("rateLimit")
    pace = f"at most {fmt.number(rate)} a second" if rate else "as fast as it goes"
    budget = given.get("errorBudget") or DEFAULT_BUDGET
    stop = f"pauses if more than {fmt.percent(budget)} fail" if budget < 1 else "never pauses over failures"
    return f"By {vendor}, {pace}; {stop}."
