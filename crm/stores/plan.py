"""The audience of a campaign, written down: batches of customer ids, each with its own counts.

A batch is `{_id: campaignId:number, campaignId, number, customerIds, skippedIds, counts, attempt, left,
turnAt, handedAt}`. `counts` has one number a delivery state, and they add up to the ids at every instant.
The last `left` people were not handed over yet: they have no row among the deliveries, but for `skippedIds`,
whose rows were written with the plan. `attempt` is the highest that somebody of it is in. `turnAt` and
`handedAt` are when the first and the last of its people were handed over, `wakesAt` when the last sending
window of those opens who had to wait for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from crm.lifecycle import CampaignStatus, DeliveryState
from crm.stores.connection import Document, Stores
from crm.stores.indexes import BOOKS
from crm.stores.transactions import transact

_NAME = "plan"
Counts = dict[str, int]
COUNTED = tuple(state.value for state in DeliveryState)


def batch_id(campaign_id: str, number: int) -> str:
    return f"{campaign_id}:{number}"


def take_over(stores: Stores, campaign_id: str, token: str, now: datetime) -> Document | None:
    """Make `token` the one planner of this campaign and clear what an earlier one wrote.

    Returns the campaign, or None where it is not planning. The earlier planner, if it is still alive, can
    write nothing from here on.
    """
    campaign = stores.collection("campaigns").find_one_and_update(
        {"_id": campaign_id, "status": CampaignStatus.PLANNING},
        {"$set": {"planner": token, "plannedAt": now}},
        return_document=ReturnDocument.AFTER,
    )
    if campaign is not None:
        clear(stores, campaign_id)
    return campaign


def clear(stores: Stores, campaign_id: str) -> None:
    """Forget a plan that was never finished, and whom it skipped."""
    stores.collection(_NAME).delete_many({"campaignId": campaign_id})
    rows = {"_id": {"$gt": f"{campaign_id}:", "$lt": f"{campaign_id};"}}
    stores.collection("deliveries").delete_many(rows)


class Planned(NamedTuple):
    """A batch to be written: its people, ascending, and rows of those of them who are skipped."""

    number: int
    customer_ids: list[str]
    skipped: list[Document] = []  # noqa: RUF012  # never changed


def write(stores: Stores, campaign_id: str, token: str, batches: Sequence[Planned], now: datetime) -> bool:
    """Add batches, all or none. False where `token` is not the planner any more."""
    documents = [_new_batch(campaign_id, batch) for batch in batches]
    rows = [row for batch in batches for row in batch.skipped]

    def work(session: ClientSession) -> bool:
        owned = {"_id": campaign_id, "status": CampaignStatus.PLANNING, "planner": token}
        mine = stores.collection("campaigns").update_one(owned, {"$set": {"plannedAt": now}}, session=session)
        if mine.matched_count:
            stores.collection(_NAME).insert_many(documents, session=session)
            if rows:
                stores.collection("deliveries").insert_many(rows, session=session)
        return mine.matched_count == 1

    return transact(stores, work)


def _new_batch(campaign_id: str, batch: Planned) -> Document:
    size, skipped = len(batch.customer_ids), [row["customerId"] for row in batch.skipped]
    counts = {DeliveryState.PENDING.value: size - len(skipped), DeliveryState.SKIPPED.value: len(skipped)}
    return {
        "_id": batch_id(campaign_id, batch.number),
        "campaignId": campaign_id,
        "number": batch.number,
        "customerIds": batch.customer_ids,
        "skippedIds": skipped,
        "counts": dict.fromkeys(COUNTED, 0) | counts,
        "attempt": 1,
        "left": size,
    }


def complete(
    stores: Stores, campaign_id: str, token: str, size: int, batches: int, now: datetime
) -> Document | None:
    """Fix the audience's size and let delivery begin. None where `token` is not the planner any more."""
    return stores.collection("campaigns").find_one_and_update(
        {"_id": campaign_id, "status": CampaignStatus.PLANNING, "planner": token},
        {
            "$set": {
                "status": CampaignStatus.RUNNING,
                "audienceSize": size,
                "batches": batches,
                "startedAt": now,
                "updatedAt": now,
            },
            "$unset": {"planner": "", "plannedAt": ""},
        },
        return_document=ReturnDocument.AFTER,
    )


def find(stores: Stores, campaign_id: str, number: int) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": batch_id(campaign_id, number)})


def counts(stores: Stores, campaign_ids: Iterable[str]) -> dict[str, Counts]:
    """The counts of these campaigns, summed over their batches as they are at one instant.

    They come from the index alone. It is read in a transaction: a batch that is counted anew meanwhile moves
    in the index, and would be met twice or not at all.
    """
    pipeline: list[Document] = [
        {"$match": {"campaignId": {"$in": list(campaign_ids)}}},
        {"$group": {"_id": "$campaignId", **{name: {"$sum": f"$counts.{name}"} for name in COUNTED}}},
    ]

    def work(session: ClientSession) -> dict[str, Counts]:
        found = stores.collection(_NAME).aggregate(pipeline, hint=dict(BOOKS), session=session)
        return {each["_id"]: {name: each[name] for name in COUNTED} for each in found}

    return transact(stores, work)


def unfinished(stores: Stores, campaign_id: str) -> Iterator[int]:
    """Numbers of the batches in which somebody is pending, ascending."""
    query = {"campaignId": campaign_id, "counts.pending": {"$gt": 0}}
    for batch in stores.collection(_NAME).find(query, {"_id": 0, "number": 1}).sort("number", 1):
        yield batch["number"]


def any_left(stores: Stores, campaign_id: str) -> bool:
    """Whether somebody was not handed over yet and has no row."""
    query = {"campaignId": campaign_id, "left": {"$gt": 0}, "counts.pending": {"$gt": 0}}
    return stores.collection(_NAME).find_one(query, {"_id": 1}) is not None


def without_rows(batch: Document) -> list[str]:
    """The people of a batch who have no row yet, in their order."""
    ids = batch["customerIds"]
    skipped = set(batch["skippedIds"])
    return [each for each in ids[len(ids) - batch["left"] :] if each not in skipped]


def pending(
    stores: Stores, campaign_id: str, from_number: int, *, rowless: bool = False
) -> Iterator[Document]:
    """Batches with somebody pending, by number, from this number on.

    `rowless`: only those with people who have no row yet.
    """
    query: Document = {
        "campaignId": campaign_id,
        "number": {"$gte": from_number},
        "counts.pending": {"$gt": 0},
    }
    query |= {"left": {"$gt": 0}} if rowless else {}
    fields = {"_id": 0, "number": 1, "customerIds": 1, "skippedIds": 1, "left": 1}
    with stores.collection(_NAME).find(query, fields).sort("number", 1).batch_size(10) as cursor:
        yield from cursor


def with_failures(stores: Stores, campaign_id: str, retry_id: str) -> Iterator[int]:
    """Numbers of the batches that hold failures and have not been through this retry."""
    query = {"campaignId": campaign_id, "counts.failed": {"$gt": 0}, "retry": {"$ne": retry_id}}
    for batch in stores.collection(_NAME).find(query, {"_id": 0, "number": 1}).sort("number", 1):
        yield batch["number"]


def everything(stores: Stores, campaign_id: str) -> Iterator[Document]:
    """Every batch, whole, by number; for the audit."""
    query = {"campaignId": campaign_id}
    yield from stores.collection(_NAME).find(query).sort("number", 1).batch_size(10)
