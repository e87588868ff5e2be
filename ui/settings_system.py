"""How the parts are: stores, workers, streams, versions."""

import platform
from importlib.metadata import version

import pandas as pd
import streamlit as st

from crm import health
from crm.settings import settings
from crm.stores.connection import Stores

_NAMES = {
    "imports": "Files to read",
    "customers": "Customers to persist",
    "products": "Products to persist",
    "orders": "Orders to persist",
    "plan": "Audiences to write down",
    "send": "Batches to send",
    "receipts": "Receipts to book",
}


def draw(stores: Stores) -> None:
    state = health.check(stores)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(
            {"ok": "All parts work", "no worker": "No worker is running"}.get(
                state.status, "A store is away"
            ),
            icon=":material/check_circle:" if state.status == "ok" else ":material/error:",
            color="green" if state.status == "ok" else "red",
        )
        st.button("Look again", icon=":material/refresh:", type="tertiary", key="system_again")
    if state.status == "no worker":
        st.caption("What comes in is kept and waits. Start one with `python -m workers`.")
    with st.grid(4, min_column_width=150):
        st.metric("MongoDB", state.mongodb or "away", border=True)
        st.metric("Redis / Valkey", state.redis or "away", border=True)
        st.metric("Workers", len(state.workers), border=True)
        st.metric("Python", platform.python_version(), border=True)
    st.subheader("Streams")
    st.dataframe(
        _streams(state),
        hide_index=True,
        column_config={
            "Stream": st.column_config.TextColumn(width="medium"),
            "Waiting": st.column_config.NumberColumn(help="Entries that no worker has finished yet."),
            "Given up": st.column_config.NumberColumn(help="Entries put aside with their reason."),
        },
        key="system_streams",
    )
    st.caption(
        f"Streamlit {version('streamlit')} · data in {settings().data_dir.resolve()} · "
        f"database {settings().database} · currency {settings().currency} · time zone {settings().time_zone}"
    )


def _streams(state: health.Health) -> pd.DataFrame:
    """One row a kind of stream; the partitions of orders together."""
    sums: dict[str, list[int]] = {label: [0, 0] for label in _NAMES.values()}
    for name, each in state.streams.items():
        row = sums[_NAMES[name.partition(":")[0]]]
        row[0] += each.backlog
        row[1] += each.dead
    rows = [(label, waiting, dead) for label, (waiting, dead) in sums.items()]
    return pd.DataFrame(rows, columns=["Stream", "Waiting", "Given up"])
