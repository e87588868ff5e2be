"""Which draft is being written in this session. The address in the browser names it (`?draft=ID`, or `new`).

Nobody loses work by looking at something else: what is not saved is kept aside and comes back with its draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from crm import campaigns
from crm.auth import Account
from crm.errors import NotFound
from crm.lifecycle import CampaignStatus
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import campaign_options

NEW = "new"
PARAMETER = "draft"
SEGMENT = "segment"  # the address of the segments page leads here with one
NAME_KEY, SEGMENT_KEY, MESSAGE_KEY = "campaign name", "campaign segment", "campaign message"
_OPENED = "campaign opened"
_ASIDE = "campaigns aside"

Campaign = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What a person has written."""

    name: str = ""
    segment_id: str | None = None
    message: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.name.strip() or self.segment_id or self.message.strip() or self.options)

    def as_campaign(self, address: str) -> Campaign:
        """In the form in which it can be rehearsed. The address decides who is held out and who gets what."""
        return {
            "_id": address, "segmentId": self.segment_id, "messageTemplate": self.message, **self.options
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """What the address names, and its content as it was last saved."""

    address: str
    saved: Content


def begin(segment_id: str | None = None) -> None:
    """Open a new draft, for this segment if one is given."""
    st.query_params[PARAMETER] = NEW
    if segment_id:
        _open(NEW, Content())
        st.session_state[SEGMENT_KEY] = segment_id


def show(campaign_id: str) -> None:
    """Go to a draft; the next run opens it."""
    st.query_params[PARAMETER] = campaign_id


def close() -> None:
    """Back to the list."""
    _put_aside()
    st.query_params.pop(PARAMETER, None)


def opened(stores: Stores, address: str) -> Opened | None:
    """The draft that the address names, opened if it is not open yet; None where there is no such draft."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == address:
        return here
    if address == NEW:
        return _open(NEW, Content())
    try:
        campaign = campaigns.get(stores, address)
    except NotFound:
        return None
    if campaign["status"] != CampaignStatus.DRAFT:
        return None
    return _open(address, _content(campaign))


def current() -> Content:
    """What stands in the widgets."""
    state = st.session_state
    return Content(
        state.get(NAME_KEY) or "", state.get(SEGMENT_KEY), state.get(MESSAGE_KEY) or "",
        campaign_options.current(),
    )  # fmt: skip


def unsaved() -> set[str]:
    """Addresses of drafts with work that is not saved."""
    here: Opened | None = st.session_state.get(_OPENED)
    open_one = {here.address} if here is not None and current() != here.saved else set()
    return open_one | set(_aside())


def save(stores: Stores, account: Account, here: Opened) -> str:
    """Keep what stands in the widgets as a draft and return its id. Raises as campaigns.create and edit."""
    content, now = current(), utc_now()
    options = {name: content.options.get(name) for name in campaign_options.EDITED}
    if here.address == NEW:
        campaign = campaigns.create(
            stores, name=content.name, segment_id=content.segment_id, template=content.message,
            options=content.options, account=account, now=now,
        )  # fmt: skip
    else:
        campaign = campaigns.edit(
            stores, here.address, name=content.name, segment_id=content.segment_id,
            template=content.message, options=options, account=account, now=now,
        )  # fmt: skip
    st.session_state[_OPENED] = Opened(campaign["_id"], content)
    return str(campaign["_id"])


def forget(address: str) -> None:
    """Let go of a draft that is launched or deleted."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == address:
        del st.session_state[_OPENED]
    _aside().pop(address, None)


def _content(campaign: Campaign) -> Content:
    options = campaign_options.of(campaign)
    return Content(campaign["name"], campaign["segmentId"], campaign["messageTemplate"], options)


def _open(address: str, saved: Content) -> Opened:
    _put_aside()
    content = _aside().pop(address, saved)
    st.session_state[NAME_KEY] = content.name
    st.session_state[SEGMENT_KEY] = content.segment_id
    st.session_state[MESSAGE_KEY] = content.message
    campaign_options.fill(content.options)
    here = Opened(address, saved)
    st.session_state[_OPENED] = here
    return here


def _aside() -> dict[str, Content]:
    return st.session_state.setdefault(_ASIDE, {})


def _put_aside() -> None:
    here: Opened | None = st.session_state.pop(_OPENED, None)
    if here is not None and current() != here.saved:
        _aside()[here.address] = current()
