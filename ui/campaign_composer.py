"""Writing a campaign: name, segment, message; beside them the message as real customers will get it."""

from collections.abc import Mapping
from typing import Any

import orjson
import streamlit as st

from crm import auth, library, names, rehearsal, rulebook
from crm.auth import Account
from crm.errors import CrmError
from crm.fields import Field
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import (
    campaign_audience,
    campaign_cautions,
    campaign_draft,
    campaign_hours,
    campaign_launch,
    campaign_message,
    campaign_power,
    campaign_preflight,
    campaign_preview,
    campaign_sending,
    campaign_test,
    campaign_writer,
    links,
    notices,
    segment_cards,
)
from ui import format as fmt
from ui.campaign_draft import NAME_KEY, SEGMENT_KEY, Content, Opened
from ui.campaign_preflight import Look

_FRESH = 20  # seconds that a count is good for while writing; the launch counts again
_SEGMENTS = 500

Segment = dict[str, Any]
Campaign = dict[str, Any]


def draw(stores: Stores, settings: Settings, account: Account, address: str) -> None:
    """The composer with the draft that the address names."""
    here = campaign_draft.opened(stores, address)
    _back()
    if here is None:
        st.title("Campaign")
        st.warning(
            "This draft is not here any more: it was launched or deleted.", icon=":material/search_off:"
        )
        return
    found = {segment["_id"]: segment for segment in library.listing(stores, limit=_SEGMENTS)[0]}
    header = st.container(horizontal=True, vertical_alignment="bottom")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        segment = _audience(stores, settings, account, found)
        fields = rulebook.fields(stores)
        campaign_writer.draw(stores, settings, address, fields)
        campaign_message.draw(fields)
        campaign_sending.draw(stores, fields)
    content = campaign_draft.current()
    campaign = content.as_campaign(here.address)
    look = campaign_preflight.look(stores, settings, campaign)
    with right:
        _preview(stores, settings, account, campaign, look, fields)
    with header:
        st.text_input(
            "Campaign", key=NAME_KEY, max_chars=names.LONGEST, placeholder="Name this campaign",
            persist_state="session", width="stretch",
        )  # fmt: skip
        _buttons(stores, settings, account, here, segment, look)


def _back() -> None:
    st.button(
        "All drafts", icon=":material/arrow_back:", type="tertiary", key="drafts-all",
        on_click=campaign_draft.close,
    )  # fmt: skip


def _audience(
    stores: Stores, settings: Settings, account: Account, found: dict[str, Segment]
) -> Segment | None:
    """The choice of a segment, with its size now and what it means."""
    with st.container(border=True, key="campaign-audience"):
        st.markdown("**Whom to reach**")
        if not found:
            st.write("There is no segment yet. Describe an audience and save it first.")
            st.page_link(links.page("segments"), label="Make a segment", icon=":material/groups:")
            return None
        if st.session_state.get(SEGMENT_KEY) not in found:
            st.session_state[SEGMENT_KEY] = None
        chosen = st.selectbox(
            "Segment", list(found), key=SEGMENT_KEY, index=None, placeholder="Choose a segment",
            format_func=lambda at: found[at]["name"] if at in found else at, persist_state="session",
            label_visibility="collapsed",
        )  # fmt: skip
        if chosen is None:
            return None
        segment = found[chosen]
        size = _size(stores.db.name, _key(segment), stores)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{fmt.count(size, 'customer')}** now", width="stretch")
            if auth.can(account, "segments"):
                st.page_link(
                    links.page("segments"), label="Open segment", icon=":material/open_in_new:",
                    query_params={"segment": chosen},
                )  # fmt: skip
        st.caption(f"{fmt.plain(segment_cards.sentence(stores, segment, settings))}.")
        campaign_audience.draw(stores, {at: each for at, each in found.items() if at != chosen})
    return segment


def _key(segment: Segment) -> bytes:
    return orjson.dumps(segment["rules"], option=orjson.OPT_SORT_KEYS)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _size(database: str, rules: bytes, _stores: Stores) -> int:
    return rehearsal.size(_stores, rules=orjson.loads(rules), now=utc_now())


def _preview(
    stores: Stores,
    settings: Settings,
    account: Account,
    campaign: Campaign,
    look: Look,
    fields: Mapping[str, Field],
) -> None:
    """The message as one customer after the other will get it, and who won't."""
    with st.container(border=True, key="campaign-preview"):
        st.markdown("**As they will read it**")
        if look.problem:
            st.error(look.problem, icon=":material/error:")
            return
        if look.size is None:
            st.caption("Choose a segment and write a message to see it as real customers.")
            return
        if not look.size:
            st.warning("This audience is nobody at this moment.", icon=":material/group_off:")
            return
        if shown := campaign_preview.draw(stores, campaign, look.sample):
            campaign_test.offer(stores, account, campaign, shown)
    with st.container(border=True, key="campaign-numbers"):
        st.markdown("**Before it goes out**")
        if look.checked is None:
            campaign_preflight.offer(stores, campaign, look.size)
            return
        campaign_preflight.numbers(look.checked)
        for caution in campaign_cautions.of(campaign):
            st.caption(f":orange[:material/warning: {fmt.plain(caution)}]")
        campaign_preflight.missing(look.checked, fields)
        campaign_hours.foresee(campaign, look.checked["zones"], utc_now())
        campaign_power.draw(stores, settings, campaign, look.checked)


def _buttons(
    stores: Stores,
    settings: Settings,
    account: Account,
    here: Opened,
    segment: Segment | None,
    look: Look,
) -> None:
    content = campaign_draft.current()
    changed = content != here.saved
    kept = not changed and here.address != campaign_draft.NEW
    if st.button(
        "Saved" if kept else "Save draft",
        icon=":material/check:" if kept else ":material/save:",
        key="campaign-save",
        disabled=not changed or content.empty,
    ):
        _save(stores, account, here)
    wanting = _wanting(content, segment, look)
    if st.button(
        "Review and launch", type="primary", icon=":material/send:", key="campaign-review",
        disabled=bool(wanting), help=wanting or None,
    ):  # fmt: skip
        campaign_launch.confirm(stores, settings, account, here, segment or {}, next(iter(look.sample), None))


def _wanting(content: Content, segment: Segment | None, look: Look) -> str:
    """What is still to be done before it can be launched; empty when it can."""
    if not content.name.strip():
        return "Give the campaign a name."
    if segment is None:
        return "Choose a segment."
    if not content.message.strip():
        return "Write a message."
    if look.problem:
        return look.problem
    if not look.size or (look.checked is not None and not look.checked["reachable"]):
        return "There is nobody to send this to."
    return ""


def _save(stores: Stores, account: Account, here: Opened) -> None:
    try:
        campaign_id = campaign_draft.save(stores, account, here)
    except CrmError as error:
        st.toast(error.message, icon=":material/error:")
        return
    st.query_params[campaign_draft.PARAMETER] = campaign_id
    notices.say("Draft saved.")
    st.rerun()
