"""Undoing an import: asked for with the numbers first; what was left alone, afterwards."""

from datetime import datetime

import pandas as pd
import streamlit as st

from crm import imports
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.stores.connection import Document, Stores
from ui import format

_LISTED = 200


def is_possible(status: Document, now: datetime) -> bool:
    """Whether there is something to undo, and still time for it."""
    ended = status["state"] in imports.ENDED and status["undo"] is None
    did = status["counts"]["created"] + status["counts"]["updated"]
    return ended and bool(did) and now <= status["undoUntil"]


@st.dialog("Undo this import?")
def confirm(stores: Stores, account: Account, status: Document) -> None:
    """Ask, with what it would do at this moment."""
    estimate = imports.undo_estimate(stores, status["_id"])
    kind = status["kind"] or "records"
    counts = estimate or {"removed": status["counts"]["created"], "restored": status["counts"]["updated"]}
    st.markdown(f"**{format.plain(status['filename'])}**")
    parts = [
        f"{_some(counts[name], kind)} {what}"
        for name, what in (("removed", "it created will go"), ("restored", "it changed will be as before"))
        if counts[name]
    ]
    st.markdown(f"{' and '.join(parts)}." if parts else "Nothing is left to take back.")
    if estimate is None:
        st.markdown(
            "Those that something else has changed since stay as they are, and are listed afterwards."
        )
    elif estimate["kept"]:
        st.markdown(
            f"{format.count(estimate['kept'], 'record')} changed since, by another import, the API or an "
            "order, will stay as now, and be listed afterwards."
        )
    if kind == "orders":
        st.caption("The totals of the customers follow.")
    with st.container(horizontal=True):
        if st.button("Undo the import", type="primary", icon=":material/undo:", key="undo_confirmed"):
            try:
                imports.undo_import(stores, status["_id"], account_id=account.id, now=utc_now())
            except CrmError as error:
                st.error(error.message, icon=":material/error:")
                return
            st.rerun()
        if st.button("Keep it", key="undo_refused"):
            st.rerun()


def _some(count: int, kind: str) -> str:
    return format.count(count, kind.removesuffix("s"))


def kept(stores: Stores, status: Document) -> None:
    """What an undo left alone."""
    if status["undo"] is None or not status["undo"]["kept"]:
        return
    count = status["undo"]["kept"]
    st.subheader(f"{format.count(count, 'record')} left alone")
    st.caption("Something else has touched them since the import, so they stay as they are now.")
    page = imports.kept(stores, status["_id"], limit=_LISTED)
    rows = [
        {"What": one["label"], "Kind": one["kind"], "Why": one["reason"], "Id": one["id"]}
        for one in page.items
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Records that the undo left alone")
    if count > len(rows):
        st.caption(f"The first {len(rows)} are shown; the API lists all of them.")
