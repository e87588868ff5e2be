"""The addresses that are not to be written to: looked through, added by hand, let go again."""

from typing import Any

import streamlit as st

from crm import suppressed
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices

_PAGE = 20
_ANY = "any"
_TRAIL, _SEEN = "suppressions trail", "suppressions seen"
_ASKED, _OUTCOME = "suppression asked about", "suppression outcome"
_LABELS = {reason: label.capitalize() for reason, label in suppressed.REASONS.items()}

Suppression = dict[str, Any]


def draw(stores: Stores, settings: Settings, account: Account) -> None:
    """The panel. For accounts that may write campaigns."""
    counts = suppressed.counts(stores)
    total = sum(counts.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Suppressed addresses", width="stretch")
        if st.button("Add addresses", icon=":material/block:", key="suppress"):
            st.session_state.pop(_OUTCOME, None)
            _add(stores, account)
    if not total:
        st.caption("None. Whoever unsubscribes, bounces, complains or is added here is never written to.")
        return
    said = " · ".join(
        f"{fmt.number(many)} {suppressed.REASONS.get(each, each)}" for each, many in counts.items() if many
    )
    with st.expander(f"{fmt.count(total, 'address', 'addresses')}: {said}", icon=":material/block:"):
        _list(stores, settings)
    asked = st.session_state.pop(_ASKED, None)
    if asked is not None:
        st.session_state.pop(_OUTCOME, None)
        _remove(stores, account, asked)


def _list(stores: Stores, settings: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", key="suppressions search", type="search", placeholder="Part of an address",
            label_visibility="collapsed",
        )  # fmt: skip
        reason = st.selectbox(
            "Reason", [_ANY, *_LABELS], key="suppressions reason", label_visibility="collapsed",
            format_func=lambda each: _LABELS.get(each, "Any reason"),
        )  # fmt: skip
    if st.session_state.get(_SEEN) != (search, reason):
        st.session_state[_SEEN], st.session_state[_TRAIL] = (search, reason), []
    trail: list[str] = st.session_state[_TRAIL]
    page = suppressed.listing(
        stores, limit=_PAGE, cursor=trail[-1] if trail else None, search=(search or "").strip() or None,
        reason=None if reason == _ANY else reason,
    )  # fmt: skip
    if not page["items"]:
        st.caption("No suppressed address is like this.")
    for each in page["items"]:
        _row(each, settings)
    with st.container(horizontal=True):
        if trail:
            st.button("Back", icon=":material/arrow_back:", key="suppressions-back", on_click=trail.pop)
        if page["next"]:
            st.button(
                "More", icon=":material/arrow_forward:", key="suppressions-more", on_click=trail.append,
                args=(page["next"],),
            )  # fmt: skip


def _row(found: Suppression, settings: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.text(found["address"])
            note = f" · {fmt.plain(found['note'])}" if found["note"] else ""
            at = fmt.moment(found["at"], settings.zone)
            st.caption(f"{_LABELS.get(found['reason'], found['reason'])} · {at}{note}")
        st.button(
            "", icon=":material/delete:", type="tertiary", key=f"unsuppress-{found['_id']}",
            help="Let it be written to again", on_click=_ask, args=(found,),
        )  # fmt: skip


def _ask(found: Suppression) -> None:
    st.session_state[_ASKED] = found


@st.dialog("Suppress addresses")
def _add(stores: Stores, account: Account) -> None:
    text = st.text_area(
        "Addresses", key="suppress-addresses", height=150,
        placeholder="E-mail addresses, or phone numbers one a line",
    )  # fmt: skip
    reason = st.selectbox(
        "Reason", list(_LABELS), index=list(_LABELS).index("manual"), key="suppress-reason",
        format_func=_LABELS.__getitem__,
    )  # fmt: skip
    note = st.text_input(
        "Note", key="suppress-note", max_chars=suppressed.LONGEST_NOTE, placeholder="Optional"
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Suppress", type="primary", key="suppress-yes", on_click=_suppress,
            args=(stores, account, text or "", reason, note or ""),
        )  # fmt: skip
    _outcome()


def _suppress(stores: Stores, account: Account, text: str, reason: str, note: str) -> None:
    try:
        done = suppressed.add(
            stores, text, reason=reason, note=note.strip() or None, account=account, now=utc_now()
        )
    except CrmError as error:
        st.session_state[_OUTCOME] = error.message
        return
    known = f", {fmt.number(done['known'])} were already" if done["known"] else ""
    notices.say(f"{fmt.count(done['added'], 'address', 'addresses')} suppressed{known}.")
    st.session_state[_OUTCOME] = ""


def _outcome() -> None:
    """Close the dialog if what was asked for is done, or say why it could not be."""
    outcome: str | None = st.session_state.pop(_OUTCOME, None)
    if outcome:
        st.error(outcome, icon=":material/error:")
    elif outcome is not None:
        st.rerun()


@st.dialog("Write to this address again?")
def _remove(stores: Stores, account: Account, found: Suppression) -> None:
    st.text(found["address"])
    why = suppressed.REASONS.get(found["reason"], found["reason"])
    st.write(f"It is suppressed: {why}. Campaigns may reach it again.")
    if found["reason"] in ("unsubscribed", "complained"):
        st.warning("Its owner asked not to be written to.", icon=":material/warning:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="unsuppress-not"):
            st.rerun()
        st.button(
            "Let it go", type="primary", key="unsuppress-yes", on_click=_let_go,
            args=(stores, account, found["address"]),
        )  # fmt: skip
    _outcome()


def _let_go(stores: Stores, account: Account, address: str) -> None:
    try:
        suppressed.remove(stores, address, account=account, now=utc_now())
    except CrmError as error:
        st.session_state[_OUTCOME] = error.message
        return
    notices.say("It may be written to again.")
    st.session_state[_OUTCOME] = ""
