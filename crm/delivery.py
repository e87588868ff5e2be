"""Sending: batches of a plan to the vendor, and the vendor's answers to the books.

What is promised, whatever dies when: each recipient has one row; a message is handed to the vendor under the
key `campaign:customer:attempt` however often its batch is redelivered; a row and the count of its batch
change together. So handling any entry twice changes nothing. A vendor that does not honour keys is never
handed a message twice.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from crm import carriers
from crm.errors import NotFound
from crm.receipts import chase, finish_if_done, report, settle
from crm.rows import GONE
from crm.stores import campaigns as campaign_store
from crm.stores import lanes
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores
from crm.turns import Turn, ahead
from crm.vendors.protocol import Vendor

__all__ = ["GONE", "chase", "finish_if_done", "publish_unfinished", "report", "send", "settle"]


def send(
    stores: Stores,
    entries: Sequence[Any],
    *,
    now: datetime,
    vendor: Vendor | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Hand batches (`{campaignId, number}`) to the vendor and publish its answers.

    A batch of a campaign that is not running is left where it is: resuming publishes it again. One that was
    handed over already is handed over once more, under the same keys, for those who are still pending, if
    the vendor honours keys. What rates or quotas leave over goes back into its lane. `wait` sleeps; whatever
    it raises ends the turn after the answers that are on their way have been kept.
    """
    campaigns = campaign_store.find_many(stores, {entry["campaignId"] for entry in entries})
    carriers_of = {each: vendor or _carrier(stores, campaign) for each, campaign in campaigns.items()}
    few = min((ahead(campaigns[each], carrier) for each, carrier in carriers_of.items()), default=lanes.AHEAD)
    lanes.pump(stores, now, few)
    turns: dict[str, Turn] = {}
    try:
        for entry in {orjson.dumps(each): each for each in entries}.values():
            campaign_id = entry["campaignId"]
            if campaign_id in campaigns:
                carrier = carriers_of[campaign_id]
                turn = turns.setdefault(carrier.name, Turn(stores, carrier, wait))
                turn.visit(campaigns[campaign_id], entry, now)
    finally:
        for turn in turns.values():
            turn.finish(now)
    lanes.pump(stores, now, few)


def _carrier(stores: Stores, campaign: Document) -> Vendor:
    try:
        return carriers.vendor(stores, campaign.get("vendor") or carriers.DEFAULT)
    except NotFound:  # one that an earlier version had
        return carriers.vendor(stores, carriers.DEFAULT)


def publish_unfinished(stores: Stores, campaign_id: str) -> int:
    """Have every batch of a campaign in which somebody is pending wait for its turn. Returns how many."""
    campaign = campaign_store.find(stores, campaign_id)
    if campaign is None:
        return 0
    numbers = plan_store.unfinished(stores, campaign_id)
    entries = ({"campaignId": campaign_id, "number": number} for number in numbers)
    return lanes.open_lane(stores, campaign_id, entries, ahead(campaign, _carrier(stores, campaign)))
