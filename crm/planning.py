"""What a campaign needs done in the background: its audience written down, failures retried, the rest
cancelled. One entry on the plan's stream says "see to this campaign"; what is to be done is read from it.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from crm import audiences, delivery, rows, rulebook
from crm.lifecycle import MOVING, CampaignStatus
from crm.screening import Screen
from crm.stores import campaigns as campaign_store
from crm.stores import deliveries as delivery_store
from crm.stores import lanes, outbox, streams
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores, new_id
from crm.stores.deliveries import Slice
from crm.stores.plan import Planned

log = logging.getLogger(__name__)

CANCELLED = "the campaign was cancelled"
_CHUNK = 20  # batches a transaction: 10,000 ids, a quarter of a megabyte
_OVERDUE = timedelta(seconds=60)  # what should have been done before is not on its way any more
_STUCK = 100  # campaigns looked at by one round of `resume_stuck`


def publish(stores: Stores, campaign_id: str) -> None:
    """Ask the workers to see to this campaign. Asking twice does no harm."""
    streams.publish(stores, streams.PLAN, [{"campaignId": campaign_id}])


def see_to(stores: Stores, campaign_id: str, now: datetime) -> None:
    """Do what the campaign's status asks for. Idempotent; what a worker that died left is done over."""
    campaign = campaign_store.find(stores, campaign_id)
    if campaign is None:
        return
    if campaign["status"] == CampaignStatus.PLANNING:
        write_audience_down(stores, campaign_id, now)
        campaign = campaign_store.find(stores, campaign_id) or campaign
    if campaign.get("closing"):
        _cancel_unsent(stores, campaign, now)
    if campaign.get("retry"):
        _retry(stores, campaign_id, campaign["retry"], now)
    if campaign["status"] == CampaignStatus.RUNNING:
        delivery.publish_unfinished(stores, campaign_id)
        delivery.finish_if_done(stores, campaign_id, now)


def write_audience_down(stores: Stores, campaign_id: str, now: datetime) -> bool:
    """Evaluate the frozen rules once and store whom they select, in batches of 500 ids.

    Begins from nothing, whatever an earlier planner left. When it is done the audience's size is fixed and
    the campaign is running. False where the campaign is not planning, or another planner took over.
    """
    token = new_id()
    campaign = plan_store.take_over(stores, campaign_id, token, now)
    if campaign is None:
        return False
    size = batches = 0
    for chunk in _batches(stores, campaign, now):
        if not plan_store.write(stores, campaign_id, token, chunk, now):
            log.info("another planner took over", extra={"action": "planner_replaced", "id": campaign_id})
            return False
        batches += len(chunk)
        size += sum(len(batch.customer_ids) for batch in chunk)
    done = plan_store.complete(stores, campaign_id, token, size, batches, now)
    if done:
        log.info(
            "audience written down", extra={"action": "campaign_planned", "id": campaign_id, "size": size}
        )
    return done is not None


def _batches(stores: Stores, campaign: Document, now: datetime) -> Iterator[list[Planned]]:
    """The audience in batches, a transaction's worth at a time, with rows of those who are not messaged."""
    rule = rulebook.parse(stores, campaign["rules"])
    people = audiences.members(
        stores, rule, rows.WHO, now=campaign["launchedAt"], zone=ZoneInfo(campaign["timeZone"])
    )
    screen = Screen(stores, campaign, rows.content_of(campaign), now)
    number = 0
    while chunk := list(islice(people, _CHUNK * streams.BATCH_SIZE)):
        reasons = screen.reasons(chunk)
        planned: list[Planned] = []
        for start in range(0, len(chunk), streams.BATCH_SIZE):
            part = chunk[start : start + streams.BATCH_SIZE]
            skipped = [
                outbox.skipped(rows.new(campaign["_id"], number, one["_id"], one, now), reasons[one["_id"]])
                for one in part
                if one["_id"] in reasons
            ]
            planned.append(Planned(number, [one["_id"] for one in part], skipped))
            number += 1
        yield planned


def _retry(stores: Stores, campaign_id: str, asked: Document, now: datetime) -> None:
    retry_id, which = asked["id"], Slice(asked.get("reason"), asked.get("variant"))
    for number in plan_store.with_failures(stores, campaign_id, retry_id):
        delivery_store.retry(stores, campaign_id, number, retry_id, which, now)
    campaign_store.close_retry(stores, campaign_id, retry_id)


def _cancel_unsent(stores: Stores, campaign: Document, now: datetime) -> None:
    """Write everybody whom the vendor was not given into the books as cancelled."""
    campaign_id = campaign["_id"]
    if "audienceSize" not in campaign:  # cancelled before the audience was fixed: there is none
        plan_store.clear(stores, campaign_id)
    for number in plan_store.unfinished(stores, campaign_id):
        _cancel_batch(stores, campaign_id, number, now)
    campaign_store.close_cancel(stores, campaign_id)


def _cancel_batch(stores: Stores, campaign_id: str, number: int, now: datetime) -> None:
    """Once more where a sender has handed some of its people over meanwhile."""
    while batch := plan_store.find(stores, campaign_id, number):
        made = rows.cancelled(stores, campaign_id, batch, CANCELLED, now)
        done = delivery_store.cancel_unsent(stores, campaign_id, number, batch["left"], made, CANCELLED, now)
        if done is not None:
            return


def resume_stuck(stores: Stores, now: datetime) -> int:
    """Publish again what got lost between a change of status and its entry. Returns how many campaigns.

    A campaign that should be moving while nothing waits on any of the streams has lost its entries: the
    process that changed its status died before it published them, or Redis lost its last second of writes.
    """
    if streams.backlog(stores, streams.PLAN, streams.SEND, streams.RECEIPTS):
        return 0
    if lanes.waiting(stores) or outbox.awaited(stores, now - _OVERDUE):
        return 0
    moving = campaign_store.newest(stores, _STUCK, statuses=MOVING)
    open_ends = campaign_store.with_open_ends(stores, _STUCK)
    stuck = {campaign["_id"] for campaign in (*moving, *open_ends)}
    stuck -= {each for each in stuck if _sleeps(stores, each, now - _OVERDUE)}
    for campaign_id in sorted(stuck):
        log.warning("campaign had nothing on its way", extra={"action": "campaign_stuck", "id": campaign_id})
        publish(stores, campaign_id)
    return len(stuck)


def _sleeps(stores: Stores, campaign_id: str, since: datetime) -> bool:
    """Whether a campaign does nothing because those who are left wait for their sending window."""
    asleep = outbox.first_asleep(stores, campaign_id, since)
    return asleep is not None and not plan_store.any_left(stores, campaign_id)
