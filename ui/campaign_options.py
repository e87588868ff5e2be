"""What a campaign is given beside name, segment and message, as it stands in the composer's widgets.

Read into the JSON form of `crm.options`, and put back from it. What is left at its default is left out.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm.content import EMAIL, SMS

ANYWHERE = "anywhere"
CHANNELS = {ANYWHERE: "Wherever reachable", EMAIL: "E-mail", SMS: "Text message"}
CHANNEL, SUBJECT, HTML = "campaign channel", "campaign subject", "campaign html"
EDITED = ("channel", "subject", "html")
"""The options that the composer sets; the others of a draft stay as they are."""


def current() -> dict[str, Any]:
    """What stands in the widgets. A text message has neither subject nor HTML."""
    state = st.session_state
    channel = state.get(CHANNEL) or ANYWHERE
    found: dict[str, Any] = {}
    if channel != ANYWHERE:
        found["channel"] = channel
    if channel != SMS:
        texts = {"subject": state.get(SUBJECT), "html": state.get(HTML)}
        found |= {name: text for name, text in texts.items() if text and text.strip()}
    return found


def fill(options: Mapping[str, Any]) -> None:
    """Put these into the widgets, before they are drawn."""
    state = st.session_state
    state[CHANNEL] = options.get("channel") or ANYWHERE
    state[SUBJECT] = options.get("subject") or ""
    state[HTML] = options.get("html") or ""


def of(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a campaign as it is handed out, without what is at its default."""
    return {name: campaign[name] for name in EDITED if campaign.get(name)}
