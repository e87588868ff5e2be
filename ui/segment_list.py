"""The saved segments: found by text and tags, sorted, as cards or as a table; and those that were deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from crm import library
from crm.auth import Account
from crm.moment import utc_now
from crm.saved import sizes
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import open_segment, segment_actions, segment_cards, segment_overlap, segment_table, segment_trash

_STEP = 20
_MOST = 500
_MANY = 8  # segments beyond which a search helps
_LIMIT = "segments shown"
_ORDERS = {"changed": "Latest change", "name": "Name", "size": "Size", "used": "Last used"}
_VIEWS = {"cards": ":material/view_agenda:", "table": ":material/table_rows:"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody narrowed the list to, and how he wants to see it."""

    search: str | None = None
    tags: tuple[str, ...] = ()
    order: str = "changed"
    view: str = "cards"

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.tags)


def draw(stores: Stores, settings: Settings, account: Account) -> None:
    """Every saved segment, a step at a time."""
    unsaved = open_segment.unsaved()
    if open_segment.NEW in unsaved:
        _unsaved()
    segment_trash.just_deleted(stores, account)
    total = library.total(stores)
    if total == 0:
        st.caption("No segment is saved yet. Describe one above, or build it from conditions.")
    else:
        _segments(stores, settings, total, unsaved)
    segment_trash.draw(stores, settings, account)
    segment_actions.asked(stores, settings, account)


def _segments(stores: Stores, settings: Settings, total: int, unsaved: set[str]) -> None:
    asked = _controls(library.known_tags(stores), total)
    limit = st.session_state.get(_LIMIT, _STEP)
    items, following = library.listing(
        stores, limit=limit, search=asked.search, tags=asked.tags, order=asked.order
    )
    if not items:
        st.caption("No segment has this in its name and all of these tags.")
        return
    now = utc_now()
    trends = sizes.trends(stores, [item["_id"] for item in items], now=now)
    if asked.narrowed:
        st.caption(f"{library.total(stores, asked.search, asked.tags)} of {total} segments")
    if asked.view == "table":
        segment_table.draw(stores, settings, items, trends)
    else:
        _cards(stores, settings, items, trends, now, unsaved)
    if following and limit < _MOST:
        st.button("Show more", key="segment-more", on_click=_show_more)


def _cards(
    stores: Stores,
    settings: Settings,
    items: list[dict[str, Any]],
    trends: dict[str, list[sizes.Point]],
    now: datetime,
    unsaved: set[str],
) -> None:
    for segment in items:
        at = segment["_id"]
        segment_cards.draw(stores, settings, segment, trends.get(at, []), now, unsaved=at in unsaved)


def _controls(tags: list[str], total: int) -> _Asked:
    """Search, tags, order and view; each where it helps."""
    search, chosen = "", []
    with st.container(horizontal=True, vertical_alignment="bottom", key="segment-controls"):
        if total > _MANY:
            search = st.text_input(
                "Search", type="search", key="segment-search", placeholder="Name or tag", width=260,
                persist_state="session",
            )  # fmt: skip
        if tags:
            chosen = st.multiselect(
                "Tags", tags, key="segment-tags", placeholder="Any tag", width=260, persist_state="session"
            )
        if total == 1:
            return _Asked(search, tuple(chosen))
        order = st.selectbox(
            "Sort by", list(_ORDERS), key="segment-order", format_func=_ORDERS.__getitem__, width=170,
            persist_state="session",
        )  # fmt: skip
        view = st.segmented_control(
            "View", list(_VIEWS), key="segment-view", default="cards", required=True,
            format_func=_VIEWS.__getitem__, persist_state="session",
        )  # fmt: skip
        st.button(
            "Compare", icon=":material/join_inner:", key="segment-compare",
            on_click=segment_overlap.open_with,
            help="How many customers up to five segments share",
        )  # fmt: skip
        return _Asked(search, tuple(chosen), order, view or "cards")


def _unsaved() -> None:
    """The way back to a new segment that was never saved."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="segment-unsaved"):
        st.markdown(":material/edit_note: You have a new segment that is not saved.", width="stretch")
        st.button("Continue", key="segment-continue", on_click=open_segment.show, args=(open_segment.NEW,))


def _show_more() -> None:
    st.session_state[_LIMIT] = st.session_state.get(_LIMIT, _STEP) + _STEP
