"""What becomes of an open segment that somebody else saves, or deletes, meanwhile.

Where nothing here is unsaved, their version is shown at once. Otherwise both are kept until somebody chooses:
theirs, with one undo back to one's own; or one's own, which is then saved over theirs, and theirs stays a
version.
"""

from typing import Any

import streamlit as st

from crm import library, rulebook
from crm.auth import Account
from crm.errors import CrmError, InvalidRule, NotFound
from crm.moment import utc_now
from crm.saved import trash, versions
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices, open_segment, rule_draft, rule_tree, segment_versions
from ui.open_segment import NAME, Opened

Segment = dict[str, Any]


def draw(stores: Stores, settings: Settings, account: Account, opened: Opened) -> Opened:
    """Look whether the segment is still as it was opened, and ask what to do where it matters.

    Returns what is open now. Call it before the draft is read and the name's widget is drawn.
    """
    base = opened.segment
    if base is None:
        return opened
    try:
        theirs = library.get(stores, base["_id"])
    except NotFound:
        _deleted(stores, account, base)
        return opened
    if theirs["updatedAt"] == base["updatedAt"]:
        return opened
    if _alike(base, theirs):  # its description, say: what is edited here is not touched by that
        return open_segment.refresh(theirs)
    if not opened.differs(rule_draft.current().tree) and st.session_state.get(NAME) == base["name"]:
        notices.say("Somebody changed this segment. This is how it is now.", ":material/sync:")
        return _take(theirs)
    _both(stores, settings, base, theirs)
    return opened


def _alike(base: Segment, theirs: Segment) -> bool:
    same = rule_tree.comparable(base["rules"]) == rule_tree.comparable(theirs["rules"])
    return same and base["name"] == theirs["name"]


def _take(theirs: Segment) -> Opened:
    """Theirs, as a step that can be undone."""
    rule_draft.propose(theirs["rules"])
    st.session_state[NAME] = theirs["name"]
    return open_segment.refresh(theirs)


def _both(stores: Stores, settings: Settings, base: Segment, theirs: Segment) -> None:
    with st.container(border=True, key="segment-conflict"):
        st.markdown(f":material/sync_problem: **{_who(stores, settings, base, theirs)}**")
        if changed := _changed(stores, base, theirs):
            st.markdown(changed)
        with st.container(horizontal=True):
            st.button(
                "Take theirs", key="conflict-theirs", on_click=_take, args=(theirs,),
                help="One undo brings back what you were editing.",
            )  # fmt: skip
            st.button(
                "Keep mine", key="conflict-mine", on_click=open_segment.refresh, args=(theirs,),
                help="Saving then replaces theirs, which stays a version in the history.",
            )  # fmt: skip


def _who(stores: Stores, settings: Settings, base: Segment, theirs: Segment) -> str:
    if theirs.get("version") == base.get("version"):
        return f"Somebody renamed this segment to “{fmt.plain(theirs['name'])}” while you were editing it."
    [present], _ = versions.listing(stores, theirs["_id"], limit=1)
    name = fmt.plain(present["savedByName"] or "Somebody")
    return f"{name} saved another version of this segment, {fmt.moment(present['savedAt'], settings.zone)}."


def _changed(stores: Stores, base: Segment, theirs: Segment) -> str:
    """What they changed, in words."""
    try:
        before, after = (rulebook.parse_old(stores, one["rules"]) for one in (base, theirs))
    except InvalidRule:
        return ""
    return segment_versions.told(versions.steps(before, after))


def _deleted(stores: Stores, account: Account, base: Segment) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="segment-gone"):
        st.markdown(":material/delete: **Somebody deleted this segment.**", width="stretch")
        st.button(
            "Bring it back", key="conflict-restore", icon=":material/restore_from_trash:", on_click=_restore,
            args=(stores, account, base["_id"]),
        )  # fmt: skip


def _restore(stores: Stores, account: Account, segment_id: str) -> None:
    try:
        segment = trash.restore(stores, segment_id, account=account, now=utc_now())
    except CrmError as error:
        notices.say(fmt.plain(error.message), ":material/error:")
        return
    open_segment.refresh(segment)
