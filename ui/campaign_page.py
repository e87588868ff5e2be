"""One campaign: how far it is, what steers it, what was sent to whom."""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from crm import auth, campaigns, lift, results, rulebook, segments
from crm.auth import Account
from crm.errors import CrmError, NotFound
from crm.lifecycle import NOT_BEGUN, CampaignStatus
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import (
    campaign_actions,
    campaign_cards,
    campaign_hours,
    campaign_lift,
    campaign_log,
    campaign_sides,
    charts_campaign,
    links,
)
from ui import campaign_marks as marks
from ui import format as fmt
from ui.campaign_marks import Sample

Campaign = dict[str, Any]


def draw(stores: Stores, settings: Settings, account: Account, campaign_id: str) -> None:
    """The page of the campaign that the address names."""
    st.button(
        "All campaigns", icon=":material/arrow_back:", type="tertiary", key="campaigns-all", on_click=_close
    )
    try:
        campaign = campaigns.get(stores, campaign_id)
    except NotFound as error:
        st.title("Campaign")
        st.warning(error.message, icon=":material/search_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(fmt.plain(campaign["name"]), width="content")
        campaign_cards.badge(campaign["status"])
    if campaign["status"] in NOT_BEGUN:
        _draft(stores, settings, campaign, account)
        return
    if campaign["launchedAt"] is None:
        st.write(f"Cancelled {fmt.moment(campaign['cancelledAt'], settings.zone)}, before it was launched.")
        if auth.can(account, "campaigns"):
            campaign_actions.duplicate(stores, account, campaign)
        return
    st.caption(_launched(campaign, settings))
    if campaign["status"] == CampaignStatus.PAUSED and campaign["pausedBecause"]:
        st.warning(fmt.plain(campaign["pausedBecause"]), icon=":material/pause_circle:")
    if auth.can(account, "campaigns"):
        campaign_actions.draw(stores, account, campaign)
    _live(stores, settings, campaign)
    campaign_sides.draw(stores, campaign)
    campaign_lift.draw(stores, settings, campaign)
    _what_was_sent(stores, campaign, settings)
    st.subheader("Delivery log")
    campaign_log.draw(stores, account, campaign, settings.zone)


def _close() -> None:
    st.query_params.pop(campaign_cards.PARAMETER, None)


def _draft(stores: Stores, settings: Settings, campaign: Campaign, account: Account) -> None:
    if campaign["status"] == CampaignStatus.SCHEDULED:
        rules = "are now" if campaign["freeze"] == "now" else "are then"
        at = fmt.moment(campaign["scheduledAt"], settings.zone)
        st.write(f"It is launched by itself {at}, with its segments as they {rules}.")
        if auth.can(account, "campaigns"):
            campaign_actions.call_back(stores, account, campaign)
        return
    st.write("This campaign has not been launched.")
    if campaign["problem"]:
        st.warning(f"It was to be launched, but: {fmt.plain(campaign['problem'])}", icon=":material/error:")
    if auth.can(account, "campaigns"):
        st.page_link(
            links.page("campaigns"), label="Go on writing it", icon=":material/edit:",
            query_params={"draft": campaign["_id"]},
        )  # fmt: skip


def _launched(campaign: Campaign, settings: Settings) -> str:
    to = f" to “{fmt.plain(campaign['segmentName'])}”" if campaign["segmentName"] else ""
    parts = [f"Launched {fmt.moment(campaign['launchedAt'], settings.zone)}{to}"]
    ended = campaign["finishedAt"] or campaign["cancelledAt"]
    if campaign["finishedAt"]:
        parts.append(f"took {marks.lasted(campaign['startedAt'], ended)}")
    elif ended:
        parts.append(f"cancelled {fmt.moment(ended, settings.zone)}")
    if campaign["unsubscribedCount"]:
        parts.append(f"{fmt.number(campaign['unsubscribedCount'])} unsubscribed by its link")
    return " · ".join(parts)


def _live(stores: Stores, settings: Settings, campaign: Campaign) -> None:
    """Numbers, progress and funnel; every two seconds while the campaign moves."""
    campaign_id, status, moving = campaign["_id"], campaign["status"], marks.moves(campaign)

    @st.fragment(run_every=campaign_cards.TICK if moving else None)
    def live() -> None:
        now = utc_now()
        found = campaigns.get(stores, campaign_id)
        if found["status"] != status or marks.moves(found) != moving:
            st.rerun()  # other buttons, another timer
        _numbers(found)
        waits = campaign_hours.waiting(stores, found)
        _progress(found, now, settings.zone, asleep=waits.people if waits else 0)
        campaign_hours.draw(found, waits)
        left, right = st.columns([3, 2])
        with left:
            _funnel(stores, found)
        with right:
            _reasons(stores, found)

    live()


def _numbers(campaign: Campaign) -> None:
    size = campaign["audienceSize"]
    cancelled = marks.count(campaign, "cancelled")
    with st.grid(6 if cancelled else 5, min_column_width=120):
        st.metric(
            "Audience", fmt.number(size), border=True, height="stretch",
            help="Fixed when the audience was written down",
        )  # fmt: skip
        for state in ("sent", "failed", "skipped", "pending"):
            _number(campaign, state)
        if cancelled:
            _number(campaign, "cancelled")


def _number(campaign: Campaign, state: str) -> None:
    many, size = marks.count(campaign, state), campaign["audienceSize"]
    share = fmt.percent(many / size) if size else None
    st.metric(
        marks.STATE[state].label,
        fmt.number(many),
        delta=share,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )


def _progress(campaign: Campaign, now: datetime, zone: ZoneInfo, *, asleep: int) -> None:
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


def _funnel(stores: Stores, campaign: Campaign) -> None:
    size = campaign["audienceSize"]
    if not size:
        return
    bought = None if marks.moves(campaign) else campaign_lift.at_hand(stores, campaign)
    days = f", {fmt.count(bought.days, 'day')}" if bought else ""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**From audience to {f'bought{days}' if bought else 'sent'}**")
        st.plotly_chart(
            charts_campaign.funnel(results.funnel(campaign, bought), days=lift.DAYS),
            config={"displayModeBar": False},
            key="campaign-funnel",
            alt=f"Of {size} customers {marks.count(campaign, 'sent')} were sent the message",
        )


def _reasons(stores: Stores, campaign: Campaign) -> None:
    """Why messages failed or were skipped."""
    if not campaign["audienceSize"]:
        return
    found: dict[str, int] = {}
    for state in ("failed", "skipped"):
        if marks.count(campaign, state):
            found |= campaigns.reasons(stores, campaign["_id"], state)
    with st.container(border=True, height="stretch"):
        st.markdown("**Why some were not sent**")
        if not found:
            st.caption("Nothing has failed and nobody was skipped.")
            return
        st.plotly_chart(
            charts_campaign.reasons(found),
            config={"displayModeBar": False},
            key="campaign-reasons",
            alt="Messages that failed or were skipped, by reason",
        )


def _what_was_sent(stores: Stores, campaign: Campaign, settings: Settings) -> None:
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        st.markdown("**Message**")
        _texts(campaign)
        for variant in campaign["variants"] or ():
            st.markdown(f"Variant **{fmt.plain(variant['name'])}**")
            _texts(variant)
    with right.container(border=True, height="stretch"):
        st.markdown("**Audience**")
        st.write(fmt.plain(campaign["description"] or _sentence(stores, campaign, settings)))
        st.caption("As the rules stood at launch. Later changes of the segment do not matter here.")


def _texts(given: Campaign) -> None:
    """What a campaign, or a variant of it, says: as it was written, with its fields."""
    if given.get("subject"):
        st.text(f"Subject: {given['subject']}")
    if given.get("messageTemplate"):
        st.text(given["messageTemplate"])
    if given.get("html"):
        st.code(given["html"], language="html", height=160)


def _sentence(stores: Stores, campaign: Campaign, settings: Settings) -> str:
    try:
        return segments.describe(rulebook.parse_old(stores, campaign["rules"]), currency=settings.currency)
    except CrmError as error:
        return error.message
