"""When a campaign is paused without a person: too many failures, or a vendor that does not answer."""

import logging
from collections.abc import Mapping
from datetime import datetime

from crm.lifecycle import CampaignStatus
from crm.options import DEFAULT_BUDGET
from crm.stores import campaigns as campaign_store
from crm.stores import lanes
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores

log = logging.getLogger(__name__)

JUDGED_FROM = 100
"""Answers since the launch (or the last resume) before which no budget is overspent."""


def halt(stores: Stores, campaign_id: str, because: str, now: datetime) -> bool:
    """Pause a running campaign and say why in `pausedBecause`. Returns whether it was running."""
    changes = {"status": CampaignStatus.PAUSED, "pausedBecause": because, "updatedAt": now}
    halted = campaign_store.change(stores, campaign_id, [CampaignStatus.RUNNING], changes)
    if halted is None:
        return False
    lanes.close_lane(stores, campaign_id)
    log.warning("campaign paused by itself", extra={"action": "campaign_halted", "campaign_id": campaign_id})
    return True


def mind_budget(stores: Stores, campaign_id: str, gained: Mapping[str, int], now: datetime) -> bool:
    """Pause the campaign if more of its answers are failures than its budget allows; whether it did.

    `gained` are the answers that came just now. The sums are only looked at where they have more failures
    than the budget: else they can't have overspent it.
    """
    campaign = campaign_store.find(stores, campaign_id)
    if campaign is None or campaign["status"] != CampaignStatus.RUNNING:
        return False
    budget = campaign.get("errorBudget") or DEFAULT_BUDGET
    if gained["failed"] <= budget * (gained["failed"] + gained["sent"]):
        return False
    counts = plan_store.counts(stores, [campaign_id]).get(campaign_id)
    because = overspent(campaign, counts) if counts else None
    return because is not None and halt(stores, campaign_id, because, now)


def overspent(campaign: Document, counts: Mapping[str, int]) -> str | None:
    """Why the error budget pauses this campaign, or None. Counted since it was last resumed."""
    budget = campaign.get("errorBudget") or DEFAULT_BUDGET
    base = campaign.get("budgetFrom") or {}
    failed = counts["failed"] - base.get("failed", 0)
    answered = failed + counts["sent"] - base.get("sent", 0)
    if answered < JUDGED_FROM or failed <= budget * answered:
        return None
    return (
        f"{failed:,} of {answered:,} messages failed, more than the {budget:.0%} that this campaign allows. "
        "See the reasons, then resume or cancel it."
    )
