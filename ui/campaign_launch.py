"""The last look before a campaign goes out: to how many, to whom, with which words, and when."""

from datetime import datetime, time, timedelta
from typing import Any

import streamlit as st

from crm import campaigns, carriers, launching
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import (
    campaign_cards,
    campaign_cautions,
    campaign_draft,
    campaign_hours,
    campaign_preflight,
    campaign_preview,
    campaign_sending,
    links,
)
from ui import format as fmt
from ui.campaign_draft import Content, Opened
from ui.campaign_preflight import Checked

_SHOWN = "launch shown"
_YES = "launch-yes"
_NOW, _LATER = "Now", "At a time"
_FREEZE = {
    launching.START: "As its segments select then",
    launching.NOW: "By the rules as they are now",
}

Segment = dict[str, Any]


def confirm(
    stores: Stores, settings: Settings, account: Account, here: Opened, segment: Segment, example: str | None
) -> None:
    """Ask, with the numbers as they are at this moment. `example` is a customer to show the message of."""
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
        found = shown
        if shown is None:
            found = campaign_preflight.run(stores, campaign)
        elif st.session_state.get(_YES):
            found = campaign_preflight.again(stores, settings, campaign, shown)
        sentence = campaign_preflight.sentence(stores, settings, campaign)
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.session_state[_SHOWN] = found = found or {}
    _whom(content, segment, found, sentence)
    if here.address == campaign_draft.NEW and (found["heldOut"] or found["variants"]):
        st.caption("Lots are drawn when the campaign is kept: save the draft first for the exact numbers.")
    if example is not None:
        campaign_preview.one(stores, campaign, example, "launch")
    st.caption(f":material/outgoing_mail: {campaign_sending.sentence(stores, content.options)}")
    at, freeze = _when(settings)
    campaign_hours.foresee(campaign, found["zones"], at or utc_now())
    for warning in carriers.warnings(stores, content.options.get("vendor")):
        st.warning(warning, icon=":material/outgoing_mail:")
    for caution in campaign_cautions.of(campaign):
        st.warning(fmt.plain(caution), icon=":material/warning:")
    changed = shown is not None and {**shown, "waiting": 0} != {**found, "waiting": 0}
    if changed:
        st.warning("The audience has changed since you looked. These are the numbers now.")
    if _sure(found, at, settings) and not changed:
        _go(stores, account, here, at, freeze)


def _whom(content: Content, segment: Segment, found: Checked, sentence: str) -> None:
    """To how many it goes, what selects them, and how many are not messaged."""
    more = " and more" if content.options.get("include") else ""
    st.markdown(
        f"**{fmt.plain(content.name.strip())}** goes to **{fmt.count(found['reachable'], 'customer')}** of "
        f"“{fmt.plain(segment['name'])}”{more}."
    )
    st.caption(f"{fmt.plain(sentence)}.")
    campaign_preflight.numbers(found)
    if found["audience"] > found["reachable"]:
        st.caption("Those who are not messaged stand in the books as skipped, with the reason.")


def _when(settings: Settings) -> tuple[datetime | None, str]:
    """The instant to launch at, None for now, and which rules of the segments count."""
    when = st.segmented_control("When", [_NOW, _LATER], default=_NOW, required=True, key="launch-when")
    if when != _LATER:
        return None, launching.START
    soon = utc_now().astimezone(settings.zone) + timedelta(hours=1)
    with st.container(horizontal=True):
        day = st.date_input("Day", value=soon.date(), key="launch-day")
        clock = st.time_input(f"Time ({settings.time_zone})", value=time(soon.hour), key="launch-time")
    freeze = st.radio(
        "Whom it reaches", list(_FREEZE), key="launch-freeze", format_func=_FREEZE.__getitem__,
        captions=["A change of a segment until then counts", "A later change of a segment does not count"],
    )  # fmt: skip
    return datetime.combine(day, clock, settings.zone), freeze


def _sure(found: Checked, at: datetime | None, settings: Settings) -> bool:
    label = f"Send to {fmt.count(found['reachable'], 'customer')}"
    if at is not None:
        label = f"Send {fmt.moment(at, settings.zone)}"
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Not yet", key="launch-not"):
            st.rerun()
        return st.button(
            label, type="primary", icon=":material/schedule_send:" if at else ":material/send:",
            key=_YES, disabled=not found["reachable"],
        )  # fmt: skip


def _go(stores: Stores, account: Account, here: Opened, at: datetime | None, freeze: str) -> None:
    try:
        campaign_id = campaign_draft.save(stores, account, here)
        if at is None:
            campaigns.launch(stores, campaign_id, account=account, now=utc_now())
        else:
            campaigns.schedule(stores, campaign_id, at, freeze=freeze, account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    campaign_draft.forget(campaign_id)
    st.switch_page(links.page("history"), query_params={campaign_cards.PARAMETER: campaign_id})
