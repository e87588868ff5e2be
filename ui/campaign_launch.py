"""The last look before a campaign goes out: to how many, to whom, with which words."""

from typing import Any

import streamlit as st

from crm import campaigns, rehearsal, rulebook
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.rehearsal import Readiness
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import campaign_cards, campaign_draft, links, segment_cards
from ui import format as fmt
from ui.campaign_draft import Opened

_SHOWN = "launch shown"

Segment = dict[str, Any]


def confirm(stores: Stores, settings: Settings, account: Account, here: Opened, segment: Segment) -> None:
    """Ask, with the numbers as they are at this moment."""
    st.session_state.pop(_SHOWN, None)
    _dialog(stores, settings, account, here, segment)


@st.dialog("Send this campaign?", width="medium")
def _dialog(stores: Stores, settings: Settings, account: Account, here: Opened, segment: Segment) -> None:
    content = campaign_draft.current()
    shown: Readiness | None = st.session_state.get(_SHOWN)
    try:
        now = utc_now()
        found = rehearsal.readiness(stores, rules=segment["rules"], template=content.message, now=now)
        example = rehearsal.readings(
            stores, rules=segment["rules"], template=content.message, now=now, limit=5
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.session_state[_SHOWN] = found
    st.markdown(
        f"**{fmt.plain(content.name.strip())}** goes to **{fmt.count(found.reachable, 'customer')}** of "
        f"“{fmt.plain(segment['name'])}”."
    )
    st.caption(f"{fmt.plain(segment_cards.sentence(stores, segment, settings))}.")
    if found.unrenderable:
        fields = rulebook.fields(stores)
        lacking = " or ".join(fmt.plain(fields[name].label) for name in found.missing)
        st.caption(
            f":material/block: {fmt.count(found.unrenderable, 'more customer')} can't be sent it for want of "
            f"{lacking}, and will stand in the books as skipped."
        )
    readable = next((reading.rendered.body for reading in example if reading.rendered.body), None)
    if readable:
        with st.container(border=True):
            st.text(readable)
    changed = shown is not None and shown != found
    if changed:
        st.warning("The audience has changed since you looked. These are the numbers now.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Not yet", key="launch-not"):
            st.rerun()
        sure = st.button(
            f"Send to {fmt.count(found.reachable, 'customer')}", type="primary", icon=":material/send:",
            key="launch-yes", disabled=not found.reachable,
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
