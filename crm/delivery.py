"""Sending: batches of a plan to the vendor, and the vendor's answers to the books.

What is promised, whatever dies when: each recipient has one row; a message is handed to the vendor under the
key `campaign:customer:attempt` however often its batch is redelivered; a row and the count of its batch
change together. So handling any entry twice changes nothing.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from crm import content, messages
from crm.content import Content
from crm.errors import FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.lifecycle import CampaignAction, DeliveryState, allowed_from
from crm.stores import campaigns as campaign_store
from crm.stores import deliveries as delivery_store
from crm.stores import plan as plan_store
from crm.stores import streams
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import Outcome
from crm.vendors.protocol import EMAIL, Answer, Message, Vendor, Verdict
from crm.vendors.simulated import SimulatedVendor

log = logging.getLogger(__name__)


class Receipt(NamedTuple):
    """What became of one message: `sent`, or `failed` for good with a reason."""

    customer_id: str
    attempt: int
    status: str
    reason: str | None = None
    message_id: str | None = None


VENDOR: Vendor = SimulatedVendor()
GONE = "the customer was deleted before the message was sent"
_ADDRESS = ("email", "phone", "externalId")  # the first that a customer has is where the message goes
_STATES = {"sent": DeliveryState.SENT, "failed": DeliveryState.FAILED}

_SAYS = ("_id", "channel", "messageTemplate", "subject", "html", "variants", "holdout", "attributes")


def send(stores: Stores, entries: Sequence[Any], *, now: datetime, vendor: Vendor = VENDOR) -> None:
    """Hand batches (`{campaignId, number}`) to the vendor and publish its answers.

    A batch of a campaign that is not running is left where it is: resuming publishes it again. One that was
    handed over already is handed over once more, under the same keys, for those who are still pending.
    """
    campaigns = campaign_store.find_many(stores, {entry["campaignId"] for entry in entries})
    answers: list[Document] = []
    for campaign_id, number in dict.fromkeys((entry["campaignId"], entry["number"]) for entry in entries):
        campaign = campaigns.get(campaign_id)
        rows = _hand_over(stores, campaign, number, now) if campaign else []
        keys = {f"{row['_id']}:{row['attempt']}": row for row in rows}
        answers_of = vendor.submit([_message(row) for row in rows if "body" in row])
        receipts = [_receipt(keys[answer.key], answer) for answer in answers_of]
        receipts += [_forgotten(row) for row in rows if "body" not in row]
        if receipts:
            answers.append(_entry(campaign_id, number, receipts))
    streams.publish(stores, streams.RECEIPTS, answers)


def _hand_over(stores: Stores, campaign: Document, number: int, now: datetime) -> list[Document]:
    """The rows of a batch that the vendor is to be given now; they are written when this returns."""
    campaign_id = campaign["_id"]
    batch = plan_store.find(stores, campaign_id, number)
    if batch is None or not batch["counts"]["pending"]:
        return []
    if batch["handed"] == 0:
        rows = _compose(stores, campaign, batch, now)
        if delivery_store.hand_over(stores, campaign_id, number, rows):
            return [row for row in rows if row["state"] == DeliveryState.PENDING]
        batch = plan_store.find(stores, campaign_id, number)
        if batch is None or batch["handed"] == 0:
            return []  # not running: paused or cancelled since the entry was published
    if batch["handed"] < batch["attempt"] and not delivery_store.hand_over_again(
        stores, campaign_id, number, batch["attempt"]
    ):
        return []
    return delivery_store.pending(stores, campaign_id, batch["customerIds"])


def _compose(stores: Stores, campaign: Document, batch: Document, now: datetime) -> list[Document]:
    """A row for each person of a batch: pending with the message, or skipped with the reason."""
    said = _content(campaign)
    style = messages.Style(campaign["currency"], ZoneInfo(campaign["timeZone"]))
    known = delivery_store.recipients(stores, batch["customerIds"], ("name", *_ADDRESS, *said.paths))
    rows: list[Document] = []
    for customer_id in batch["customerIds"]:
        customer = known.get(customer_id)
        row = _row(campaign["_id"], batch["number"], customer_id, customer, now)
        _write(row, said, customer, style)
        rows.append(row)
    return rows


def _write(row: Document, said: Content, customer: Document | None, style: messages.Style) -> None:
    """Put the message into a row, or the reason why there is none."""
    version = said.version(row["customerId"])
    if version.name is not None:
        row["variant"] = version.name
    composed = content.compose(version, customer, style) if customer else None
    reason = GONE if composed is None else composed.reason
    if composed is None or reason:
        row["state"] = DeliveryState.SKIPPED
        row["reason"] = reason
        return
    row["body"] = composed.text
    if composed.subject:
        row["subject"] = composed.subject
    if composed.html:
        row["html"] = composed.html


@lru_cache(maxsize=32)
def _read(key: bytes) -> Content:
    return content.read(orjson.loads(key))


def _content(campaign: Document) -> Content:
    """What a campaign says, read once."""
    return _read(orjson.dumps({name: campaign.get(name) for name in _SAYS}))


def _row(
    campaign_id: str, number: int, customer_id: str, customer: Document | None, now: datetime
) -> Document:
    """A new row, pending in its first attempt."""
    row: Document = {
        "_id": delivery_store.delivery_id(campaign_id, customer_id),
        "campaignId": campaign_id,
        "customerId": customer_id,
        "batch": number,
        "state": DeliveryState.PENDING,
        "attempt": 1,
        "createdAt": now,
        "updatedAt": now,
    }
    if customer is None:
        return row
    name, email = _text(customer, "name"), _text(customer, "email")
    if name:
        row["name"] = name
    if email:
        row["email"] = email
    elif address := _text(customer, "phone") or _text(customer, "externalId"):
        row["address"] = address
    row["search"] = fold(f"{name} {email}")
    return row


def _text(customer: Document, field: str) -> str:
    value = customer.get(field)
    return value if isinstance(value, str) else ""


def _message(row: Document) -> Message:
    key = f"{row['_id']}:{row['attempt']}"
    address = row.get("email") or row.get("address")
    return Message(key, EMAIL, address, row["body"], row.get("subject"), row.get("html"))


def _receipt(row: Document, answer: Answer) -> Receipt:
    state = DeliveryState.SENT if answer.verdict is Verdict.SENT else DeliveryState.FAILED
    return Receipt(row["customerId"], row["attempt"], state, answer.reason, answer.message_id)


def _forgotten(row: Document) -> Receipt:
    """The end of a message whose text was erased with its customer."""
    return Receipt(row["customerId"], row["attempt"], DeliveryState.FAILED, GONE)


def _entry(campaign_id: str, number: int, receipts: Iterable[Receipt]) -> Document:
    """Answers for one batch as they travel: customers grouped by what became of their messages."""
    groups: dict[tuple[str, int, str | None, str | None], list[str]] = {}
    for receipt in receipts:
        kind = (receipt.status, receipt.attempt, receipt.reason, receipt.message_id)
        groups.setdefault(kind, []).append(receipt.customer_id)
    return {
        "campaignId": campaign_id,
        "number": number,
        "outcomes": [
            {"state": state, "attempt": attempt, "reason": reason, "messageId": message_id, "customers": who}
            for (state, attempt, reason, message_id), who in groups.items()
        ],
    }


def settle(stores: Stores, entries: Sequence[Any], *, now: datetime) -> None:
    """Apply the vendor's answers, then finish the campaigns in which nobody is pending any more."""
    batches: dict[tuple[str, int], list[Outcome]] = {}
    for entry in entries:
        batches.setdefault((entry["campaignId"], entry["number"]), []).extend(
            Outcome(each["state"], each["attempt"], each["customers"], each["reason"], each["messageId"])
            for each in entry["outcomes"]
        )
    for (campaign_id, number), outcomes in batches.items():
        gained = delivery_store.settle(stores, campaign_id, number, outcomes, now)
        if sum(gained.values()) < sum(len(outcome.customer_ids) for outcome in outcomes):
            _keep_late(stores, campaign_id, number, outcomes)
    for campaign_id in {campaign_id for campaign_id, _ in batches}:
        finish_if_done(stores, campaign_id, now)


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
    streams.publish(stores, streams.RECEIPTS, [_entry(campaign_id, row["batch"], [receipt])])


def _attempt_of(row: Document, message_id: str | None) -> int:
    for earlier in row.get("earlier", ()):
        if message_id and earlier.get("messageId") == message_id:
            return int(earlier["attempt"])
    return int(row["attempt"])


def publish_unfinished(stores: Stores, campaign_id: str) -> int:
    """Publish every batch of a campaign in which somebody is pending. Returns how many."""
    batches = plan_store.unfinished(stores, campaign_id)
    published = streams.publish(
        stores, streams.SEND, ({"campaignId": campaign_id, **batch} for batch in batches)
    )
    return len(published)


def cancelled_rows(
    stores: Stores, campaign_id: str, batch: Document, reason: str, now: datetime
) -> list[Document]:
    """The rows of a batch that will never be sent."""
    known = delivery_store.recipients(stores, batch["customerIds"], ("name", *_ADDRESS))
    ending = {"state": DeliveryState.CANCELLED, "reason": reason}
    return [
        _row(campaign_id, batch["number"], customer_id, known.get(customer_id), now) | ending
        for customer_id in batch["customerIds"]
    ]
