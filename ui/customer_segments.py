"""In which of the saved segments a customer is, with the way to why."""

from typing import Any

import streamlit as st

from crm import explain, library, rulebook
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import links

_MOST = 50  # segments that are asked about, latest change first


def draw(stores: Stores, settings: Settings, customer_id: str) -> None:
    """A panel that asks the segments when it is opened."""
    panel = st.expander(
        "In which segments?", icon=":material/groups:", key="customer-segments", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        segments, following = library.listing(stores, limit=_MOST)
        if not segments:
            st.caption("No segment is saved yet.")
            return
        with st.spinner("Asking each segment …"):
            answers = [(segment, _inside(stores, settings, segment, customer_id)) for segment in segments]
        for segment, inside in sorted(answers, key=lambda one: one[1] is not True):
            _line(segment, inside, customer_id)
        if following:
            st.caption(f"The {_MOST} segments that were changed last.")


def _inside(stores: Stores, settings: Settings, segment: dict[str, Any], customer_id: str) -> bool | None:
    """Whether he is in it; None where its rules can't be evaluated any more."""
    try:
        rule = rulebook.parse(stores, segment["rules"], own_id=segment["_id"])
        return explain.explain(stores, rule, customer_id, now=utc_now(), zone=settings.zone).inside
    except CrmError:
        return None


def _line(segment: dict[str, Any], inside: bool | None, customer_id: str) -> None:
    marks = {True: ":green[:material/check_circle:]", False: ":gray[:material/cancel:]"}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"{marks.get(inside, ':red[:material/error:]')} {fmt.plain(segment['name'])}", width="stretch"
        )
        st.page_link(
            links.page("segments"),
            label="Why?",
            query_params={"segment": segment["_id"], "customer": customer_id},
        )
