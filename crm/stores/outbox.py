"""What is handed to the vendor, put off, and waited for.

A pending row is in the vendor's hands, perhaps, unless it has `waits`: `retry` is not in the vendor's hands
and is tried again from `dueAt` on; `answer` was accepted, and the vendor is asked for it from `dueAt` on. A
row that has `asleep` waits for its sending window, as `retry`, until it opens at `dueAt`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from crm.lifecycle import CampaignStatus, DeliveryState
from crm.stores import contacts
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import delivery_id, moved
from crm.stores.plan import batch_id
from crm.stores.transactions import transact

RETRY, ANSWER = "retry", "answer"
_OF_THE_SENT = ("body", "subject", "html", "waits", "dueAt", "asleep")
_NO_WAIT: Document = {"waits": "", "dueAt": "", "asleep": ""}
_PENDING, _SKIPPED = DeliveryState.PENDING, DeliveryState.SKIPPED


class Cap(NamedTuple):
    """At most so many messages since then; `reason` is what the books say of whoever had them."""

    messages: int
    since: datetime
    reason: str


def hand_over(
    stores: Stores,
    campaign_id: str,
    number: int,
    left: tuple[int, int],
    rows: Sequence[Document],
    now: datetime,
    cap: Cap | None = None,
) -> list[Document] | None:
    """Write rows, pending or skipped, of the next people of a batch; returns them as they were written.

    `left` is how many people of the batch are not handed over, before and after. None, and nothing written,
    where the campaign is not running or somebody else handed these people over. Once this returns, they are
    carried to their end, whatever becomes of the campaign.
    """

    def work(session: ClientSession) -> list[Document] | None:
        if not _running(stores, campaign_id, session):
            return None
        written = _capped(stores, campaign_id, rows, cap, session) if cap else list(rows)
        skipped = sum(row["state"] == _SKIPPED for row in written)
        changes: Document = {"$set": {"left": left[1], "handedAt": now}, "$min": {"turnAt": now}}
        if wakes := [row["dueAt"] for row in written if row.get("asleep")]:
            changes["$max"] = {"wakesAt": max(wakes)}
        if skipped:
            changes["$inc"] = moved(_PENDING, {_SKIPPED: skipped})
        this = {"_id": batch_id(campaign_id, number), "left": left[0]}
        if not stores.collection("plan").update_one(this, changes, session=session).matched_count:
            return None
        if written:
            stores.collection("deliveries").insert_many(written, session=session)
        return written

    return transact(stores, work, look_again=cap is not None)


def _capped(
    stores: Stores, campaign_id: str, rows: Sequence[Document], cap: Cap, session: ClientSession
) -> list[Document]:
    """The rows, those of people who have had their messages skipped.

    All hand-overs of campaigns with a cap write one document, so that of two at once one sees the other.
    """
    stores.collection("locks").update_one({"_id": "cap"}, {"$inc": {"n": 1}}, upsert=True, session=session)
    people = [row["customerId"] for row in rows if row["state"] == _PENDING]
    had = contacts.counts(stores, people, cap.since, campaign_id, session)
    return [
        skipped(row, cap.reason)
        if row["state"] == _PENDING and had.get(row["customerId"], 0) >= cap.messages
        else row
        for row in rows
    ]


def skipped(row: Mapping[str, object], reason: str) -> Document:
    """A new row as one that is never sent, for this reason."""
    kept = {key: value for key, value in row.items() if key not in _OF_THE_SENT}
    return kept | {"state": _SKIPPED.value, "reason": reason}


def _running(stores: Stores, campaign_id: str, session: ClientSession) -> bool:
    query = {"_id": campaign_id, "status": CampaignStatus.RUNNING}
    return stores.collection("campaigns").find_one(query, {"_id": 1}, session=session) is not None


def pending(stores: Stores, campaign_id: str, customer_ids: Sequence[str]) -> list[Document]:
    """The rows of these customers that are pending."""
    ids = [delivery_id(campaign_id, customer_id) for customer_id in customer_ids]
    return list(stores.collection("deliveries").find({"_id": {"$in": ids}, "state": _PENDING}))


def release(stores: Stores, campaign_id: str, ids: Sequence[str], now: datetime) -> list[Document]:
    """Take rows that wait for another try into the vendor's hands, as far as they are due; returns them.

    None of them where the campaign is not running.
    """

    def work(session: ClientSession) -> list[Document]:
        if not _running(stores, campaign_id, session):
            return []
        rows = stores.collection("deliveries")
        query = {"_id": {"$in": list(ids)}, "state": _PENDING, "waits": RETRY, "dueAt": {"$lte": now}}
        found = list(rows.find(query, session=session))
        mine = {"_id": {"$in": [row["_id"] for row in found]}}
        rows.update_many(mine, {"$unset": _NO_WAIT, "$set": {"updatedAt": now}}, session=session)
        return found

    return transact(stores, work)


def skip(stores: Stores, campaign_id: str, number: int, reasons: Mapping[str, str], now: datetime) -> int:
    """Skip rows (by `_id`, with the reason) that wait for another try. Returns how many."""

    def work(session: ClientSession) -> int:
        many = 0
        for reason in set(reasons.values()):
            ids = [row_id for row_id, why in reasons.items() if why == reason]
            query = {"_id": {"$in": ids}, "state": _PENDING, "waits": RETRY}
            changes = {"$set": {"state": _SKIPPED, "reason": reason, "updatedAt": now}}
            changes["$unset"] = _NO_WAIT
            many += (
                stores.collection("deliveries").update_many(query, changes, session=session).modified_count
            )
        this = {"_id": batch_id(campaign_id, number)}
        stores.collection("plan").update_one(
            this, {"$inc": moved(_PENDING, {_SKIPPED: many})}, session=session
        )
        return many

    return transact(stores, work)


class Delay(NamedTuple):
    """A row that is to be tried again at `due`, having been tried `tries` times."""

    row_id: str
    attempt: int
    due: datetime
    tries: int


def put_off(stores: Stores, delays: Iterable[Delay], now: datetime) -> None:
    """Have rows that are in the vendor's hands, but were not taken, tried again later."""
    writes = [
        UpdateOne(
            {"_id": each.row_id, "state": _PENDING, "attempt": each.attempt, "waits": None},
            {"$set": {"waits": RETRY, "dueAt": each.due, "tries": each.tries, "updatedAt": now}},
        )
        for each in delays
    ]
    if writes:
        stores.collection("deliveries").bulk_write(writes, ordered=False)


