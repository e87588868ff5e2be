"""What became of a campaign's messages by reason and variant, read once for all that a page shows of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm import campaigns
from crm.ledger import Tally
from crm.stores.connection import Stores

_FRESH = 10  # seconds
_STATES = ("sent", "failed", "skipped", "cancelled")


def of(stores: Stores, campaign: Mapping[str, Any]) -> Tally:
    """The tally behind the numbers that the campaign was handed out with; up to ten seconds old while none
    of them changes."""
    counts = tuple(campaign[f"{state}Count"] for state in _STATES)
    return _read(stores.db.name, campaign["_id"], counts, stores)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _read(database: str, campaign_id: str, counts: tuple[int, ...], _stores: Stores) -> Tally:
    return campaigns.tally(_stores, campaign_id)
