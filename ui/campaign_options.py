"""What a campaign is given beside name, segment and message, as it stands in the composer's widgets.

Read into the JSON form of `crm.options`, and put back from it. What is left at its default is left out.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

import streamlit as st

from crm.content import EMAIL, SMS
from crm.options import DEFAULT_BUDGET
from crm.windows import WEEK
from ui import campaign_variants

ANYWHERE = "anywhere"
CHANNELS = {ANYWHERE: "Wherever reachable", EMAIL: "E-mail", SMS: "Text message"}
CHANNEL, SUBJECT, HTML = "campaign channel", "campaign subject", "campaign html"
FOOTER = "campaign footer"
_DAYS = 7  # that a frequency cap is offered for
SELECTED = {
    (place, kind): f"campaign {place} {kind}"
    for place in ("include", "exclude")
    for kind in ("segments", "lists")
}
CAP_MESSAGES, CAP_DAYS, HOLDOUT = "campaign cap messages", "campaign cap days", "campaign holdout"
VENDOR, RATE, BUDGET = "campaign vendor", "campaign rate", "campaign budget"
WINDOW = "campaign window"  # whether there is one
BEGINS, ENDS, WEEKDAYS = "campaign window from", "campaign window to", "campaign window days"
_USUAL = {"from": "09:00", "to": "20:00", "days": list(WEEK)}
AUDIENCE = ("include", "exclude", "frequencyCap", "holdout")
SENDING = ("vendor", "rateLimit", "errorBudget", "sendWindow")
EDITED = ("channel", "subject", "html", "unsubscribeFooter", "variants", *AUDIENCE, *SENDING)
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
        found |= {} if state.get(FOOTER, True) else {"unsubscribeFooter": False}
    if variants := campaign_variants.current(sms=channel == SMS):
        found["variants"] = variants
    return found | _audience(state) | _sending(state)


def _audience(state: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        place: {kind: list(state.get(SELECTED[place, kind]) or ()) for kind in ("segments", "lists")}
        for place in ("include", "exclude")
        if any(state.get(SELECTED[place, kind]) for kind in ("segments", "lists"))
    }
    if state.get(CAP_MESSAGES):
        found["frequencyCap"] = {
            "messages": int(state[CAP_MESSAGES]),
            "days": int(state.get(CAP_DAYS) or _DAYS),
        }
    if state.get(HOLDOUT):
        found["holdout"] = state[HOLDOUT] / 100
    return found


def _sending(state: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if state.get(VENDOR):
        found["vendor"] = state[VENDOR]
    if state.get(RATE):
        found["rateLimit"] = float(state[RATE])
    if state.get(BUDGET) and state[BUDGET] != 100 * DEFAULT_BUDGET:
        found["errorBudget"] = state[BUDGET] / 100
    if state.get(WINDOW) and state.get(BEGINS) and state.get(ENDS) is not None:
        ends = f"{state[ENDS]:%H:%M}"
        found["sendWindow"] = {
            "from": f"{state[BEGINS]:%H:%M}",
            "to": "24:00" if ends == "00:00" else ends,
            "days": sorted(state.get(WEEKDAYS) or WEEK),
        }
    return found


def fill(options: Mapping[str, Any]) -> None:
    """Put these into the widgets, before they are drawn."""
    state = st.session_state
    state[CHANNEL] = options.get("channel") or ANYWHERE
    state[SUBJECT] = options.get("subject") or ""
    state[HTML] = options.get("html") or ""
    state[FOOTER] = options.get("unsubscribeFooter") is not False
    campaign_variants.fill(options.get("variants") or ())
    for (place, kind), key in SELECTED.items():
        state[key] = list((options.get(place) or {}).get(kind) or ())
    cap = options.get("frequencyCap") or {"messages": 0, "days": _DAYS}
    state[CAP_MESSAGES], state[CAP_DAYS] = cap["messages"], cap["days"]
    state[HOLDOUT] = round(100 * (options.get("holdout") or 0.0), 4)
    state[VENDOR] = options.get("vendor") or ""
    state[RATE] = float(options.get("rateLimit") or 0.0)
    _fill_window(options.get("sendWindow"))
    state[BUDGET] = round(100 * float(options.get("errorBudget") or DEFAULT_BUDGET), 4)


def _fill_window(window: Mapping[str, Any] | None) -> None:
    state, shown = st.session_state, window or _USUAL
    state[WINDOW] = window is not None
    state[BEGINS] = time.fromisoformat(shown["from"])
    state[ENDS] = time.fromisoformat(shown["to"].replace("24:00", "00:00"))
    state[WEEKDAYS] = list(shown["days"])


def of(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a campaign as it is handed out, without what is at its default."""
    given = {name: campaign[name] for name in EDITED if _says_something(campaign.get(name))}
    if given.get("errorBudget") == DEFAULT_BUDGET:
        del given["errorBudget"]
    given.pop("unsubscribeFooter", None)
    if campaign.get("unsubscribeFooter") is False:
        given["unsubscribeFooter"] = False
    return given


def _says_something(value: Any) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)