def accepted(
    stores: Stores, rows: Sequence[Document], due: datetime, message_ids: Mapping[str, str], now: datetime
) -> None:
    """Note that the vendor is in charge of these rows, and when to ask it; ids of messages by row."""
    changes = {"waits": ANSWER, "dueAt": due, "updatedAt": now}
    writes = [
        UpdateOne(
            {"_id": row["_id"], "state": _PENDING, "attempt": row["attempt"], "waits": None},
            {
                "$set": changes
                | ({"vendorMessageId": known} if (known := message_ids.get(row["_id"])) else {})
            },
        )
        for row in rows
    ]
    if writes:
        stores.collection("deliveries").bulk_write(writes, ordered=False)


def take_unanswered(stores: Stores, now: datetime, again: datetime, limit: int) -> list[Document]:
    """Rows that were accepted and for which no answer has come in time, the longest overdue first.

    They are overdue again at `again`, so that workers who look at the same moment ask for others. None where
    another one has just taken these.
    """
    rows = stores.collection("deliveries")
    query = {"asleep": None, "dueAt": {"$lte": now}, "waits": ANSWER}
    found = list(rows.find(query).sort("dueAt", 1).limit(limit))
    if not found:
        return []
    these = query | {"_id": {"$in": [row["_id"] for row in found]}}
    return found if rows.update_many(these, {"$set": {"dueAt": again}}).modified_count else []


def awaited(stores: Stores, since: datetime) -> bool:
    """Whether there is a row that is to be tried again, or asked for, at some time after `since`.

    Rows that wait for their sending window are left out.
    """
    query = {"asleep": None, "dueAt": {"$gt": since}}
    return stores.collection("deliveries").find_one(query, {"_id": 1}) is not None


def overdue(stores: Stores, before: datetime, limit: int) -> list[tuple[str, int]]:
    """Campaigns and numbers of batches with rows that should have been tried again before then."""
    concerned: set[tuple[str, int]] = set()
    for asleep in (None, True):
        query = {"asleep": asleep, "dueAt": {"$lte": before}, "waits": RETRY}
        found = stores.collection("deliveries").find(query, {"campaignId": 1, "batch": 1}).limit(limit)
        concerned |= {(row["campaignId"], row["batch"]) for row in found}
    return sorted(concerned)


def sleep(stores: Stores, until: Mapping[str, datetime], now: datetime) -> None:
    """Have rows (by `_id`) wait until these instants for their sending window.

    Those that the vendor is in charge of, or that have ended, stay as they are.
    """
    for opens in set(until.values()):
        ids = [row_id for row_id, when in until.items() if when == opens]
        query = {"_id": {"$in": ids}, "state": _PENDING, "waits": {"$in": [None, RETRY]}}
        changes = {"waits": RETRY, "dueAt": opens, "asleep": True, "updatedAt": now}
        stores.collection("deliveries").update_many(query, {"$set": changes})


def first_asleep(stores: Stores, campaign_id: str, since: datetime | None = None) -> Document | None:
    """`dueAt` and `zone` of the row whose sending window opens first (after `since`)."""
    query: Document = {"campaignId": campaign_id, "asleep": True} | (
        {"dueAt": {"$gt": since}} if since else {}
    )
    return stores.collection("deliveries").find_one(query, {"dueAt": 1, "zone": 1}, sort=[("dueAt", 1)])


def count_asleep(stores: Stores, campaign_id: str) -> int:
    """How many rows of a campaign wait for their sending window."""
    return stores.collection("deliveries").count_documents({"campaignId": campaign_id, "asleep": True})
