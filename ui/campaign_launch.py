"""The last look before a campaign goes out: to how many, to whom, with which words."""

from typing import Any

import streamlit as st

from crm import campaigns
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import campaign_cards, campaign_draft, campaign_preflight, campaign_preview, links, segment_cards
from ui import format as fmt
from ui.campaign_draft import Opened
from ui.campaign_preflight import Checked

_SHOWN = "launch shown"

Segment = dict[str, Any]


def confirm(
    stores: Stores, settings: Settings, account: Account, here: Opened, segment: Segment, example: str | None
) -> None:
    """Ask, with the numbers as they are at this moment."""
    st.session_state.pop(_SHOWN, None)
    _dialog(stores, settings, account, here, segment, example)


@st.dialog("Send this campaign?", width="medium")
def _dialog(
    stores: Stores, settings: Settings, account: Account, here: Opened, segment: Segment, example: str | None
) -> None:
    content = campaign_draft.current()
    campaign = content.as_campaign(here.address)
    shown: Checked | None = st.session_state.get(_SHOWN)
    try:
        found = campaign_preflight.run(stores, campaign)
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.session_state[_SHOWN] = found
    reachable = found["reachable"]
    st.markdown(
        f"**{fmt.plain(content.name.strip())}** goes to **{fmt.count(reachable, 'customer')}** of "
        f"“{fmt.plain(segment['name'])}”."
    )
    st.caption(f"{fmt.plain(segment_cards.sentence(stores, segment, settings))}.")
    campaign_preflight.numbers(found)
    if found["audience"] > reachable:
        st.caption("Those who are not messaged stand in the books as skipped, with the reason.")
    if example is not None:
        campaign_preview.one(stores, campaign, example, "launch")
    changed = shown is not None and shown != found
    if changed:
        st.warning("The audience has changed since you looked. These are the numbers now.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Not yet", key="launch-not"):
            st.rerun()
        sure = st.button(
            f"Send to {fmt.count(reachable, 'customer')}", type="primary", icon=":material/send:",
            key="launch-yes", disabled=not reachable,
        )  # fmt: skip
    if sure and not changed:
        _launch(stores, account, here)


def _launch(stores: Stores, account: Account, here: Opened) -> None:
    try:
        campaign_id = campaign_draft.save(stores, account, here)
        campaigns.launch(stores, campaign_id, account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    campaign_draft.forget(campaign_id)
    st.switch_page(links.page("history"), query_params={campaign_cards.PARAMETER: campaign_id})
