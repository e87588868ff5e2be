"""Sending the message to oneself before anybody else gets it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm import carriers, trial_messages
from crm.auth import Account
from crm.content import SMS
from crm.errors import CrmError
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import format as fmt
from ui.vendor_fields import NAMES

_TO = "campaign test to"

Campaign = Mapping[str, Any]


def offer(stores: Stores, account: Account, campaign: Campaign, customer_id: str) -> None:
    """The button that opens the dialog; the test is written as for this customer."""
    if st.button("Send me a test", icon=":material/forward_to_inbox:", key="campaign-test"):
        _dialog(stores, account, campaign, customer_id)


@st.dialog("Send a test")
def _dialog(stores: Stores, account: Account, campaign: Campaign, customer_id: str) -> None:
    vendor = NAMES[campaign.get("vendor") or carriers.chosen(stores)].label
    by_text = campaign.get("channel") == SMS
    st.write(
        f"The message as it is shown, by {vendor}, marked “{fmt.plain(trial_messages.MARK)}”. It is in no "
        "campaign's books, and its link to unsubscribe is an example."
    )
    if NAMES[carriers.DEFAULT].label == vendor:
        st.caption("The simulated vendor reaches nobody: nothing will arrive.")
    to = st.text_input(
        "Phone number" if by_text else "E-mail address", value="" if by_text else account.email, key=_TO,
        placeholder="+91 98765 43210" if by_text else None,
    )  # fmt: skip
    chosen = None
    if variants := campaign.get("variants"):
        chosen = st.selectbox(
            "Variant", [None, *(each["name"] for each in variants)], key="campaign test variant",
            format_func=lambda name: "The one that this customer gets" if name is None else name,
        )  # fmt: skip
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Close", key="campaign-test-close"):
            st.rerun()
        sure = st.button("Send the test", type="primary", icon=":material/send:", key="campaign-test-yes")
    if sure:
        _send(stores, account, campaign, customer_id, to, chosen)


def _send(
    stores: Stores, account: Account, campaign: Campaign, customer_id: str, to: str, variant: str | None
) -> None:
    """Send it, and say what became of it."""
    try:
        sent = trial_messages.send(
            stores, campaign, customer_id, to=to, variant=variant, account=account, now=utc_now()
        )
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    if sent.went_out:
        st.success(f"{fmt.plain(sent.message)} To {fmt.plain(sent.to)}.", icon=":material/check:")
    else:
        st.error(fmt.plain(sent.message), icon=":material/error:")
