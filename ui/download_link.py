"""A link to a file that the web process streams, so that none is ever whole in a session's memory."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from crm.moment import utc_now

_RENEWED = timedelta(minutes=5)  # before the ticket runs out while somebody looks at the link


def ticket(key: str, asked: Any, offer: Callable[[], str]) -> str:
    """A ticket for what is asked for: the last one under this key, unless something else is asked for or it
    is getting old."""
    held: tuple[Any, datetime, str] | None = st.session_state.get(f"ticket {key}")
    now = utc_now()
    if held and held[0] == asked and now - held[1] < _RENEWED:
        return held[2]
    found = offer()
    st.session_state[f"ticket {key}"] = (asked, now, found)
    return found
