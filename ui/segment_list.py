"""The saved segments: how many each one had, what it means, and what can be done with it."""

from datetime import datetime
from typing import Any

import streamlit as st

from crm import library, segments
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.saved import usage
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import links, notices, open_segment

_STEP = 20
_MANY = 8  # segments beyond which a search helps
_LIMIT = "segments shown"
_ASKED = "segment asked about"
_ACTIONS = {"open": "Open", "rename": "Rename", "duplicate": "Duplicate", "delete": "Delete"}

Segment = dict[str, Any]


def draw(stores: Stores, settings: Settings, account: Account) -> None:
    """Every saved segment, latest change first, a step at a time."""
    unsaved = open_segment.unsaved()
    if open_segment.NEW in unsaved:
        _unsaved()
    total = library.total(stores)
    if total == 0:
        st.caption("No segment is saved yet. Describe one above, or build it from conditions.")
        return
    search = None
    if total > _MANY:
        search = st.text_input(
            "Search", type="search", key="segment-search", placeholder="Search by name", width=320
        )
    limit = st.session_state.get(_LIMIT, _STEP)
    items, following = library.listing(stores, limit=limit, search=search)
    if not items:
        st.caption("No segment has this in its name.")
    now = utc_now()
    for segment in items:
        _card(segment, settings, now, unsaved=segment["_id"] in unsaved)
    if following:
        st.button("Show more", key="segment-more", on_click=_show_more)
    _asked(stores, account)


def _unsaved() -> None:
    """The way back to a new segment that was never saved."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="segment-unsaved"):
        st.markdown(":material/edit_note: You have a new segment that is not saved.", width="stretch")
        st.button("Continue", key="segment-continue", on_click=open_segment.show, args=(open_segment.NEW,))


def _card(segment: Segment, settings: Settings, now: datetime, *, unsaved: bool) -> None:
    at = segment["_id"]
    with st.container(border=True, key=f"segment-{at}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width="stretch"):
                st.button(
                    f"**{fmt.plain(segment['name'])}**",
                    type="tertiary",
                    key=f"open-{at}",
                    on_click=open_segment.show,
                    args=(at,),
                )
            st.markdown(
                f"**{fmt.count(segment['lastSize'], 'customer')}**",
                help=_sized(segment, settings),
                width="content",
            )
            _menu(at, segment["name"])
        note = " :orange[Changes not saved.]" if unsaved else ""
        changed = fmt.ago(segment["updatedAt"], now)
        st.caption(f"{fmt.plain(sentence(segment, settings))}. Changed {changed}.{note}")


def _menu(segment_id: str, name: str) -> None:
    key = f"menu-{segment_id}"
    st.menu_button(
        "",
        list(_ACTIONS),
        key=key,
        icon=":material/more_horiz:",
        type="tertiary",
        format_func=_ACTIONS.__getitem__,
        help="Open, rename, duplicate, delete",
        on_click=_choose,
        args=(key, segment_id, name),
    )


def sentence(segment: Segment, settings: Settings) -> str:
    """What a segment means, in words."""
    try:
        return segments.describe(segments.parse(segment["rules"]), currency=settings.currency)
    except CrmError as error:
        return f"These rules can't be read: {error.message}"


def _sized(segment: Segment, settings: Settings) -> str:
    return f"When it was last saved: {fmt.moment(segment['lastSizeAt'], settings.zone)}"


def _show_more() -> None:
    st.session_state[_LIMIT] = min(st.session_state.get(_LIMIT, _STEP) + _STEP, 500)


def _choose(key: str, segment_id: str, name: str) -> None:
    action = st.session_state.get(key)
    if action == "open":
        open_segment.show(segment_id)
    elif action in _ACTIONS:
        st.session_state[_ASKED] = (action, segment_id, name)


def _asked(stores: Stores, account: Account) -> None:
    """Do, or ask about, what was chosen from a segment's menu."""
    match st.session_state.pop(_ASKED, None):
        case ("rename", segment_id, name):
            _rename(stores, account, segment_id, name)
        case ("duplicate", segment_id, _):
            _duplicate(stores, account, segment_id)
        case ("delete", segment_id, name):
            _delete(stores, account, segment_id, name)


def _duplicate(stores: Stores, account: Account, segment_id: str) -> None:
    try:
        copy = library.duplicate(stores, segment_id, account=account, now=utc_now())
    except CrmError as error:
        st.toast(error.message, icon=":material/error:")
        return
    notices.say(f"Made “{fmt.plain(copy['name'])}”.", ":material/content_copy:")
    st.rerun()


@st.dialog("Rename segment")
def _rename(stores: Stores, account: Account, segment_id: str, name: str) -> None:
    with st.form("segment-rename", border=False):
        new = st.text_input("Name", value=name, max_chars=library.LONGEST_NAME)
        asked = st.form_submit_button("Rename", type="primary")
    if not asked:
        return
    try:
        segment = library.rename(stores, segment_id, new or "", account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    open_segment.renamed(segment)
    st.rerun()


def _used(name: str, users: usage.Users) -> None:
    """Who goes by a segment, with a way to each."""
    st.warning(f"“{fmt.plain(name)}” is in use and stays.", icon=":material/link:")
    if users.campaigns:
        st.markdown("Finish or cancel these campaigns first:")
        for campaign in users.campaigns:
            st.page_link(
                links.page("history"), label=f"{fmt.plain(campaign['name'])} ({campaign['status']})",
                icon=":material/campaign:", query_params={"campaign": campaign["_id"]},
            )  # fmt: skip
    if users.segments:
        st.markdown("Take it out of the rules of these segments first:")
        for segment in users.segments:
            st.page_link(
                links.page("segments"), label=fmt.plain(segment["name"]), icon=":material/group:",
                query_params={"segment": segment["_id"]},
            )  # fmt: skip


@st.dialog("Delete segment")
def _delete(stores: Stores, account: Account, segment_id: str, name: str) -> None:
    users = usage.users(stores, segment_id)
    if users:
        _used(name, users)
    else:
        st.write(
            f"Delete “{fmt.plain(name)}”? Campaigns that were sent to it keep their audience. "
            "You can bring it back for 30 days."
        )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="segment-keep"):
            st.rerun()
        asked = st.button("Delete", type="primary", key="segment-delete", disabled=bool(users))
    if not asked:
        return
    try:
        library.delete(stores, segment_id, account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    open_segment.forget(segment_id)
    st.rerun()
