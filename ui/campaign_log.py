"""The delivery log of one campaign: a row a recipient, searched, filtered, page by page, downloaded."""

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm import campaigns
from crm.lifecycle import DeliveryState
from crm.stores.connection import Stores
from ui import campaign_marks as marks
from ui import format as fmt

_PAGE = 50
_ALL = "all"
_STATES = (_ALL, *(state.value for state in DeliveryState))

Campaign = dict[str, Any]


@st.fragment
def draw(stores: Stores, campaign: Campaign, zone: ZoneInfo) -> None:
    """The log with its controls. A click in it draws only the log again."""
    at = campaign["_id"]
    counts = campaigns.stats(stores, at)
    trail_key = f"log-trail-{at}"
    trail: list[str] = st.session_state.setdefault(trail_key, [])
    state, search = _controls(stores, campaign, counts, trail_key)
    page = campaigns.deliveries(
        stores, at, state=state, search=search, limit=_PAGE, cursor=trail[-1] if trail else None
    )
    if page["items"]:
        _table(page["items"], zone)
    else:
        st.caption(_nobody(state, search, page["next"]))
    _turn_pages(trail_key, trail, page["next"], len(page["items"]))


def _controls(
    stores: Stores, campaign: Campaign, counts: dict[str, Any], trail_key: str
) -> tuple[str | None, str | None]:
    """Search, filter and download; what was chosen."""
    at = campaign["_id"]

    def first_page() -> None:
        st.session_state[trail_key] = []

    def label(state: str) -> str:
        many = counts["total"] if state == _ALL else counts[state]
        return f"{'All' if state == _ALL else marks.STATE[state].label} {fmt.number(many)}"

    shown = [state for state in _STATES if state == _ALL or counts[state]]
    chosen_key = f"log-state-{at}"
    if st.session_state.get(chosen_key, _ALL) not in shown:
        shown.append(st.session_state[chosen_key])
    state = st.segmented_control(
        "State", shown, key=chosen_key, default=_ALL, required=True, format_func=label,
        label_visibility="collapsed", on_change=first_page,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", type="search", key=f"log-search-{at}", placeholder="Name or e-mail address",
            label_visibility="collapsed", on_change=first_page, width=320,
        )  # fmt: skip
        wanted = None if state in (None, _ALL) else str(state)
        st.download_button(
            "Download CSV",
            data=lambda: "".join(campaigns.deliveries_csv(stores, at, state=wanted, search=search or None)),
            file_name=f"campaign-{at}{'-' + wanted if wanted else ''}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"log-csv-{at}",
            on_click="ignore",
        )
    return wanted, (search or "").strip() or None


def _table(items: list[dict[str, Any]], zone: ZoneInfo) -> None:
    rows = [
        {
            "Name": item["name"] or fmt.NOTHING,
            "E-mail": item["email"] or "",
            "State": [marks.STATE[item["state"]].label],
            "Why": item["reason"] or "",
            "Attempt": item["attempt"],
            "When": fmt.moment(item["updatedAt"], zone) if item["updatedAt"] else "waiting",
            "Message": item["body"] or "",
        }
        for item in items
    ]
    frame = pd.DataFrame(rows)
    empty = [name for name in ("E-mail", "Why", "Message") if frame[name].eq("").all()]
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


def _nobody(state: str | None, search: str | None, following: str | None) -> str:
    if following:
        return "Nobody on this page; there may be more further on."
    if search:
        return "Nobody in this campaign has this in his name or address."
    return f"Nobody is {state}." if state else "Nobody is written down yet."


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
