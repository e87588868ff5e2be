"""The delivery log of one campaign: a row a recipient, searched, filtered, page by page, downloaded."""

from dataclasses import asdict
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm import campaigns, log_files
from crm.auth import Account
from crm.lifecycle import DeliveryState
from crm.log_files import LogFile
from crm.stores.connection import Stores
from crm.stores.deliveries import EXPLAINED
from ui import campaign_marks as marks
from ui import campaign_tally, download_link
from ui import format as fmt

_PAGE = 50
ALL = "all"
_STATES = (ALL, *(state.value for state in DeliveryState))
_SHORT = 60  # characters of a reason in a choice

STATE = "state"  # in the address: the state that the log shows at first
PANEL = "Delivery log"
OPEN = "campaign panel"  # key of the widget that says which panel of a campaign's page is open
_ASKED = "campaign log asked"

Campaign = dict[str, Any]


def show(campaign_id: str, state: str) -> None:
    """Open the log with everybody in a state, `ALL` for everybody, whatever was chosen in it before."""
    st.session_state[OPEN] = PANEL
    st.session_state[_ASKED] = True
    st.session_state[f"log-state-{campaign_id}"] = state
    st.session_state[f"log-trail-{campaign_id}"] = []
    for part in ("search", "reason", "variant"):
        st.session_state.pop(f"log-{part}-{campaign_id}", None)


def asked_for() -> bool:
    """Whether the log was asked for since the last call: a fragment has to start the run over then."""
    return bool(st.session_state.pop(_ASKED, False))


def open_from_address(campaign_id: str) -> None:
    """Open the log with the state that the address names, once."""
    if (state := st.query_params.pop(STATE, None)) in _STATES:
        show(campaign_id, state)
        st.session_state.pop(_ASKED)


@st.fragment
def draw(stores: Stores, account: Account, campaign: Campaign, zone: ZoneInfo) -> None:
    """The log with its controls. A click in it draws only the log again."""
    trail_key = f"log-trail-{campaign['_id']}"
    trail: list[str] = st.session_state.setdefault(trail_key, [])
    wanted = _controls(stores, account, campaign, trail_key)
    chosen = asdict(wanted)
    page = campaigns.deliveries(
        stores, chosen.pop("campaign_id"), **chosen, limit=_PAGE, cursor=trail[-1] if trail else None
    )
    if page["items"]:
        _table(page["items"], zone)
    else:
        st.caption(_nobody(wanted, page["next"]))
    _turn_pages(trail_key, trail, page["next"], len(page["items"]))


def _controls(stores: Stores, account: Account, campaign: Campaign, trail_key: str) -> LogFile:
    """State, reason, variant, search and download; what was chosen."""
    at = campaign["_id"]

    def first_page() -> None:
        st.session_state[trail_key] = []

    state = _state(stores, at, first_page)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", type="search", key=f"log-search-{at}", placeholder="Name or e-mail address",
            label_visibility="collapsed", on_change=first_page, width=260,
        )  # fmt: skip
        reason = _reason(stores, campaign, state, first_page)
        variant = None
        if campaign["variants"]:
            variant = st.selectbox(
                "Variant", [each["name"] for each in campaign["variants"]], index=None, width=140,
                key=f"log-variant-{at}", placeholder="Any variant", label_visibility="collapsed",
                on_change=first_page,
            )  # fmt: skip
        wanted = LogFile(at, state, (search or "").strip() or None, reason, variant)
        ticket = download_link.ticket(
            f"log {at}", wanted, partial(log_files.offer, stores, account, wanted)
        )  # fmt: skip
        st.link_button(
            "Download CSV", f"/api/exports/log/{ticket}", icon=":material/download:", key=f"log-csv-{at}",
            help="The rows that are chosen here, all pages of them",
        )  # fmt: skip
    return wanted


