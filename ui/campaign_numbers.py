"""The numbers of one campaign as tiles that lead into the delivery log, and how far it is."""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm import results
from crm.lifecycle import CampaignStatus
from ui import campaign_log
from ui import campaign_marks as marks
from ui import format as fmt
from ui.campaign_marks import Sample

Campaign = dict[str, Any]


def tiles(campaign: Campaign) -> None:
    """The books, each number with the way to its people."""
    size = campaign["audienceSize"]
    states = ["sent", "failed", "skipped", "pending"]
    if marks.count(campaign, "cancelled"):
        states.append("cancelled")
    with st.grid(1 + len(states), min_column_width=120):
        with _tile():
            st.metric("Audience", fmt.number(size), help="Fixed when the audience was written down")
            _see(campaign, campaign_log.ALL, "everybody", size or 0)
        for state in states:
            _number(campaign, state)


def _number(campaign: Campaign, state: str) -> None:
    many, size = marks.count(campaign, state), campaign["audienceSize"]
    share = fmt.percent(many / size) if size else None
    label = marks.STATE[state].label
    with _tile():
        st.metric(label, fmt.number(many), delta=share, delta_color="off", delta_arrow="off")
        _see(campaign, state, label.lower(), many)


def _tile() -> DeltaGenerator:
    return st.container(border=True, height="stretch", gap="xsmall", vertical_alignment="distribute")


def _see(campaign: Campaign, state: str, whom: str, many: int) -> None:
    """The way to the people whom a number counts; nothing where it counts nobody."""
    if many:
        st.button(
            "See them", icon=":material/list:", type="tertiary", key=f"campaign-see-{state}",
            help=f"Show {whom} in the delivery log", on_click=campaign_log.show,
            args=(campaign["_id"], state),
        )  # fmt: skip


def progress(campaign: Campaign, now: datetime, zone: ZoneInfo, *, asleep: int) -> None:
    """The bar, with the pace and the time left for those who are not asleep."""
    settled, pending = marks.settled(campaign), marks.count(campaign, "pending")
    rate = _pace(campaign, settled) if marks.moves(campaign) else None
    went = results.pace(campaign, now)
    whole = went.per_second if went else None
    parts = []
    if campaign["status"] == CampaignStatus.PLANNING:
        parts = [marks.summary(campaign)]
    elif marks.moves(campaign):
        parts = [f"{fmt.number(settled)} of {fmt.number(campaign['audienceSize'])} settled"]
        parts += [f"{fmt.number(round(rate))} a second"] if rate else []
        awake = max(0, pending - asleep)
        parts += [left] if (left := marks.time_left(awake, rate or whole)) else []
        parts += [end] if (end := marks.ends(awake, rate or whole, now, zone)) else []
    elif campaign["status"] == CampaignStatus.PAUSED:
        parts = [f"Paused with {fmt.count(pending, 'customer')} pending"]
    elif whole and campaign["status"] == CampaignStatus.FINISHED:
        parts = [f"{fmt.number(round(whole, 0 if whole >= 10 else 1))} a second on average"]
    st.progress(min(1.0, marks.share(campaign)), text=" · ".join(parts) or None)


def _pace(campaign: Campaign, settled: int) -> float | None:
    key = f"pace-{campaign['_id']}"
    samples: list[Sample] = [*st.session_state.get(key, []), Sample(time.monotonic(), settled)][-20:]
    st.session_state[key] = samples
    return marks.pace(samples)
