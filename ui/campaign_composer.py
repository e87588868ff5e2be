"""Writing a campaign: name, segment, message; beside them the message as real customers will get it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import streamlit as st

from crm import auth, library, messages, rehearsal, rulebook
from crm.auth import Account
from crm.campaigns import LONGEST_NAME
from crm.errors import CrmError
from crm.fields import Field
from crm.moment import utc_now
from crm.rehearsal import Readiness, Reading
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import campaign_draft, campaign_launch, links, notices, segment_cards
from ui import format as fmt
from ui.campaign_draft import MESSAGE_KEY, NAME_KEY, SEGMENT_KEY, Content, Opened

_FRESH = 20  # seconds that a count is good for while writing; the launch counts again
_SEGMENTS = 500
_FIRST_FIELDS = ("name", "city", "totalSpent", "orderCount", "lastOrdered")
_CHIP = "campaign field"
_PLACEHOLDER = "Hi {name|there}, here's 10% off on your next order!"

Segment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known about the message for the chosen segment; `problem` says why it can't be sent."""

    size: int | None = None
    ready: Readiness | None = None
    readings: tuple[Reading, ...] = ()
    problem: str = ""


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
        _message(fields)
    content = campaign_draft.current()
    look = _look(stores, segment, content.message)
    with right:
        _preview(look, content, fields)
    with header:
        st.text_input(
            "Campaign", key=NAME_KEY, max_chars=LONGEST_NAME, placeholder="Name this campaign",
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
    return segment


def _message(fields: Mapping[str, Field]) -> None:
    """The editor, with a chip for each field."""
    with st.container(border=True, key="campaign-message"):
        st.markdown("**Message**")
        st.text_area(
            "Message", key=MESSAGE_KEY, height=190, placeholder=_PLACEHOLDER, label_visibility="collapsed",
            max_chars=messages.LIMIT, persist_state="session",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            _chips("Insert a field", _FIRST_FIELDS, "first", fields)
            others = tuple(
                name
                for name in fields
                if name not in (*_FIRST_FIELDS, "bucket") and messages.fits_a_slot(name)
            )
            with st.popover("More fields", type="tertiary"):
                _chips("More fields", others, "more", fields)
        st.caption(
            "`{name|there}` writes “there” for those whose name is missing. Without such a default they are "
            "skipped, and counted here before you launch."
        )


def _chips(label: str, names: tuple[str, ...], place: str, fields: Mapping[str, Field]) -> None:
    key = f"{_CHIP} {place}"
    st.pills(
        label, names, key=key, format_func=lambda name: fmt.plain(fields[name].label), on_change=_insert,
        args=(key,), label_visibility="collapsed", wrap=True,
    )  # fmt: skip


def _insert(key: str) -> None:
    """Put the chosen field behind the text and let go of the chip."""
    name = st.session_state.get(key)
    st.session_state[key] = None
    if name is None:
        return
    text = st.session_state.get(MESSAGE_KEY) or ""
    slot = "{name|there}" if name == "name" else f"{{{name}}}"
    gap = "" if not text or text[-1].isspace() else " "
    st.session_state[MESSAGE_KEY] = f"{text}{gap}{slot}"


def _key(segment: Segment) -> bytes:
    return orjson.dumps(segment["rules"], option=orjson.OPT_SORT_KEYS)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _size(database: str, rules: bytes, _stores: Stores) -> int:
    return rehearsal.size(_stores, rules=orjson.loads(rules), now=utc_now())


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _rehearsed(
    database: str, rules: bytes, template: str, _stores: Stores
) -> tuple[Readiness, tuple[Reading, ...]]:
    tree, now = orjson.loads(rules), utc_now()
    ready = rehearsal.readiness(_stores, rules=tree, template=template, now=now)
    return ready, tuple(rehearsal.readings(_stores, rules=tree, template=template, now=now))


def _look(stores: Stores, segment: Segment | None, message: str) -> Look:
    """What the message looks like for this segment, or what is wrong with either."""
    if message.strip():
        try:
            messages.parse(message, rulebook.fields(stores))
        except CrmError as error:
            return Look(problem=error.message)
    if segment is None or not message.strip():
        return Look()
    try:
        ready, readings = _rehearsed(stores.db.name, _key(segment), message, stores)
    except CrmError as error:
        return Look(problem=error.message)
    return Look(ready.size, ready, readings)


def _preview(look: Look, content: Content, fields: Mapping[str, Field]) -> None:
    """The message as one customer after the other will get it, and who won't."""
    with st.container(border=True, key="campaign-preview"):
        st.markdown("**As they will read it**")
        if look.problem:
            st.error(look.problem, icon=":material/error:")
            return
        if not content.message.strip() or content.segment_id is None:
            st.caption("Choose a segment and write a message to see it as real customers.")
            return
        if not look.readings:
            st.warning("This segment selects nobody at this moment.", icon=":material/group_off:")
            return
        _one(look.readings)
        _missing(look.ready, fields)


def _one(readings: tuple[Reading, ...]) -> None:
    slot = st.container()
    number = 1
    if len(readings) > 1:
        number = st.pagination(len(readings), key="campaign-reading", max_visible_pages=5)
    reading = readings[min(number, len(readings)) - 1]
    with slot:
        to = " · ".join(part for part in (reading.name, reading.address) if part)
        st.text(f"To {to or 'a customer without name and address'}")  # not markdown: it would link addresses
        if reading.rendered.body is None:
            st.warning(f"Skipped: {reading.rendered.reason}.", icon=":material/block:")
        else:
            with st.container(border=True):
                st.text(reading.rendered.body)


def _missing(ready: Readiness | None, fields: Mapping[str, Field]) -> None:
    """How many would be skipped, field by field."""
    if ready is None or not ready.unrenderable:
        st.caption(":material/check: Everybody in the segment can be sent this message.")
        return
    st.warning(
        f"{fmt.count(ready.unrenderable, 'customer')} of {fmt.number(ready.size)} would be skipped.",
        icon=":material/block:",
    )
    for name, people in ready.missing.items():
        default = "there" if name == "name" else "…"
        st.caption(
            f"{fmt.count(people, 'customer')} without {fmt.plain(fields[name].label)}: "
            f"write `{{{name}|{default}}}` to send to them too."
        )


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
        campaign_launch.confirm(stores, settings, account, here, segment or {})


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
    if look.ready is None or not look.ready.reachable:
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
