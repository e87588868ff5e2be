"""What steers a launched campaign: pause, resume, cancel, send the failed ones again."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from crm import campaigns, drafts, dry_run
from crm.auth import Account
from crm.errors import CrmError
from crm.lifecycle import CampaignAction, CampaignStatus, allows
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import campaign_draft, links, notices
from ui import campaign_marks as marks
from ui import format as fmt

_UNCLEAR = "unclear: "

Campaign = dict[str, Any]


def draw(stores: Stores, account: Account, campaign: Campaign) -> None:
    """The buttons that the campaign's status allows."""
    status, failed = campaign["status"], marks.count(campaign, "failed")
    with st.container(horizontal=True, key="campaign-actions"):
        if allows(status, CampaignAction.PAUSE) and st.button(
            "Pause", icon=":material/pause:", key="campaign-pause", help="Hand no further batch to the vendor"
        ):
            _do(campaigns.pause, stores, account, campaign, "Paused.")
        if allows(status, CampaignAction.RESUME) and st.button(
            "Resume", icon=":material/play_arrow:", key="campaign-resume", type="primary"
        ):
            _do(campaigns.resume, stores, account, campaign, "Going on.")
        if (
            failed
            and allows(status, CampaignAction.RETRY)
            and st.button(
                f"Retry {fmt.number(failed)} failed", icon=":material/replay:", key="campaign-retry"
            )
        ):
            _retry(stores, account, campaign)
        if allows(status, CampaignAction.CANCEL) and st.button(
            "Cancel", icon=":material/cancel:", key="campaign-cancel"
        ):
            _cancel(stores, account, campaign)
        duplicate(stores, account, campaign)


def duplicate(stores: Stores, account: Account, campaign: Campaign) -> None:
    """The button that makes a draft of it, and leads there."""
    if not st.button(
        "Duplicate", icon=":material/content_copy:", key="campaign-duplicate",
        help="Make a new draft with its segment, message and options",
    ):  # fmt: skip
        return
    try:
        made = drafts.copy(stores, campaign["_id"], account=account, now=utc_now())
    except CrmError as error:
        st.toast(error.message, icon=":material/error:")
        return
    st.switch_page(links.page("campaigns"), query_params={campaign_draft.PARAMETER: made["_id"]})


def call_back(stores: Stores, account: Account, campaign: Campaign) -> None:
    """The buttons that make a scheduled campaign a draft again, launch it at once, or end it."""
    with st.container(horizontal=True):
        if st.button(
            "Launch now", icon=":material/send:", key="campaign-launch", help="Don't wait for its time"
        ):
            _launch(stores, account, campaign)
        if st.button(
            "Call back", icon=":material/undo:", key="campaign-call-back", help="Make it a draft again"
        ):
            _do(campaigns.unschedule, stores, account, campaign, "It is a draft again.")
        if st.button("Cancel", icon=":material/cancel:", key="campaign-cancel", help="End it for good"):
            _cancel(stores, account, campaign)
        duplicate(stores, account, campaign)


def _do(
    action: Callable[..., Campaign], stores: Stores, account: Account, campaign: Campaign, done: str
) -> None:
    try:
        action(stores, campaign["_id"], account=account, now=utc_now())
    except CrmError as error:
        st.toast(error.message, icon=":material/error:")
        return
    st.session_state.pop(f"pace-{campaign['_id']}", None)
    notices.say(done)
    st.rerun()


@st.dialog("Send the failed ones again?")
def _retry(stores: Stores, account: Account, campaign: Campaign) -> None:
    reasons = campaigns.reasons(stores, campaign["_id"], "failed")
    reason = st.selectbox(
        "Which", [None, *reasons], key="retry-reason",
        format_func=lambda each: f"{each} ({fmt.number(reasons[each])})" if each else "All that failed",
    )  # fmt: skip
    variant = None
    if campaign["variants"]:
        names = [each["name"] for each in campaign["variants"]]
        variant = st.selectbox(
            "Variant", [None, *names], key="retry-variant",
            format_func=lambda each: "Every variant" if each is None else each,
        )  # fmt: skip
    unclear = sum(many for each, many in reasons.items() if each.startswith(_UNCLEAR))
    chosen = sum(reasons.values()) - unclear if reason is None else reasons.get(reason, 0)
    st.write("They are sent once more, with the same text.")
    if reason is None and unclear:
        st.caption(
            f"{fmt.count(unclear, 'message')} may have been sent, and nobody can tell. They are only sent "
            "again where their reason is chosen."
        )
    elif reason is not None and reason.startswith(_UNCLEAR):
        st.warning("They may have been sent: some people may get the message twice.")
    many = fmt.count(chosen, "message")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Not now", key="retry-not"):
            st.rerun()
        if st.button(
            f"Send {many} again" if variant is None else "Send them again", key="retry-yes", type="primary",
            disabled=not chosen,
        ):  # fmt: skip
            again = partial(campaigns.retry, reason=reason, variant=variant)
            _do(again, stores, account, campaign, "Sending the failed ones again.")


@st.dialog("Launch it now?")
def _launch(stores: Stores, account: Account, campaign: Campaign) -> None:
    try:
        *_, found = dry_run.over(stores, dry_run.draft(stores, campaign["_id"]), now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    many = fmt.count(found.reachable, "customer")
    st.write(f"“{fmt.plain(campaign['name'])}” goes to **{many}** at once, instead of at its time.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep its time", key="launch-now-not"):
            st.rerun()
        if st.button(f"Send to {many}", key="launch-now-yes", type="primary", disabled=not found.reachable):
            _do(campaigns.launch, stores, account, campaign, "Launched.")


@st.dialog("Cancel this campaign?")
def _cancel(stores: Stores, account: Account, campaign: Campaign) -> None:
    if campaign["status"] == CampaignStatus.SCHEDULED:
        st.write(f"“{fmt.plain(campaign['name'])}” ends for good, before it was launched.")
    else:
        pending = campaigns.stats(stores, campaign["_id"])["pending"]
        st.write(
            f"“{fmt.plain(campaign['name'])}” ends for good. Up to {fmt.count(pending, 'customer')} will not "
            "be sent the message; what the vendor has already is not called back."
        )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="cancel-not"):
            st.rerun()
        if st.button("Cancel the campaign", key="cancel-yes", type="primary"):
            _do(campaigns.cancel, stores, account, campaign, "Cancelled.")
