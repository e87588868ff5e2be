"""What was picked in Explore, read back as a sentence with its size, and saved as a segment."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import streamlit as st

from crm import library, segments, selection
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.rfm import Rfm
from crm.saved import sizes
from crm.selection import DATE_FIELDS, Selection
from crm.stores.connection import Stores
from ui import format as fmt
from ui import links
from ui.session import settings

_SAVED = "explore_saved"


def draw(stores: Stores, account: Account, picked: Selection, scores: Rfm | None, *, now: datetime) -> None:
    """The panel; the size is as of `now`."""
    with st.container(border=True, key="segment_panel"):
        if picked.is_empty:
            st.markdown("**Segment** — set a filter or click bars in the charts to describe customers here.")
            _saved()
            return
        if not picked.period.is_open and not picked.of_lines:
            picked = _dated(picked)
        tree = selection.tree(picked, scores.edges if scores else None)
        rule = segments.parse(tree)
        counted = sizes.quickly(stores, rule, now=now, zone=settings().zone)
        size, everyone = counted.size, counted.total
        sentence = segments.describe(rule, currency=settings().currency)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.metric("In this segment", fmt.number(size), width=150)
            with st.container(gap="xsmall"):
                st.markdown(f"**{fmt.plain(sentence)}.**")
                share = fmt.percent(size / everyone if everyone else 0.0)
                st.caption(f"{share} of {fmt.count(everyone, 'customer')}")
        if picked.of_lines:
            st.caption(
                ":material/info: By the names on order lines: a line with a product id alone is not found."
            )
        _save_form(stores, account, tree)
        _saved()


def _dated(picked: Selection) -> Selection:
    field = st.segmented_control(
        "The period is that of the",
        list(DATE_FIELDS),
        format_func=DATE_FIELDS.__getitem__,
        default=picked.date_field,
        required=True,
        key="segment_date_field",
    )
    return replace(picked, date_field=field or picked.date_field)


def _save_form(stores: Stores, account: Account, tree: Any) -> None:
    with st.form("segment_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", placeholder="Name the segment", label_visibility="collapsed", key="segment_name"
        )
        saving = st.form_submit_button("Save as segment", type="primary", icon=":material/bookmark_add:")
    if not saving:
        return
    try:
        saved = library.save(
            stores, name=name, rules=tree, account=account, now=utc_now(), zone=settings().zone
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
    else:
        st.session_state[_SAVED] = (saved["_id"], saved["name"], saved["lastSize"])


def _saved() -> None:
    if _SAVED not in st.session_state:
        return
    segment_id, name, size = st.session_state[_SAVED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/check_circle: Saved **{fmt.plain(name)}** with {fmt.count(size, 'customer')}.",
            width="content",
        )
        st.page_link(
            links.page("segments"),
            label="Open in Segments",
            icon=":material/arrow_forward:",
            query_params={"segment": segment_id},
        )
