"""What can be done with a saved segment besides editing it: a menu, and a dialog for each entry."""

import streamlit as st

from crm import library, names
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.saved import usage
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices, open_segment, segment_export, segment_overlap, segment_trash, segment_users

_ASKED = "segment asked about"
ACTIONS = {
    "open": "Open",
    "rename": "Rename or describe",
    "tags": "Tags",
    "duplicate": "Duplicate",
    "compare": "Compare",
    "export": "Export",
    "delete": "Delete",
}


def menu(segment_id: str, name: str) -> None:
    """The menu of one segment."""
    key = f"menu-{segment_id}"
    st.menu_button(
        "",
        list(ACTIONS),
        key=key,
        icon=":material/more_horiz:",
        type="tertiary",
        format_func=ACTIONS.__getitem__,
        help=", ".join(ACTIONS.values()),
        on_click=_choose,
        args=(key, segment_id, name),
    )


def _choose(key: str, segment_id: str, name: str) -> None:
    action = st.session_state.get(key)
    if action in ACTIONS:
        take(action, segment_id, name)


def take(action: str, segment_id: str, name: str) -> None:
    """Go where an action leads; or have the run that follows do it, or ask about it."""
    if action == "open":
        open_segment.show(segment_id)
    elif action == "compare":
        segment_overlap.open_with((segment_id,))
    else:
        st.session_state[_ASKED] = (action, segment_id, name)


def asked(stores: Stores, settings: Settings, account: Account) -> None:
    """Do, or ask about, what was chosen."""
    match st.session_state.pop(_ASKED, None):
        case ("rename", segment_id, _):
            describe(stores, account, segment_id)
        case ("tags", segment_id, name):
            _tag(stores, account, segment_id, name)
        case ("duplicate", segment_id, _):
            _duplicate(stores, account, segment_id)
        case ("export", segment_id, _):
            segment_export.dialog(stores, settings, account, segment_id)
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


@st.dialog("Name and description")
def describe(stores: Stores, account: Account, segment_id: str) -> None:
    """Ask for a segment's name, and for what it is for."""
    try:
        before = library.get(stores, segment_id)
    except CrmError as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    with st.form("segment-rename", border=False):
        name = st.text_input("Name", value=before["name"], max_chars=names.LONGEST)
        description = st.text_area(
            "Description", value=before.get("description", ""), max_chars=library.LONGEST_DESCRIPTION,
            placeholder="What it is for, and what to know about it", height=100,
        )  # fmt: skip
        asked = st.form_submit_button("Save", type="primary")
    if not asked:
        return
    try:
        segment = library.rename(
            stores, segment_id, name or "", description=description or "", account=account, now=utc_now()
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    open_segment.renamed(segment)
    st.rerun()


@st.dialog("Tags")
def _tag(stores: Stores, account: Account, segment_id: str, name: str) -> None:
    try:
        before = library.get(stores, segment_id).get("tags", [])
    except CrmError as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    with st.form("segment-tags-form", border=False):
        after = st.multiselect(
            f"Tags of “{fmt.plain(name)}”",
            [*before, *(tag for tag in library.known_tags(stores) if tag not in before)],
            default=before,
            accept_new_options=True,
            max_selections=library.MOST_TAGS,
            placeholder="Choose one, or type a new one",
        )
        asked = st.form_submit_button("Save", type="primary")
    if not asked:
        return
    added = [tag for tag in after if tag not in before]
    removed = [tag for tag in before if tag not in after]
    try:
        library.tag(stores, segment_id, add=added, remove=removed, account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.rerun()


def _used(name: str, users: usage.Users) -> None:
    """Who goes by a segment, with a way to each."""
    st.warning(f"“{fmt.plain(name)}” is in use and stays.", icon=":material/link:")
    if users.campaigns:
        st.markdown("Finish or cancel these campaigns first:")
        segment_users.draw(usage.Users(campaigns=users.campaigns))
    if users.segments:
        st.markdown("Take it out of the rules of these segments first:")
        segment_users.draw(usage.Users(segments=users.segments))


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
    segment_trash.noted(segment_id, name)
    st.rerun()
