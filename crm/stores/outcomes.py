"""What people of a campaign did afterwards: their orders, batch by batch of its plan."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from crm.lifecycle import DeliveryState
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import delivery_id
from crm.stores.order_lines import net


class Turn(NamedTuple):
    """A batch whose turn has come, and when its first and its last people were handed over.

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


def turns(stores: Stores, campaign_id: str, reason: str) -> Iterator[Turn]:
    """The batches of a campaign that were handed over, by number; `reason` marks those who are held out."""
    query = {"campaignId": campaign_id, "handedAt": {"$exists": True}}
    fields = {"customerIds": 1, "skippedIds": 1, "turnAt": 1, "handedAt": 1}
    with stores.collection("plan").find(query, fields).sort("number", 1).batch_size(20) as found:
        for batch in found:
            skipped = batch["skippedIds"]
            left_out = set(skipped)
            treated = [each for each in batch["customerIds"] if each not in left_out]
            held_out = _with_reason(stores, campaign_id, skipped, reason) if skipped else []
            ended: datetime = batch["handedAt"]
            yield Turn(treated, held_out, batch.get("turnAt", ended), ended)


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


def bought(stores: Stores, people: Sequence[str], start: datetime, end: datetime) -> dict[str, Bought]:
    """What these customers ordered from `start` on and before `end`, without those who did not."""
    query = {
        "customerId": {"$in": list(people)},
        "createdAt": {"$gte": start, "$lt": end},
        "status": {"$ne": "cancelled"},
    }
    fields = {"_id": 0, "customerId": 1, "total": 1, "refunded": 1, "status": 1}
    found: dict[str, Bought] = {}
    for order in stores.collection("orders").find(query, fields):  # summed here: a $group takes longer
        so_far = found.get(order["customerId"], Bought(0, 0.0))
        found[order["customerId"]] = Bought(so_far.orders + 1, so_far.revenue + net(order))
    return found


def sent(stores: Stores, campaign_id: str, people: Sequence[str]) -> set[str]:
    """Those of these customers whose message was sent."""
    ids = [delivery_id(campaign_id, each) for each in people]
    query = {"_id": {"$in": ids}, "state": DeliveryState.SENT}
    return {row["customerId"] for row in stores.collection("deliveries").find(query, {"customerId": 1})}