def _state(stores: Stores, at: str, first_page: Any) -> str | None:
    """The state that is chosen, each with its number; None for all."""
    counts = campaigns.stats(stores, at)

    def label(state: str) -> str:
        many = counts["total"] if state == ALL else counts[state]
        return f"{'All' if state == ALL else marks.STATE[state].label} {fmt.number(many)}"

    shown = [state for state in _STATES if state == ALL or counts[state]]
    chosen_key = f"log-state-{at}"
    st.session_state.setdefault(chosen_key, ALL)
    if st.session_state[chosen_key] not in shown:
        shown.append(st.session_state[chosen_key])
    state = st.segmented_control(
        "State", shown, key=chosen_key, required=True, format_func=label,
        label_visibility="collapsed", on_change=first_page,
    )  # fmt: skip
    return None if state in (None, ALL) else str(state)


def _reason(stores: Stores, campaign: Campaign, state: str | None, first_page: Any) -> str | None:
    """The reason that is chosen, each with its number; None for any. Nothing is asked where there is none."""
    found: dict[str, int] = {}
    tally = campaign_tally.of(stores, campaign)
    for each in sorted(EXPLAINED if state is None else EXPLAINED & {state}):
        for reason, many in tally.reasons(each).items():
            found[reason] = found.get(reason, 0) + many
    key = f"log-reason-{campaign['_id']}"
    if st.session_state.get(key) not in found:
        st.session_state[key] = None
    if not found:
        return None
    return st.selectbox(
        "Reason", sorted(found, key=lambda each: -found[each]), index=None, key=key, width=240,
        placeholder="Any reason", label_visibility="collapsed", on_change=first_page,
        format_func=lambda each: f"{each[:_SHORT]} ({fmt.number(found.get(each, 0))})",
    )  # fmt: skip


def _table(items: list[dict[str, Any]], zone: ZoneInfo) -> None:
    rows = [
        {
            "Name": item["name"] or fmt.NOTHING,
            "E-mail": item["email"] or "",
            "State": [marks.STATE[item["state"]].label],
            "Why": item["reason"] or "",
            "Variant": item["variant"] or "",
            "Attempt": item["attempt"],
            "When": fmt.moment(item["updatedAt"], zone) if item["updatedAt"] else "waiting",
            "Message": item["body"] or "",
        }
        for item in items
    ]
    frame = pd.DataFrame(rows)
    empty = [name for name in ("E-mail", "Why", "Variant", "Message") if frame[name].eq("").all()]
    st.dataframe(
        frame.drop(columns=empty),
        hide_index=True,
        alt="One row a recipient: name, address, state, reason and message",
        column_config={
            "Name": st.column_config.TextColumn(pinned=True),
            "State": st.column_config.MultiselectColumn(
                options=[mark.label for mark in marks.STATE.values()],
                color=[mark.color for mark in marks.STATE.values()],
            ),
            "Why": st.column_config.TextColumn(width="medium"),
            "Attempt": st.column_config.NumberColumn(width="small"),
            "Message": st.column_config.TextColumn(width="large"),
        },
    )


def _nobody(wanted: LogFile, following: str | None) -> str:
    if following:
        return "Nobody on this page; there may be more further on."
    if wanted.search:
        return "Nobody of those chosen has this in his name or address."
    if wanted.reason or wanted.variant:
        return "Nobody has all that is chosen here."
    return f"Nobody is {wanted.state}." if wanted.state else "Nobody is written down yet."


def _turn_pages(trail_key: str, trail: list[str], following: str | None, rows: int) -> None:
    if not trail and not following:
        return

    def turn(cursor: str | None) -> None:
        st.session_state[trail_key] = [*trail, cursor] if cursor else trail[:-1]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", icon=":material/chevron_left:", key=f"{trail_key}-previous", disabled=not trail,
            on_click=turn, args=(None,),
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", key=f"{trail_key}-next", disabled=not following,
            on_click=turn, args=(following,),
        )  # fmt: skip
        first = len(trail) * _PAGE
        st.caption(f"{fmt.number(first + 1)}–{fmt.number(first + rows)}" if rows else "")
