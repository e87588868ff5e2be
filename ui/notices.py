"""Short messages about what was just done, shown by the run that follows.

A toast that is drawn right before `st.rerun` can be lost: the browser may get the next run's page before it
has painted this one's. So what is said is kept, and shown at the end of the first run that reaches its end,
which none does that calls `st.stop`.
"""

import streamlit as st

_KEPT = "notices"


def say(text: str, icon: str = ":material/check:") -> None:
    """Have the text (Markdown) shown as a toast when the page stands."""
    st.session_state.setdefault(_KEPT, []).append((text, icon))


def show() -> None:
    """Show what was said. Called once a run, after the page."""
    for text, icon in st.session_state.pop(_KEPT, []):
        st.toast(text, icon=icon)
