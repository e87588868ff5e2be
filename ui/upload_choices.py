"""What is chosen for a file before it is imported, and the two buttons: import it, or try it first."""

from collections.abc import Collection
from typing import Any

import streamlit as st

_KINDS = {"customers": "customers", "orders": "orders", "products": "products"}
_EXISTING = {
    "update": "Update what differs",
    "fill": "Fill empty fields only",
    "skip": "Leave them as they are",
}


_TOTALS = frozenset({"totalSpent", "totalOrderValue", "orderCount"})


def ask(kind: str | None, key: str, fields: Collection[str]) -> dict[str, Any] | None:
    """How to import a file with these fields, as `ingest.start_import` takes it, once that is asked for."""
    choices: dict[str, Any] = {}
    if kind == "customers":
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            choices["existing"] = st.selectbox(
                "Customers we have already",
                list(_EXISTING),
                format_func=_EXISTING.__getitem__,
                key=f"existing_{key}",
                width=260,
            )
            if _TOTALS.intersection(fields):
                choices["totals"] = "ignore" if _leave_out_totals(key) else "take"
    with st.container(horizontal=True):
        label = f"Import {_KINDS.get(kind or '', 'customers')}"
        if st.button(label, type="primary", icon=":material/upload:", key=f"import_{key}"):
            return choices
        if st.button(
            "Check first",
            icon=":material/fact_check:",
            key=f"check_{key}",
            help="Go through the whole file and say what would be created, changed and refused. "
            "Nothing is written before you confirm.",
        ):
            return choices | {"confirm": True}
    return None


def _leave_out_totals(key: str) -> bool:
    return st.checkbox(
        "Leave out their totals",
        key=f"totals_{key}",
        help="Amounts spent and numbers of orders in the file are an opening balance, to which later "
        "orders add. Leave them out if you import the orders themselves.",
    )
