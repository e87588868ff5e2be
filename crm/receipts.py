"""Receipts: what the vendor says became of messages, taken in any order and number, and asked for if late."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from crm import answers, carriers, halts
from crm.answers import Receipt
from crm.errors import CrmError, FieldError, InvalidInput, NotFound
from crm.lifecycle import CampaignAction, CampaignStatus, DeliveryState, allowed_from
from crm.stores import campaigns as campaign_store
from crm.stores import deliveries as delivery_store
from crm.stores import lanes, outbox, streams, tallies
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import Outcome
from crm.vendors.protocol import Answer, Verdict

log = logging.getLogger(__name__)

NO_ANSWER = "no answer"
_STATES = {"sent": DeliveryState.SENT, "failed": DeliveryState.FAILED}
_ASKED, _LOOKS = 500, 10  # messages that one look asks for, and looks of one call
_ASK_AGAIN = timedelta(seconds=10)  # until those who were asked for are overdue again
_LOST_AFTER = timedelta(seconds=30)  # a try that is so late has lost its entry


def settle(stores: Stores, entries: Sequence[Any], *, now: datetime) -> None:
    """Apply the vendor's answers, mind the error budgets, and finish the campaigns with nobody pending."""
    batches = _by_batch(entries)
    answered: dict[str, Counter[str]] = {}
    for (campaign_id, number), outcomes in batches.items():
        gained = delivery_store.settle(stores, campaign_id, number, outcomes, now)
        answered.setdefault(campaign_id, Counter()).update(gained)
        if sum(gained.values()) < sum(len(outcome.customer_ids) for outcome in outcomes):
            _keep_late(stores, campaign_id, number, outcomes)
    for campaign_id, sums in answered.items():
        if not finish_if_done(stores, campaign_id, now) and sums[DeliveryState.FAILED]:
            halts.mind_budget(stores, campaign_id, sums, now)


def _by_batch(entries: Sequence[Any]) -> dict[tuple[str, int], list[Outcome]]:
    """Outcomes by campaign and batch, those alike put together: each of them is a write."""
    kinds: dict[tuple[str, int], dict[tuple[Any, ...], list[str]]] = {}
    for entry in entries:
        batch = kinds.setdefault((entry["campaignId"], entry["number"]), {})
        for each in entry["outcomes"]:
            kind = (each["state"], each["attempt"], each["reason"], each["messageId"])
            batch.setdefault(kind, []).extend(each["customers"])
    return {
        place: [
            Outcome(state, attempt, who, reason, known)
            for (state, attempt, reason, known), who in found.items()
        ]
        for place, found in kinds.items()
    }


def _keep_late(stores: Stores, campaign_id: str, number: int, outcomes: Iterable[Outcome]) -> None:
    batch = plan_store.find(stores, campaign_id, number)
    for outcome in outcomes:
        if batch is not None and outcome.attempt < batch["attempt"]:
            delivery_store.keep_late_answers(stores, campaign_id, outcome)


def finish_if_done(stores: Stores, campaign_id: str, now: datetime) -> bool:
    """Finish a campaign in which nobody is pending. Returns whether it did."""
    done = campaign_store.finish(stores, campaign_id, allowed_from(CampaignAction.FINISH), now)
    if done:
        log.info("campaign finished", extra={"action": "campaign_finished", "campaign_id": campaign_id})
        tallies.of(stores, campaign_id)  # so that whoever opens its results need not wait for them
    return done


def report(
    stores: Stores, log_id: str, status: str, *, message_id: str | None = None, reason: str | None = None
) -> None:
    """Take a receipt from outside: `log_id` is a delivery's `_id`, with or without `:attempt` behind it.

    Without an attempt it speaks of the attempt that had this `message_id`, else of the present one. Raises
    InvalidInput for another status than SENT or FAILED, NotFound for a delivery that is not ours.
    """
    state = _STATES.get(status.strip().lower())
    if state is None:
        reason = "is SENT or FAILED"
        raise InvalidInput("A receipt's status is SENT or FAILED.", [FieldError("status", reason)])
    campaign_id, _, rest = log_id.partition(":")
    customer_id, _, attempt_text = rest.partition(":")
    row = delivery_store.find(stores, delivery_store.delivery_id(campaign_id, customer_id))
    if row is None or not (attempt_text.isdecimal() or not attempt_text):
        raise NotFound("There is no such delivery.")
    attempt = int(attempt_text) if attempt_text else _attempt_of(row, message_id)
    if state is DeliveryState.FAILED:
        reason = reason or "refused by the vendor"
    receipt = Receipt(customer_id, attempt, state, reason, message_id)
    streams.publish(stores, streams.RECEIPTS, [answers.entry(campaign_id, row["batch"], [receipt])])


def _attempt_of(row: Document, message_id: str | None) -> int:
    for earlier in row.get("earlier", ()):
        if message_id and earlier.get("messageId") == message_id:
            return int(earlier["attempt"])
    return int(row["attempt"])


def chase(stores: Stores, now: datetime) -> int:
    """Ask vendors for answers that are overdue, and publish tries that got lost. Returns how many were asked.

    What the vendor does not know, or has no end of, fails as `no answer`. Ends after some thousand messages;
    what is overdue then is left to the next call.
    """
    _publish_lost(stores, now)
    asked = 0
    for _ in range(_LOOKS):
        rows = outbox.take_unanswered(stores, now, now + _ASK_AGAIN, _ASKED)
        campaigns = campaign_store.find_many(stores, {row["campaignId"] for row in rows})
        by_vendor: dict[str, list[Document]] = {}
        for row in rows:
            campaign = campaigns.get(row["campaignId"]) or {}
            by_vendor.setdefault(campaign.get("vendor") or carriers.DEFAULT, []).append(row)
        for name, of_it in by_vendor.items():
            _ask(stores, name, of_it)
        asked += len(rows)
        if len(rows) < _ASKED:
            break
    return asked


def _publish_lost(stores: Stores, now: datetime) -> None:
    overdue = outbox.overdue(stores, now - _LOST_AFTER, _ASKED)
    campaigns = campaign_store.find_many(stores, {campaign_id for campaign_id, _ in overdue})
    for campaign_id, number in overdue:
        if campaigns.get(campaign_id, {}).get("status") == CampaignStatus.RUNNING:
            again = {"campaignId": campaign_id, "number": number, "due": True}
            lanes.later(stores, streams.SEND, again, now)


def _ask(stores: Stores, name: str, rows: list[Document]) -> None:
    try:
        told = {
            each.key: each for each in carriers.vendor(stores, name).ask([answers.key(row) for row in rows])
        }
    except CrmError as error:  # it is away, or was taken out: asked again later
        log.warning(
            "a vendor could not be asked",
            extra={"action": "vendor_not_asked", "vendor": name, "error": error.message},
        )
        return
    batches: dict[tuple[str, int], list[Receipt]] = {}
    for row in rows:
        receipt = _end(row, told.get(answers.key(row)))
        batches.setdefault((row["campaignId"], row["batch"]), []).append(receipt)
    entries = [answers.entry(campaign_id, number, found) for (campaign_id, number), found in batches.items()]
    streams.publish(stores, streams.RECEIPTS, entries)


def _end(row: Document, answer: Answer | None) -> Receipt:
    if answer is None or answer.verdict in (Verdict.ACCEPTED, Verdict.TEMPORARY):
        return Receipt(row["customerId"], row["attempt"], DeliveryState.FAILED, NO_ANSWER)
    return answers.receipt_of(row, answer)
