"""One campaign: how far it is, what steers it, what was sent to whom."""

from typing import Any

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
    campaign_numbers,
    campaign_sides,
    campaign_tally,
    charts_campaign,
    links,
)
from ui import campaign_marks as marks
from ui import format as fmt

RESULTS, SAID = "Results", "Message and audience"

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
    _panels(stores, settings, account, campaign)


def _close() -> None:
    st.query_params.pop(campaign_cards.PARAMETER, None)


def _draft(stores: Stores, settings: Settings, campaign: Campaign, account: Account) -> None:
    if campaign["status"] == CampaignStatus.SCHEDULED:
        rules = "are now" if campaign["freeze"] == "now" else "are then"
        at = fmt.moment(campaign["scheduledAt"], settings.zone)
        to = f" to “{fmt.plain(campaign['segmentName'])}”" if campaign["segmentName"] else ""
        st.write(f"It is launched by itself {at}{to}, with its segments as they {rules}.")
        if auth.can(account, "campaigns"):
            campaign_actions.call_back(stores, account, campaign)
        with st.container(border=True):
            _message(campaign)
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
    finished, first = campaign["finishedAt"], campaign["firstFinishedAt"] or campaign["finishedAt"]
    if first:
        parts.append(f"took {marks.lasted(campaign['startedAt'], first)}")
    if finished and finished != first:
        parts.append(f"sent again to some until {fmt.moment(finished, settings.zone)}")
    if campaign["cancelledAt"]:
        parts.append(f"cancelled {fmt.moment(campaign['cancelledAt'], settings.zone)}")
    if campaign["unsubscribedCount"]:
        parts.append(f"{fmt.number(campaign['unsubscribedCount'])} unsubscribed by its link")
    return " · ".join(parts)


def _live(stores: Stores, settings: Settings, campaign: Campaign) -> None:
    """Numbers and progress; every two seconds while the campaign moves."""
    campaign_id, status, moving = campaign["_id"], campaign["status"], marks.moves(campaign)

    @st.fragment(run_every=campaign_cards.TICK if moving else None)
    def live() -> None:
        now = utc_now()
        found = campaigns.get(stores, campaign_id)
        asked = campaign_log.asked_for()
        if asked or found["status"] != status or marks.moves(found) != moving:
            st.rerun()  # another panel, other buttons, another timer
        campaign_numbers.tiles(found)
        waits = campaign_hours.waiting(stores, found)
        campaign_numbers.progress(found, now, settings.zone, asleep=waits.people if waits else 0)
        campaign_hours.draw(found, waits)

    live()


def _panels(stores: Stores, settings: Settings, account: Account, campaign: Campaign) -> None:
    """What came of it, who got what, and what was said; a panel that is closed costs nothing."""
    campaign_log.open_from_address(campaign["_id"])
    names = [RESULTS, campaign_log.PANEL, SAID]
    results_tab, log_tab, said_tab = st.tabs(names, key=campaign_log.OPEN, on_change="rerun")
    if results_tab.open:
        with results_tab:
            _results(stores, campaign)
            campaign_sides.draw(stores, campaign)
            campaign_lift.draw(stores, settings, campaign)
    if log_tab.open:
        with log_tab:
            campaign_log.draw(stores, account, campaign, settings.zone)
    if said_tab.open:
        with said_tab:
            _what_was_sent(stores, campaign, settings)


def _results(stores: Stores, campaign: Campaign) -> None:
    """The funnel, and why some were not sent; every two seconds while the campaign moves."""
    if not campaign["audienceSize"]:
        st.caption("Results appear here as soon as the audience is written down.")
        return

    @st.fragment(run_every=campaign_cards.TICK if marks.moves(campaign) else None)
    def live() -> None:
        found = campaigns.get(stores, campaign["_id"])
        left, right = st.columns([3, 2])
        with left:
            _funnel(stores, found)
        with right:
            _reasons(stores, found)

    live()


def _funnel(stores: Stores, campaign: Campaign) -> None:
    size = campaign["audienceSize"]
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
    tally = campaign_tally.of(stores, campaign)
    found = tally.reasons("failed") | tally.reasons("skipped")
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
        _message(campaign)
    with right.container(border=True, height="stretch"):
        st.markdown("**Audience**")
        st.write(fmt.plain(campaign["description"] or _sentence(stores, campaign, settings)))
        st.caption("As the rules stood at launch. Later changes of the segment do not matter here.")


def _message(campaign: Campaign) -> None:
    st.markdown("**Message**")
    _texts(campaign)
    for variant in campaign["variants"] or ():
        st.markdown(f"Variant **{fmt.plain(variant['name'])}**")
        if not _texts(variant):
            st.caption("As above.")


def _texts(given: Campaign) -> bool:
    """What a campaign, or a variant of it, says: as it was written, with its fields. False where nothing."""
    if given.get("subject"):
        st.text(f"Subject: {given['subject']}")
    if given.get("messageTemplate"):
        st.text(given["messageTemplate"])
    if given.get("html"):
        st.code(given["html"], language="html", height=160)
    return any(given.get(part) for part in ("subject", "messageTemplate", "html"))


def _sentence(stores: Stores, campaign: Campaign, settings: Settings) -> str:
    try:
        return segments.describe(rulebook.parse_old(stores, campaign["rules"]), currency=settings.currency)
    except CrmError as error:
        return error.message
