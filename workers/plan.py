"""The plan's stream: campaigns that something is to be done for."""

from typing import Any

from crm import planning
from crm.moment import utc_now
from crm.stores.connection import Stores


def handle(stores: Stores, payloads: list[Any]) -> None:
    """See to each campaign (`{campaignId}`) once."""
    for campaign_id in dict.fromkeys(payload["campaignId"] for payload in payloads):
        planning.see_to(stores, campaign_id, utc_now())


def tend(stores: Stores) -> None:
    """Look for campaigns that got stuck between a change of status and its entry."""
    planning.resume_stuck(stores, utc_now())
