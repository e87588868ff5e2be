"""Who was messaged lately, by whatever campaign: what a frequency cap counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pymongo.client_session import ClientSession

from crm.lifecycle import DeliveryState
from crm.stores.connection import Document, Stores

_COUNTED = [DeliveryState.SENT.value, DeliveryState.PENDING.value]


def counts(
    stores: Stores,
    customer_ids: Sequence[str],
    since: datetime,
    except_for: str,
    session: ClientSession | None = None,
) -> dict[str, int]:
    """How many messages each of these customers was sent, or is being sent, since then by other campaigns."""
    pipeline: list[Document] = [
        {"$match": {"customerId": {"$in": list(customer_ids)}, "updatedAt": {"$gte": since},
                    "state": {"$in": _COUNTED}, "campaignId": {"$ne": except_for}}},
        {"$group": {"_id": "$customerId", "n": {"$sum": 1}}},
    ]  # fmt: skip
    found = stores.collection("deliveries").aggregate(pipeline, session=session)
    return {each["_id"]: each["n"] for each in found}


def campaigns_since(stores: Stores, since: datetime, except_for: str) -> list[str]:
    """Campaigns that handed a batch over since then."""
    query = {"handedAt": {"$gte": since}, "campaignId": {"$ne": except_for}}
    return sorted(stores.collection("plan").distinct("campaignId", query))


def messaged(stores: Stores, campaign_id: str, since: datetime) -> Iterator[list[str]]:
    """The people of a campaign that it has handed over since then, ascending, a list a batch.

    Among them are those who were skipped or refused: see `explained`.
    """
    query = {"campaignId": campaign_id, "handedAt": {"$gte": since}}
    fields = {"_id": 0, "customerIds": 1, "left": 1}
    with stores.collection("plan").find(query, fields).sort("number", 1).batch_size(20) as found:
        for batch in found:
            people = batch["customerIds"]
            yield people[: len(people) - batch["left"]]


def explained(stores: Stores, campaign_id: str) -> Iterator[str]:
    """The people of a campaign whose row has a reason, so who got no message, ascending."""
    query = {"campaignId": campaign_id, "reason": {"$exists": True}}
    with stores.collection("deliveries").find(query, {"customerId": 1, "_id": 0}).sort("_id", 1) as found:
        for row in found:
            yield row["customerId"]
