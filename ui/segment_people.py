"""Some of the people in an audience, by a stable draw, so that nobody has to guess who they are."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm.auth import Account
from crm.exports import Export
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import open_segment, segment_export
from ui.segment_preview import Answer, Shown

_NAMES = ("name", "email", "city", "totalSpent", "orderCount", "lastOrdered", "accountCreated", "tags")


def draw(shown: Shown, stores: Stores, settings: Settings, account: Account) -> None:
    """A table of them, and all of them as a file; a sentence where there is nobody."""
    if shown.answer is None:
        return
    found = shown.answer.preview
    if found.size == 0:
        st.caption("Nobody matches at the moment.")
        return
    title = "Everybody in it" if len(found.sample) == found.size else f"{len(found.sample)} of them"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        _download(shown.answer, stores, account)
    table(found.sample, settings, alt="A sample of the customers in this audience")


def _download(answer: Answer, stores: Stores, account: Account) -> None:
    """Everybody, as of the instant of the number."""
    popover = st.popover(
        "Download all", icon=":material/download:", type="tertiary", key="segment-download",
        on_change="rerun", help=f"{fmt.count(answer.preview.size, 'customer')} as CSV or NDJSON",
    )  # fmt: skip
    if popover.open:
        with popover:
            here = open_segment.here()
            segment = here.segment if here and not here.differs(answer.rules) else None
            name, segment_id = (segment["name"], segment["_id"]) if segment else ("audience", None)
            wanted = Export(answer.rules, (), "csv", answer.preview.as_of, name, segment_id)
            segment_export.controls(stores, account, wanted, "audience")


def table(customers: Sequence[dict[str, Any]], settings: Settings, *, alt: str) -> None:
    """Customers as `crm.audiences` samples them."""
    st.dataframe(
        frame(customers),
        hide_index=True,
        placeholder="",
        height=min(36 * (len(customers) + 1) + 2, 400),
        column_config=_columns(settings),
        alt=alt,
    )


def frame(customers: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row a customer: name, email, city, totalSpent, orderCount, lastOrdered, accountCreated, tags."""
    return pd.DataFrame(
        [
            {name: customer.get(name) for name in _NAMES} | {"tags": customer.get("tags") or []}
            for customer in customers
        ]
    )


def _columns(settings: Settings) -> dict[str, Any]:
    day = {"format": "D MMM YYYY", "timezone": settings.time_zone}
    return {
        "name": st.column_config.TextColumn("Name"),
        "email": st.column_config.TextColumn("E-mail"),
        "city": st.column_config.TextColumn("City"),
        "totalSpent": st.column_config.NumberColumn(
            f"Spent ({fmt.symbol(settings.currency).strip()})", format="localized"
        ),
        "orderCount": st.column_config.NumberColumn("Orders", format="localized"),
        "lastOrdered": st.column_config.DatetimeColumn("Last order", **day),
        "accountCreated": st.column_config.DatetimeColumn("Signed up", **day),
        "tags": st.column_config.ListColumn("Tags"),
    }
