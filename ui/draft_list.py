"""The drafts: campaigns that are written and not launched."""

from datetime import datetime
from typing import Any

import streamlit as st

from crm import campaigns, drafts
from crm.auth import Account
from crm.errors import CrmError
from crm.lifecycle import CampaignStatus
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import campaign_cards, campaign_draft, links, notices
from ui import format as fmt

_LIMIT = 100
_LONGEST = 140
_ASKED = "draft asked about"
_GONE = "draft deleted last"

Campaign = dict[str, Any]


def draw(stores: Stores, account: Account) -> None:
    """Every draft, newest first, and the way back to one that was never saved."""
    unsaved = campaign_draft.unsaved()
    if campaign_draft.NEW in unsaved:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="draft-unsaved"):
            st.markdown(":material/edit_note: You have a new campaign that is not saved.", width="stretch")
            st.button("Continue", key="draft-continue", on_click=campaign_draft.begin)
    _undo(stores, account)
    _scheduled(stores)
    st.subheader("Drafts")
    items = campaigns.listing(stores, limit=_LIMIT, statuses=(CampaignStatus.DRAFT,))["items"]
    if not items:
        st.caption("No draft is kept.")
    now = utc_now()
    for campaign in items:
        _card(stores, account, campaign, now, unsaved=campaign["_id"] in unsaved)
    asked = st.session_state.pop(_ASKED, None)
    if asked is not None:
        _delete(stores, account, *asked)


def _undo(stores: Stores, account: Account) -> None:
    """The way back to the draft that was deleted last."""
    gone = st.session_state.get(_GONE)
    if gone is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="draft-gone"):
        st.markdown(f":material/delete: “{fmt.plain(gone['name'])}” is deleted.", width="stretch")
        st.button(
            "Undo", icon=":material/undo:", key="draft-undo", on_click=_bring_back, args=(stores, account)
        )
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            key="draft-gone-close",
            help="Dismiss",
            on_click=st.session_state.pop,
            args=(_GONE,),
        )


def _bring_back(stores: Stores, account: Account) -> None:
    try:
        drafts.bring_back(stores, st.session_state.pop(_GONE), account=account, now=utc_now())
    except CrmError as error:
        notices.say(error.message, ":material/error:")


def _copy(stores: Stores, account: Account, campaign_id: str) -> None:
    try:
        campaign_draft.show(drafts.copy(stores, campaign_id, account=account, now=utc_now())["_id"])
    except CrmError as error:
        notices.say(error.message, ":material/error:")


def _scheduled(stores: Stores) -> None:
    """Those that are launched by themselves, with their time and the way to their page."""
    items = campaigns.listing(stores, limit=_LIMIT, statuses=(CampaignStatus.SCHEDULED,))["items"]
    if items:
        st.subheader("Scheduled")
    for campaign in sorted(items, key=lambda each: each["scheduledAt"]):
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"scheduled-{campaign['_id']}"
        ):
            with st.container(gap=None, width="stretch"):
                st.page_link(
                    links.page("history"), label=fmt.plain(campaign["name"]),
                    query_params={campaign_cards.PARAMETER: campaign["_id"]},
                )  # fmt: skip
                st.caption(_about(campaign))
            st.caption(fmt.moment(campaign["scheduledAt"], settings().zone), width="content")


def _card(stores: Stores, account: Account, campaign: Campaign, now: datetime, *, unsaved: bool) -> None:
    at = campaign["_id"]
    with (
        st.container(border=True, key=f"draft-{at}"),
        st.container(horizontal=True, vertical_alignment="center", gap="medium"),
    ):
        with st.container(gap=None, width="stretch"):
            st.button(
                fmt.plain(campaign["name"]), type="tertiary", key=f"open-{at}",
                on_click=campaign_draft.show, args=(at,),
            )  # fmt: skip
            note = " :orange[Changes not saved.]" if unsaved else ""
            st.caption(f"{_about(campaign)}{note}")
        st.caption(f"changed {fmt.ago(campaign['updatedAt'], now)}", width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            st.button(
                "", icon=":material/content_copy:", type="tertiary", key=f"copy-{at}", help="Duplicate it",
                on_click=_copy, args=(stores, account, at),
            )  # fmt: skip
            st.button(
                "", icon=":material/delete:", type="tertiary", key=f"delete-{at}", help="Delete this draft",
                on_click=_ask, args=(at, campaign["name"]),
            )  # fmt: skip


def _about(campaign: Campaign) -> str:
    to = f"To “{fmt.plain(campaign['segmentName'])}”" if campaign["segmentName"] else "No segment yet"
    text = " ".join(campaign["messageTemplate"].split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"{to} · {fmt.plain(text)}" if text else f"{to} · no message yet"


def _ask(campaign_id: str, name: str) -> None:
    st.session_state[_ASKED] = (campaign_id, name)


@st.dialog("Delete draft")
def _delete(stores: Stores, account: Account, campaign_id: str, name: str) -> None:
    st.write(f"Delete “{fmt.plain(name)}”? It was never sent.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="draft-keep"):
            st.rerun()
        if not st.button("Delete", type="primary", key="draft-delete"):
            return
    try:
        st.session_state[_GONE] = campaigns.delete(stores, campaign_id, account=account, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    campaign_draft.forget(campaign_id)
    st.rerun()
