"""What people of a campaign did afterwards: their orders, batch by batch of its plan."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from crm.lifecycle import DeliveryState
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import delivery_id
from crm.stores.order_lines import net


class Turn(NamedTuple):
    """A batch whose turn has come, and when it began and ended: with the first and the last of its people who
    were handed over, or whose sending window opened.

    `treated` are those who were to be messaged, whatever became of it; `held_out` are those left in peace.
    """

    treated: list[str]
    held_out: list[str]
    began: datetime
    ended: datetime


class Bought(NamedTuple):
    """Orders of one customer that were not cancelled, and their value without what was refunded."""

    orders: int
    revenue: float

    def and_this(self, order: Document) -> "Bought":
        return Bought(self.orders + 1, self.revenue + net(order))


NOTHING = Bought(0, 0.0)


def turns(stores: Stores, campaign_id: str, reason: str) -> Iterator[Turn]:
    """The batches of a campaign that were handed over, by number; `reason` marks those who are held out."""
    query = {"campaignId": campaign_id, "handedAt": {"$exists": True}}
    fields = {"customerIds": 1, "skippedIds": 1, "turnAt": 1, "handedAt": 1, "wakesAt": 1}
    with stores.collection("plan").find(query, fields).sort("number", 1).batch_size(20) as found:
        for batch in found:
            skipped = batch["skippedIds"]
            left_out = set(skipped)
            treated = [each for each in batch["customerIds"] if each not in left_out]
            held_out = _with_reason(stores, campaign_id, skipped, reason) if skipped else []
            handed: datetime = batch["handedAt"]
            ended = max(handed, batch.get("wakesAt", handed))
            yield Turn(treated, held_out, batch.get("turnAt", handed), ended)


def _with_reason(stores: Stores, campaign_id: str, people: Sequence[str], reason: str) -> list[str]:
    ids = [delivery_id(campaign_id, each) for each in people]
    query = {"_id": {"$in": ids}, "reason": reason}
    return [row["customerId"] for row in stores.collection("deliveries").find(query, {"customerId": 1})]


def untouched(stores: Stores, campaign_id: str) -> int:
    """How many people stand in batches whose turn has not come."""
    pipeline: list[Document] = [
        {"$match": {"campaignId": campaign_id, "handedAt": {"$exists": False}}},
        {"$group": {"_id": None, "people": {"$sum": {"$size": "$customerIds"}}}},
    ]
    found = next(iter(stores.collection("plan").aggregate(pipeline)), None)
    return int(found["people"]) if found else 0


Reader = Callable[[Sequence[str], datetime, datetime], dict[str, Bought]]
"""What these customers ordered from one instant on and before another, without those who did not."""


def last_turn(stores: Stores, campaign_id: str) -> datetime | None:
    """When the last turn of a campaign's batches ended, or will end; None while none has begun."""
    query = {"campaignId": campaign_id, "handedAt": {"$exists": True}}
    ends: list[Document] = [
        {"$match": query},
        {"$group": {"_id": None, "handed": {"$max": "$handedAt"}, "woken": {"$max": "$wakesAt"}}},
    ]
    found = next(iter(stores.collection("plan").aggregate(ends)), None)
    return max(end for end in (found["handed"], found["woken"]) if end) if found else None


def reader(stores: Stores, start: datetime, end: datetime, most: int) -> Reader:
    """A reader of the orders of this stretch of time.

    Where there are at most so many, all are read now, by their date; else each person's by his id, when they
    are asked for. A large campaign in a week of few orders is read ten times faster so.
    """
    query = {"createdAt": {"$gte": start, "$lt": end}}
    orders = stores.collection("orders")
    if orders.count_documents(query, limit=most + 1) > most:
        return partial(_bought, stores)
    found: dict[str, list[Document]] = {}
    for order in orders.find(query | _COUNTS, _FIELDS):
        found.setdefault(order["customerId"], []).append(order)
    return partial(_among, found)


_COUNTS: Document = {"status": {"$ne": "cancelled"}}
_FIELDS = {"_id": 0, "customerId": 1, "createdAt": 1, "total": 1, "refunded": 1, "status": 1}


def _bought(stores: Stores, people: Sequence[str], start: datetime, end: datetime) -> dict[str, Bought]:
    query = {"customerId": {"$in": list(people)}, "createdAt": {"$gte": start, "$lt": end}} | _COUNTS
    found: dict[str, Bought] = {}
    for order in stores.collection("orders").find(query, _FIELDS):  # summed here: a $group takes longer
        found[order["customerId"]] = found.get(order["customerId"], NOTHING).and_this(order)
    return found


def _among(
    orders: dict[str, list[Document]], people: Sequence[str], start: datetime, end: datetime
) -> dict[str, Bought]:
    found: dict[str, Bought] = {}
    for who in people:
        for order in orders.get(who, ()):
            if start <= order["createdAt"] < end:
                found[who] = found.get(who, NOTHING).and_this(order)
    return found


def sent(stores: Stores, campaign_id: str, people: Sequence[str]) -> set[str]:
    """Those of these customers whose message was sent."""
    ids = [delivery_id(campaign_id, each) for each in people]
    query = {"_id": {"$in": ids}, "state": DeliveryState.SENT}
    return {row["customerId"] for row in stores.collection("deliveries").find(query, {"customerId": 1})}
