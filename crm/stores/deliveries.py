"""Deliveries: one row a recipient. Rows and the counts of their plan batch change in one transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pymongo import UpdateMany
from pymongo.client_session import ClientSession

from crm.fields import fold
from crm.lifecycle import DeliveryState
from crm.stores.connection import Document, Stores
from crm.stores.containing import containing
from crm.stores.plan import batch_id
from crm.stores.transactions import transact

_NAME = "deliveries"
EXPLAINED = frozenset({"failed", "skipped", "cancelled"})
"""States whose rows all have a reason."""

_PENDING, _SENT, _FAILED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.FAILED
_SKIPPED, _CANCELLED = DeliveryState.SKIPPED, DeliveryState.CANCELLED
_NO_WAIT = {"waits": "", "dueAt": "", "asleep": ""}

UNCLEAR = "unclear: "
"""How the reason of a failure begins that may have been sent: nothing sends it again by itself."""


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
        {"_id": {"$in": list(customer_ids)}},
        dict.fromkeys(fields, 1) | {"_id": 1},
        batch_size=len(customer_ids) + 1,  # in one answer, not in the usual hundred and the rest
    )
    return {customer["_id"]: customer for customer in found}


def moved(source: str, targets: dict[DeliveryState, int]) -> dict[str, int]:
    """The `$inc` that moves people out of one count and into others."""
    moved = {f"counts.{target}": many for target, many in targets.items()}
    return moved | {f"counts.{source}": -sum(targets.values())}


def settle(
    stores: Stores, campaign_id: str, number: int, outcomes: Sequence[Outcome], now: datetime
) -> dict[str, int]:
    """Apply the vendor's answers to one batch and return how many rows each state has gained.

    Only rows that are pending in that very attempt change, so an answer that comes again, or too late for
    its attempt, changes nothing.
    """

    writes = {state: [_ending(campaign_id, number, each, now) for each in outcomes if each.state == state]
              for state in (_SENT, _FAILED)}  # fmt: skip

    def work(session: ClientSession) -> dict[str, int]:
        gained = {
            state: stores.collection(_NAME).bulk_write(of_state, session=session).modified_count
            for state, of_state in writes.items()
            if of_state
        }
        if any(gained.values()):
            stores.collection("plan").update_one(
                {"_id": batch_id(campaign_id, number)}, {"$inc": moved(_PENDING, gained)}, session=session
            )
        return {_SENT.value: 0, _FAILED.value: 0} | {state.value: many for state, many in gained.items()}

    return transact(stores, work)


def _ending(campaign_id: str, number: int, outcome: Outcome, now: datetime) -> UpdateMany:
    changes: Document = {"state": outcome.state, "updatedAt": now}
    if outcome.state == _FAILED:
        changes["reason"] = outcome.reason or "no reason was given"
    changes |= {"vendorMessageId": outcome.message_id} if outcome.message_id else {}
    ids = [delivery_id(campaign_id, customer_id) for customer_id in outcome.customer_ids]
    query = {"_id": {"$in": ids}, "batch": number, "state": _PENDING, "attempt": outcome.attempt}
    return UpdateMany(query, {"$set": changes, "$unset": _NO_WAIT})


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


class Slice(NamedTuple):
    """Which failures are meant: those of this reason, of this variant; None for any."""

    reason: str | None = None
    variant: str | None = None

    def query(self) -> Document:
        """The filter of its rows; those that failed as unclear are among them by their reason only."""
        query: Document = {"state": _FAILED}
        if self.reason is not None:
            query["reason"] = self.reason
        else:
            query["reason"] = {"$exists": True, "$not": {"$regex": f"^{UNCLEAR}"}}
        return query | ({"variant": self.variant} if self.variant is not None else {})


def retry(stores: Stores, campaign_id: str, number: int, retry_id: str, which: Slice, now: datetime) -> int:
    """Make failures of a batch pending in their next attempt, once a `retry_id`; returns how many."""

    def work(session: ClientSession) -> int:
        plan = stores.collection("plan")
        query = {"_id": batch_id(campaign_id, number), "retry": {"$ne": retry_id}}
        batch = plan.find_one(query, session=session)
        if batch is None:
            return 0
        ids = [delivery_id(campaign_id, customer_id) for customer_id in batch["customerIds"]]
        result = stores.collection(_NAME).update_many(
            {"_id": {"$in": ids}} | which.query(), _again(now), session=session
        )
        changes = {"retry": retry_id} | ({"attempt": batch["attempt"] + 1} if result.modified_count else {})
        change = moved(_FAILED, {_PENDING: result.modified_count})
        plan.update_one(query, {"$set": changes, "$inc": change}, session=session)
        return result.modified_count

    return transact(stores, work)


def _again(now: datetime) -> list[Document]:
    """The change that makes a failure pending in its next attempt, and keeps how the earlier one ended.

    It waits for its turn like one that was put off: the vendor does not have it.
    """
    ended = {"attempt": "$attempt", "reason": "$reason", "messageId": "$vendorMessageId"}
    earlier = {"$concatArrays": [{"$ifNull": ["$earlier", []]}, [ended]]}
    waiting = {"waits": "retry", "dueAt": now, "updatedAt": now}
    return [
        {"$set": {"earlier": earlier, "state": _PENDING, "attempt": {"$add": ["$attempt", 1]}} | waiting},
        {"$unset": ["reason", "vendorMessageId", "tries"]},
    ]


def failed(stores: Stores, campaign_id: str, which: Slice) -> int:
    """How many failures a slice has."""
    return stores.collection(_NAME).count_documents({"campaignId": campaign_id} | which.query())


def cancel_unsent(
    stores: Stores,
    campaign_id: str,
    number: int,
    left: int,
    rows: Sequence[Document],
    reason: str,
    now: datetime,
) -> int | None:
    """Cancel the people of a batch whom the vendor does not have. Returns how many.

    `rows` are to be written for those of the last `left` people who have none; None, and nothing done, where
    another number of them is left.
    """

    def work(session: ClientSession) -> int | None:
        plan, deliveries = stores.collection("plan"), stores.collection(_NAME)
        this = {"_id": batch_id(campaign_id, number)}
        batch = plan.find_one(this, {"left": 1, "customerIds": 1}, session=session)
        if batch is None or batch["left"] != left:
            return None
        if rows:
            deliveries.insert_many(rows, session=session)
        ids = [delivery_id(campaign_id, customer_id) for customer_id in batch["customerIds"]]
        waiting = {"_id": {"$in": ids}, "state": _PENDING, "waits": "retry"}
        changes = {"$set": {"state": _CANCELLED, "reason": reason, "updatedAt": now}, "$unset": _NO_WAIT}
        called_off = deliveries.update_many(waiting, changes, session=session).modified_count
        cancelled = len(rows) + called_off
        change = {"$set": {"left": 0}, "$inc": moved(_PENDING, {_CANCELLED: cancelled})}
        plan.update_one(this, change, session=session)
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
    reason: str | None = None,
    variant: str | None = None,
    after: str | None = None,
    limit: int = 0,
) -> Iterator[Document]:
    """Rows of a campaign by `_id`, behind the row `after`. `search` is text within name or e-mail address."""
    query: Document = {"_id": {"$gt": after or f"{campaign_id}:", "$lt": f"{campaign_id};"}}
    if state in EXPLAINED or reason is not None:
        query |= {"campaignId": campaign_id, "reason": {"$exists": True} if reason is None else reason}
    if state:
        query["state"] = state
    if variant is not None:
        query["variant"] = variant
    if search:
        query["search"] = containing(fold(search))
    with stores.collection(_NAME).find(query).sort("_id", 1).limit(limit) as cursor:
        yield from cursor


def matching(stores: Stores, customer_ids: Sequence[str], search: str | None) -> dict[str, Document]:
    """Name and e-mail address of those of these customers whose name or address contains the text."""
    query: Document = {"_id": {"$in": list(customer_ids)}}
    if search:
        text = containing(fold(search))
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
