"""Deleted segments: undone right after, or brought back from their list within 30 days."""

import streamlit as st

from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.saved import trash
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices

_JUST = "segment just deleted"
_SHOWN = 50


def noted(segment_id: str, name: str) -> None:
    """Note that this session has just deleted a segment."""
    st.session_state[_JUST] = (segment_id, name)


def just_deleted(stores: Stores, account: Account) -> None:
    """What this session deleted last, with the way back; until it is undone or put away."""
    if _JUST not in st.session_state:
        return
    segment_id, name = st.session_state[_JUST]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="segment-deleted"):
        st.markdown(f":material/delete: Deleted “{fmt.plain(name)}”.", width="stretch")
        st.button(
            "Undo", icon=":material/undo:", key="segment-undelete", on_click=_restore,
            args=(stores, account, segment_id),
        )  # fmt: skip
        st.button(
            "", icon=":material/close:", type="tertiary", key="segment-deleted-close", help="Put away",
            on_click=_put_away,
        )  # fmt: skip


def draw(stores: Stores, settings: Settings, account: Account) -> None:
    """The deleted segments, folded away; nothing where there are none."""
    deleted = trash.listing(stores, limit=_SHOWN)
    if not deleted:
        return
    now = utc_now()
    with st.expander(f"Recently deleted ({len(deleted)})", icon=":material/delete:"):
        for segment in deleted:
            at = segment["_id"]
            with st.container(horizontal=True, vertical_alignment="center", key=f"deleted-{at}"):
                with st.container(width="stretch", gap=None):
                    st.markdown(f"**{fmt.plain(segment['name'])}**")
                    kept = fmt.day(segment["keptUntil"], settings.zone)
                    st.caption(
                        f"{fmt.count(segment['lastSize'], 'customer')}, deleted "
                        f"{fmt.ago(segment['deletedAt'], now)}, kept until {kept}"
                    )
                st.button(
                    "Restore", icon=":material/restore_from_trash:", key=f"undelete-{at}",
                    on_click=_restore, args=(stores, account, at),
                )  # fmt: skip


def _restore(stores: Stores, account: Account, segment_id: str) -> None:
    try:
        segment = trash.restore(stores, segment_id, account=account, now=utc_now())
    except CrmError as error:
        notices.say(fmt.plain(error.message), ":material/error:")
        return
    if st.session_state.get(_JUST, ("",))[0] == segment_id:
        _put_away()
    notices.say(f"“{fmt.plain(segment['name'])}” is back.", ":material/restore_from_trash:")


def _put_away() -> None:
    st.session_state.pop(_JUST, None)
