"""Who of a campaign waits for his sending hours to begin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from crm import quiet_hours, windows
from crm.quiet_hours import Asleep
from crm.stores.connection import Stores
from ui import format as fmt

_FRESH = 10  # seconds; perhaps a million rows are counted

Campaign = Mapping[str, Any]


def waiting(stores: Stores, campaign: Campaign) -> Asleep | None:
    """Those who wait, None where nobody does."""
    if not campaign["sendWindow"] or not campaign["pendingCount"]:
        return None
    return _asleep(stores.db.name, campaign["_id"], stores)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _asleep(database: str, campaign_id: str, _stores: Stores) -> Asleep | None:
    return quiet_hours.asleep(_stores, campaign_id)


def draw(campaign: Campaign, waits: Asleep | None) -> None:
    """How many they are, and when the next of them can go."""
    if waits is not None:
        _say(campaign, waits, "waits for his" if waits.people == 1 else "wait for their", "next")


def foresee(campaign: Campaign, zones: Mapping[str, int], at: datetime) -> None:
    """How many of these people, by time zone, a launch at this instant would keep waiting."""
    window = campaign.get("sendWindow")
    if window and (waits := quiet_hours.would_wait(window, zones, at)):
        _say(campaign, waits, f"will wait for {'his' if waits.people == 1 else 'their'}", "first")


def _say(campaign: Campaign, waits: Asleep, verb: str, which: str) -> None:
    opens = waits.opens.astimezone(ZoneInfo(waits.zone))
    st.caption(
        f":material/bedtime: {fmt.count(waits.people, 'customer')} {verb} sending hours "
        f"({windows.describe(campaign['sendWindow'])}). The {which} begin at {opens:%H:%M} on "
        f"{opens.day} {opens:%B}, {fmt.plain(waits.zone)}."
    )
