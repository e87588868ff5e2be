"""Campaigns as a list: newest first, with progress that moves by itself while something runs."""

from datetime import datetime
from typing import Any

import streamlit as st

from crm import campaigns
from crm.lifecycle import NOT_BEGUN, CampaignStatus
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import campaign_marks as marks
from ui import format as fmt
from ui import links

PARAMETER = "campaign"
TICK = 2.0  # seconds between two looks at campaigns that move
_PAGE = 12
_TRAIL = "campaigns trail"
_LAUNCHED = tuple(status for status in CampaignStatus if status not in NOT_BEGUN)


def show(campaign_id: str) -> None:
    """Open a campaign's page; the next run draws it."""
    st.query_params[PARAMETER] = campaign_id


def draw(stores: Stores) -> None:
    """One page of the list. It looks again every two seconds while a campaign on it moves."""
    trail: list[str] = st.session_state.setdefault(_TRAIL, [])
    cursor = trail[-1] if trail else None
    page = campaigns.listing(stores, limit=_PAGE, cursor=cursor, statuses=_LAUNCHED)
    if not page["items"]:
        st.caption("Nothing has been sent yet. A campaign appears here as soon as it is launched.")
        return
    moving = any(marks.moves(campaign) for campaign in page["items"])

    @st.fragment(run_every=TICK if moving else None)
    def live() -> None:
        now = utc_now()
        items = campaigns.listing(stores, limit=_PAGE, cursor=cursor, statuses=_LAUNCHED)["items"]
        for campaign in items:
            _card(campaign, now)
        if moving and not any(marks.moves(campaign) for campaign in items):
            st.rerun()  # without the timer

    live()
    _turn_pages(trail, page["next"])


def lately(stores: Stores, limit: int = 3) -> None:
    """The campaigns that were launched last, with the way to each one's page."""
    items = campaigns.listing(stores, limit=limit, statuses=_LAUNCHED)["items"]
    if not items:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Launched lately", width="stretch")
        st.page_link(links.page("history"), label="History", icon=":material/arrow_forward:")
    for campaign in items:
        with (
            st.container(border=True, key=f"lately-{campaign['_id']}"),
            st.container(horizontal=True, vertical_alignment="center"),
        ):
            st.page_link(
                links.page("history"), label=fmt.plain(campaign["name"]),
                query_params={PARAMETER: campaign["_id"]},
            )  # fmt: skip
            badge(campaign["status"])
            st.space("stretch")
            st.caption(marks.summary(campaign), width="content")


def _card(campaign: dict[str, Any], now: datetime) -> None:
    at = campaign["_id"]
    with st.container(border=True, key=f"campaign-{at}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(fmt.plain(campaign["name"]), key=f"open-{at}", type="tertiary"):
                show(at)
                st.rerun()  # the page, not this list alone
            badge(campaign["status"])
            st.space("stretch")
            st.caption(f"launched {fmt.ago(campaign['launchedAt'], now)}", width="content")
        if campaign["status"] != CampaignStatus.CANCELLED or campaign["audienceSize"]:
            st.progress(min(1.0, marks.share(campaign)))
        st.caption(f"{_audience(campaign)}{marks.summary(campaign)}")


def _audience(campaign: dict[str, Any]) -> str:
    name = campaign["segmentName"]
    to = f"To “{fmt.plain(name)}”" if name else "To its own rules"
    size = campaign["audienceSize"]
    return f"{to}, {fmt.count(size, 'customer')}: " if size else f"{to}. "


def badge(status: str) -> None:
    mark = marks.STATUS[status]
    st.badge(mark.label, icon=mark.icon, color=mark.color)


def _turn(cursor: str | None) -> None:
    trail = st.session_state[_TRAIL]
    st.session_state[_TRAIL] = [*trail, cursor] if cursor else trail[:-1]


def _turn_pages(trail: list[str], following: str | None) -> None:
    if not trail and not following:
        return
    with st.container(horizontal=True):
        st.button(
            "Newer", icon=":material/chevron_left:", key="campaigns-newer", disabled=not trail,
            on_click=_turn, args=(None,),
        )  # fmt: skip
        st.button(
            "Older", icon=":material/chevron_right:", key="campaigns-older", disabled=not following,
            on_click=_turn, args=(following,),
        )  # fmt: skip
