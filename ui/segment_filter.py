"""The MongoDB filter behind the number, for whom wants to ask the database himself."""

import streamlit as st

from crm import audiences
from crm.settings import Settings
from crm.stores.connection import Stores
from ui.segment_preview import Shown


def draw(shown: Shown, stores: Stores, settings: Settings) -> None:
    """The filter of the rules that were counted, its dates counted from the instant of the number."""
    if shown.answer is None:
        st.caption("The filter appears with the first complete condition.")
        return
    answer = shown.answer
    text = audiences.filter_text(stores, answer.rule, now=answer.preview.as_of, zone=settings.zone)
    st.code(text, language="json")
