"""Deliveries: one row a recipient. Rows and the counts of their plan batch change in one transaction."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pymongo.client_session import ClientSession

from crm.fields import fold
from crm.lifecycle import CampaignStatus, DeliveryState
from crm.stores.connection import Document, Stores
from crm.stores.plan import batch_id
from crm.stores.transactions import transact

_NAME = "deliveries"
EXPLAINED = frozenset({"failed", "skipped", "cancelled"})
"""States whose rows all have a reason."""

_PENDING, _SENT, _FAILED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.FAILED
_SKIPPED, _CANCELLED = DeliveryState.SKIPPED, DeliveryState.CANCELLED


class Outcome(NamedTuple):
    """Customers of one batch whose messages ended alike."""

    state: str
    attempt: int
    customer_ids: list[str]
    reason: str | None = None
    message_id: str | None = None


def delivery_id(campaign_id: str, customer_id: str) -> str:
    return f"{campaign_id}:{customer_id}"


def recipients(stores: Stores, customer_ids: Sequence[str], fields: Sequence[str]) -> dict[str, Document]:
    """Those of these customers who still exist, by id, with these fields."""
    found = stores.collection("customers").find(
        {"_id": {"$in": list(customer_ids)}}, dict.fromkeys(fields, 1) | {"_id": 1}
    )
    return {customer["_id"]: customer for customer in found}


def hand_over(stores: Stores, campaign_id: str, number: int, rows: Sequence[Document]) -> bool:
    """Write the rows of a batch, pending or skipped, and mark it as handed to the vendor.

    False, and nothing written, where the campaign is not running or the batch has been handed over already.
    Once this returns True the batch is carried to its end, whatever becomes of the campaign.
    """
    skipped = sum(row["state"] == _SKIPPED for row in rows)

    def work(session: ClientSession) -> bool:
        if not _running(stores, campaign_id, session):
            return False
        taken = stores.collection("plan").update_one(
            {"_id": batch_id(campaign_id, number), "handed": 0},
            {"$set": {"handed": 1}, "$inc": _moved(_PENDING, {_SKIPPED: skipped})},
            session=session,
        )
        if taken.matched_count:
            stores.collection(_NAME).insert_many(rows, session=session)
        return taken.matched_count == 1

    return transact(stores, work)


def hand_over_again(stores: Stores, campaign_id: str, number: int, attempt: int) -> bool:
    """Mark the retried people of a batch as handed over. False where the campaign is not running."""

    def work(session: ClientSession) -> bool:
        if not _running(stores, campaign_id, session):
            return False
        taken = stores.collection("plan").update_one(
            {"_id": batch_id(campaign_id, number), "attempt": attempt, "handed": {"$lt": attempt}},
            {"$set": {"handed": attempt}},
            session=session,
        )
        return taken.matched_count == 1

    return transact(stores, work)


def _running(stores: Stores, campaign_id: str, session: ClientSession) -> bool:
    query = {"_id": campaign_id, "status": CampaignStatus.RUNNING}
    return stores.collection("campaigns").find_one(query, {"_id": 1}, session=session) is not None


def _moved(source: str, targets: dict[DeliveryState, int]) -> dict[str, int]:
    """The `$inc` that moves people out of one count and into others."""
    moved = {f"counts.{target}": many for target, many in targets.items()}
    return moved | {f"counts.{source}": -sum(targets.values())}


def pending(stores: Stores, campaign_id: str, customer_ids: Sequence[str]) -> list[Document]:
    """The rows of these customers that are pending."""
    ids = [delivery_id(campaign_id, customer_id) for customer_id in customer_ids]
    return list(stores.collection(_NAME).find({"_id": {"$in": ids}, "state": _PENDING}))


def settle(
    stores: Stores, campaign_id: str, number: int, outcomes: Sequence[Outcome], now: datetime
) -> dict[str, int]:
    """Apply the vendor's answers to one batch and return how many rows each state has gained.

    Only rows that are pending in that very attempt change, so an answer that comes again, or too late for
    its attempt, changes nothing.
    """

    def work(session: ClientSession) -> dict[str, int]:
        gained = {_SENT: 0, _FAILED: 0}
        for outcome in outcomes:
            changes = {"state": outcome.state, "updatedAt": now}
            if outcome.state == _FAILED:
                changes["reason"] = outcome.reason or "no reason was given"
            changes |= {"vendorMessageId": outcome.message_id} if outcome.message_id else {}
            ids = [delivery_id(campaign_id, customer_id) for customer_id in outcome.customer_ids]
            query = {"_id": {"$in": ids}, "batch": number, "state": _PENDING, "attempt": outcome.attempt}
            result = stores.collection(_NAME).update_many(query, {"$set": changes}, session=session)
            gained[DeliveryState(outcome.state)] += result.modified_count
        if any(gained.values()):
            stores.collection("plan").update_one(
                {"_id": batch_id(campaign_id, number)}, {"$inc": _moved(_PENDING, gained)}, session=session
            )
        return {state.value: many for state, many in gained.items()}

    return transact(stores, work)


def keep_late_answers(stores: Stores, campaign_id: str, outcome: Outcome) -> None:
    """Keep answers for an earlier attempt beside their rows, once each; nothing else of the rows changes.

    An answer that says what ended that attempt anyway is no news.
    """
    ids = [delivery_id(campaign_id, customer_id) for customer_id in outcome.customer_ids]
    answer = {"attempt": outcome.attempt, "state": outcome.state, "reason": outcome.reason}
    query: Document = {"_id": {"$in": ids}, "attempt": {"$gt": outcome.attempt}}
    if outcome.state == _FAILED:
        known = {"attempt": outcome.attempt, "reason": outcome.reason}
        query["earlier"] = {"$not": {"$elemMatch": known}}
    stores.collection(_NAME).update_many(query, {"$addToSet": {"lateAnswers": answer}})


def retry(stores: Stores, campaign_id: str, number: int, retry_id: str, now: datetime) -> int:
    """Make the failures of a batch pending in its next attempt, once a `retry_id`; returns how many."""

    def work(session: ClientSession) -> int:
        plan = stores.collection("plan")
        query = {"_id": batch_id(campaign_id, number), "retry": {"$ne": retry_id}}
        batch = plan.find_one(query, session=session)
        if batch is None:
            return 0
        attempt = batch["attempt"] + 1
        ids = [delivery_id(campaign_id, customer_id) for customer_id in batch["customerIds"]]
        result = stores.collection(_NAME).update_many(
            {"_id": {"$in": ids}, "state": _FAILED},
            _again(attempt, now),
            session=session,
        )
        changes = {"retry": retry_id} | ({"attempt": attempt} if result.modified_count else {})
        moved = _moved(_FAILED, {_PENDING: result.modified_count})
        plan.update_one(query, {"$set": changes, "$inc": moved}, session=session)
        return result.modified_count

    return transact(stores, work)


def _again(attempt: int, now: datetime) -> list[Document]:
    """The change that makes a failure pending in this attempt, and keeps how the earlier one ended."""
    ended = {"attempt": "$attempt", "reason": "$reason", "messageId": "$vendorMessageId"}
    earlier = {"$concatArrays": [{"$ifNull": ["$earlier", []]}, [ended]]}
    return [
        {"$set": {"earlier": earlier, "state": _PENDING, "attempt": attempt, "updatedAt": now}},
        {"$unset": ["reason", "vendorMessageId"]},
    ]


def cancel_unsent(
    stores: Stores, campaign_id: str, number: int, rows: Sequence[Document], reason: str, now: datetime
) -> int:
    """Cancel the people of a batch that the vendor was not given. Returns how many.

    `rows` are the rows to write, one a person, where the batch has none yet.
    """

    def work(session: ClientSession) -> int:
        plan = stores.collection("plan")
        batch = plan.find_one({"_id": batch_id(campaign_id, number)}, session=session)
        if batch is None or batch["handed"] >= batch["attempt"]:
            return 0
        if batch["handed"] == 0:
            stores.collection(_NAME).insert_many(rows, session=session)
            cancelled = len(rows)
        else:
            ids = [delivery_id(campaign_id, customer_id) for customer_id in batch["customerIds"]]
            query = {"_id": {"$in": ids}, "state": _PENDING, "attempt": batch["attempt"]}
            changes = {"state": _CANCELLED, "reason": reason, "updatedAt": now}
            result = stores.collection(_NAME).update_many(query, {"$set": changes}, session=session)
            cancelled = result.modified_count
        plan.update_one(
            {"_id": batch["_id"]},
            {"$set": {"handed": batch["attempt"]}, "$inc": _moved(_PENDING, {_CANCELLED: cancelled})},
            session=session,
        )
        return cancelled

    return transact(stores, work)


def find(stores: Stores, delivery: str) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": delivery})


def rows(
    stores: Stores,
    campaign_id: str,
    *,
    state: str | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: int = 0,
) -> Iterator[Document]:
    """Rows of a campaign by `_id`, behind the row `after`. `search` is text within name or e-mail address."""
    query: Document = {"_id": {"$gt": after or f"{campaign_id}:", "$lt": f"{campaign_id};"}}
    if state in EXPLAINED:
        query |= {"campaignId": campaign_id, "state": state, "reason": {"$exists": True}}
    elif state:
        query["state"] = state
    if search:
        query["search"] = {"$regex": re.escape(fold(search))}
    with stores.collection(_NAME).find(query).sort("_id", 1).limit(limit) as cursor:
        yield from cursor


def matching(stores: Stores, customer_ids: Sequence[str], search: str | None) -> dict[str, Document]:
    """Name and e-mail address of those of these customers whose name or address contains the text."""
    query: Document = {"_id": {"$in": list(customer_ids)}}
    if search:
        text = {"$regex": re.escape(fold(search))}
        query["$or"] = [{"folded.name": text}, {"folded.email": text}]
    found = stores.collection("customers").find(query, {"name": 1, "email": 1})
    return {customer["_id"]: customer for customer in found}


def recount(stores: Stores, campaign_id: str) -> dict[int, dict[str, int]]:
    """Rows a batch and state, counted one by one; for the audit."""
    pipeline: list[Document] = [
        {"$match": {"_id": {"$gt": f"{campaign_id}:", "$lt": f"{campaign_id};"}}},
        {"$group": {"_id": {"batch": "$batch", "state": "$state"}, "rows": {"$sum": 1}}},
    ]
    counted: dict[int, dict[str, int]] = {}
    for each in stores.collection(_NAME).aggregate(pipeline):
        counted.setdefault(each["_id"]["batch"], {})[each["_id"]["state"]] = each["rows"]
    return counted


def failures(stores: Stores, campaign_id: str, state: str) -> dict[str, int]:
    """How many rows of this state have each reason, the most frequent first."""
    pipeline: list[Document] = [
        {"$match": {"campaignId": campaign_id, "state": state, "reason": {"$exists": True}}},
        {"$group": {"_id": "$reason", "rows": {"$sum": 1}}},
        {"$sort": {"rows": -1, "_id": 1}},
    ]
    found = stores.collection(_NAME).aggregate(pipeline)
    return {each["_id"]: each["rows"] for each in found}
