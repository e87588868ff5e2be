"""The imports on the Upload page: cards of those at work, and the history of all."""

from typing import Any

import pandas as pd
import streamlit as st

from crm import ingest
from crm.auth import Account
from crm.settings import settings
from crm.stores.connection import Document, Stores
from ui import format, import_card

_LATEST = 10
_PAGE = 20
_MINE = "uploads_started"
_TRAIL = "imports_trail"


def remember(import_id: str) -> None:
    """Show this import as a card for as long as the session lasts."""
    st.session_state[_MINE] = [*st.session_state.get(_MINE, []), import_id]


def cards(stores: Stores, account: Account) -> None:
    """Imports at work, those that wait for somebody, and those started here; they move by themselves."""
    running = any(map(import_card.is_moving, _shown(stores)))
    st.fragment(_cards, run_every=2 if running else None)(stores, account)


def _shown(stores: Stores) -> list[Document]:
    mine = set(st.session_state.get(_MINE, []))
    latest = ingest.list_imports(stores, limit=_LATEST).items
    return [one for one in latest if import_card.is_open(one) or one["_id"] in mine]


def _cards(stores: Stores, account: Account) -> None:
    shown = _shown(stores)
    moving = any(map(import_card.is_moving, shown))
    if st.session_state.get("upload_was_running") and not moving:
        st.session_state["upload_was_running"] = False
        st.rerun()  # without the clock, and with the history as it is now
    st.session_state["upload_was_running"] = moving
    for status in shown:
        import_card.draw(stores, account, status)


def history(stores: Stores) -> None:
    """All imports, page by page: who, when, what, how long; a selected one opens."""
    trail: list[str] = st.session_state.setdefault(_TRAIL, [])
    page = ingest.list_imports(stores, limit=_PAGE, cursor=trail[-1] if trail else None)
    if not page.items:
        st.caption("No file has been imported yet.")
        return
    event = st.dataframe(
        pd.DataFrame([_row(status) for status in page.items]),
        hide_index=True,
        placeholder="",
        alt="Imports, the newest first; select one to open it",
        on_select="rerun",
        selection_mode="single-row",
        key=f"imports_table_{len(trail)}",
        column_config={
            "File": st.column_config.TextColumn(pinned=True, width=140),
            "State": st.column_config.TextColumn(width=100),
            "When": st.column_config.TextColumn(width=130),
            **{
                name: st.column_config.NumberColumn(format="localized", width=72) for name in _COUNTS.values()
            },
            "Kind": st.column_config.TextColumn(width=78),
        },
    )
    if event.selection.rows:
        st.query_params[import_card.PARAMETER] = page.items[event.selection.rows[0]]["_id"]
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Newer", icon=":material/chevron_left:", disabled=not trail, on_click=_turn, args=(None,))
        st.button(
            "Older",
            icon=":material/chevron_right:",
            disabled=not page.next,
            on_click=_turn,
            args=(page.next,),
        )
        st.caption("The newest first. Select an import to open it.")


def _turn(cursor: str | None) -> None:
    trail = st.session_state[_TRAIL]
    st.session_state[_TRAIL] = [*trail, cursor] if cursor else trail[:-1]


_COUNTS = {
    "read": "Read", "created": "Created", "updated": "Updated", "unchanged": "Unchanged",
    "rejected": "Refused",
}  # fmt: skip


def _row(status: Document) -> dict[str, Any]:
    return {
        "File": status["filename"],
        "State": import_card.badge(status)[0],
        "When": format.moment(status["createdAt"], settings().zone),
        **{label: _count(status, name) for name, label in _COUNTS.items()},
        "Kind": status["kind"] or format.NOTHING,
        "By": status["createdByName"] or format.NOTHING,
        "Took": import_card.duration(status),
    }


def _count(status: Document, name: str) -> int | None:
    """None for what an import would only do."""
    return None if status["trial"] and name != "read" else status["counts"][name]
