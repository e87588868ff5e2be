"""Campaigns: one document each. Every change of status is refereed by the database."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from pymongo import DESCENDING, ReturnDocument
from pymongo.client_session import ClientSession

from crm.lifecycle import CampaignStatus
from crm.stores import segments
from crm.stores.connection import Document, Session, Stores
from crm.stores.indexes import BOOKS
from crm.stores.segment_users import named_by
from crm.stores.transactions import transact

T = TypeVar("T")

_NAME = "campaigns"


def insert(stores: Stores, document: Document) -> None:
    """Store a campaign. Raises Conflict where a segment that it goes by has just been deleted."""

    def work(session: Session | None) -> None:
        stores.collection(_NAME).insert_one(document, session=session)

    _holding(stores, document, work)


def _holding(stores: Stores, written: Document, work: Callable[[Session | None], T]) -> T:
    """Do the write; if it names segments, so that none of them can be deleted at the same moment."""
    named = named_by(written)
    if not named:
        return work(None)

    def both(session: Session) -> T:
        segments.hold(stores, named, session)
        return work(session)

    return transact(stores, both)


def find(stores: Stores, campaign_id: str) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": campaign_id})


def find_many(stores: Stores, campaign_ids: Iterable[str]) -> dict[str, Document]:
    """Those that exist, by id."""
    found = stores.collection(_NAME).find({"_id": {"$in": list(campaign_ids)}})
    return {document["_id"]: document for document in found}


def newest(
    stores: Stores, limit: int, before: str | None = None, statuses: Iterable[str] | None = None
) -> list[Document]:
    """Newest first, at most `limit`, older than the campaign `before`. Ids ascend with time."""
    query: Document = {}
    if before:
        query["_id"] = {"$lt": before}
    if statuses is not None:
        query["status"] = {"$in": list(statuses)}
    return list(stores.collection(_NAME).find(query).sort("_id", DESCENDING).limit(limit))


def change(
    stores: Stores,
    campaign_id: str,
    statuses: Iterable[str],
    changes: dict[str, Any],
    *,
    without: str | None = None,
    where: Document | None = None,
    drop: Iterable[str] = (),
) -> Document | None:
    """Set `changes`, and remove the fields `drop`, if the campaign is in one of these statuses.

    It must also lack the field `without` and have the values of `where`. Returns the campaign as it is now,
    or None where it is not in such a state. Raises Conflict as `insert`.
    """
    query: Document = {"_id": campaign_id, "status": {"$in": list(statuses)}} | (where or {})
    if without:
        query[without] = None
    update: Document = {"$set": changes}
    if gone := [name for name in drop if name not in changes]:
        update["$unset"] = dict.fromkeys(gone, "")

    def work(session: Session | None) -> Document | None:
        return stores.collection(_NAME).find_one_and_update(
            query, update, return_document=ReturnDocument.AFTER, session=session
        )

    return _holding(stores, changes, work)


def count_running(stores: Stores) -> int:
    """How many campaigns are running."""
    return stores.collection(_NAME).count_documents({"status": CampaignStatus.RUNNING})


def due(stores: Stores, now: datetime, limit: int) -> list[Document]:
    """Scheduled campaigns whose time has come, the earliest first."""
    query = {"status": CampaignStatus.SCHEDULED, "scheduledAt": {"$lte": now}}
    return list(stores.collection(_NAME).find(query).sort("scheduledAt", 1).limit(limit))


def delete(stores: Stores, campaign_id: str, statuses: Iterable[str]) -> Document | None:
    """Delete it if it is in one of these statuses; it as it was, None where it is in another."""
    query = {"_id": campaign_id, "status": {"$in": list(statuses)}}
    return stores.collection(_NAME).find_one_and_delete(query)


def close_retry(stores: Stores, campaign_id: str, retry_id: str) -> None:
    """The retry with this id is written down in every batch."""
    stores.collection(_NAME).update_one({"_id": campaign_id, "retry.id": retry_id}, {"$unset": {"retry": ""}})


def close_cancel(stores: Stores, campaign_id: str) -> None:
    """Everybody whom the vendor was not given is written down as cancelled."""
    stores.collection(_NAME).update_one({"_id": campaign_id}, {"$unset": {"closing": ""}})


def with_open_ends(stores: Stores, limit: int) -> list[Document]:
    """Campaigns with a retry or a cancellation that is not written down in every batch yet."""
    query = {"$or": [{"retry": {"$ne": None}}, {"closing": True}]}
    return list(stores.collection(_NAME).find(query).limit(limit))


def finish(stores: Stores, campaign_id: str, statuses: Iterable[str], now: datetime) -> bool:
    """Finish the campaign if nobody in its plan is pending and no retry is being written down. When it was
    finished first, before any retry, is kept as `firstFinishedAt`.

    Both are looked at in one snapshot with the change, so that a retry that comes between wins.
    """
    sources = list(statuses)
    if _somebody_pending(stores, campaign_id, None):
        return False

    def work(session: ClientSession) -> bool:
        if _somebody_pending(stores, campaign_id, session):
            return False
        query = {"_id": campaign_id, "status": {"$in": sources}, "retry": None}
        changes = {
            "status": CampaignStatus.FINISHED.value, "finishedAt": now, "updatedAt": now,
            "firstFinishedAt": {"$ifNull": ["$firstFinishedAt", now]},
        }  # fmt: skip
        result = stores.collection(_NAME).update_one(query, [{"$set": changes}], session=session)
        return result.modified_count == 1

    return transact(stores, work)


def _somebody_pending(stores: Stores, campaign_id: str, session: ClientSession | None) -> bool:
    query = {"campaignId": campaign_id, "counts.pending": {"$gt": 0}}
    return stores.collection("plan").find_one(query, {"_id": 1}, session=session, hint=BOOKS) is not None
