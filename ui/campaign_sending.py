"""How a campaign goes out, as it is written: by which vendor, how fast, in which hours, and when it stops."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm import carriers, quiet_hours, windows
from crm.fields import Field
from crm.options import DEFAULT_BUDGET
from crm.settings import settings
from crm.stores.connection import Stores
from ui import campaign_options as options
from ui import format as fmt
from ui.vendor_fields import NAMES

_CHOSEN = ""  # stands for whichever vendor Settings say at the launch


def draw(stores: Stores, fields: Mapping[str, Field]) -> None:
    """The card with vendor, rate, error budget and hours; closed while all of them are as usual."""
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
        _window(fields)


def _window(fields: Mapping[str, Field]) -> None:
    on = st.toggle(
        "Only at certain hours of each receiver's own day", key=options.WINDOW, persist_state="session",
        help="Who is outside these hours waits until they begin. The campaign is finished when the last one "
        "has had his turn.",
    )  # fmt: skip
    if not on:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.time_input("From", key=options.BEGINS, step=1800, persist_state="session")
        st.time_input("To", key=options.ENDS, step=1800, persist_state="session", help="00:00 is midnight")
    st.pills(
        "On", windows.WEEK, key=options.WEEKDAYS, selection_mode="multi", persist_state="session",
        format_func=lambda day: windows.NAMES[day - 1],
    )  # fmt: skip
    usual = settings().time_zone
    if quiet_hours.zone_path(fields):
        st.caption(f"Time zones are those of the attribute “timezone”; where it is missing, {usual}.")
    else:
        st.caption(
            f"Nobody's time zone is known, so these are hours of {usual}. Import customers with a column "
            "“timezone” (such as Asia/Kolkata) to go by theirs."
        )


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
    hours = ""
    if window := given.get("sendWindow"):
        hours = f", from {windows.describe(window)}, in each receiver's own time zone"
    return f"By {vendor}, {pace}{hours}; {stop}."
