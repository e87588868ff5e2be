"""How many rows of a campaign are in each state, of each variant, for each reason; without reading them all.

`tallies` {_id: a batch's id, campaignId, counts, attempt, left, rows: [{state, variant, reason, n}]} keeps
what was counted in the rows of a batch, with the batch's counts, attempt and left as they were before.
Whatever writes rows, or changes the state of one, changes one of these three in the same transaction. Within
an attempt nobody's end changes, and fewer and fewer are left to be handed over, so that none of them comes
back. A batch that has all three still has the rows that were counted; only the others are counted anew.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pymongo import ReplaceOne

from crm.stores.connection import Document, Stores
from crm.stores.deliveries import delivery_id

_NAME = "tallies"
_MARKS = ("counts", "attempt", "left")  # of a batch: while none of them changes, no row does
_AT_ONCE = 100  # batches whose rows are counted by one aggregation


class Kind(NamedTuple):
    """What rows are counted by."""

    state: str
    variant: str | None
    reason: str | None


def of(stores: Stores, campaign_id: str) -> Counter[Kind]:
    """The rows of a campaign by kind. Reads those of batches that have changed since the last call."""
    query = {"campaignId": campaign_id}
    fields = dict.fromkeys(("campaignId", "number", *_MARKS), 1)
    kept = {each["_id"]: each for each in stores.collection(_NAME).find(query)}
    total: Counter[Kind] = Counter()
    changed: list[Document] = []
    for batch in stores.collection("plan").find(query, fields):
        known = kept.get(batch["_id"])
        if known and all(known.get(name) == batch[name] for name in _MARKS):
            _add(total, known["rows"])
        else:
            changed.append(batch)
    for counted in _counted(stores, campaign_id, changed):
        _add(total, counted["rows"])
    return total


def _counted(stores: Stores, campaign_id: str, batches: Iterable[Document]) -> Iterator[Document]:
    """Tallies of these batches, counted in their rows and kept."""
    waiting = iter(batches)
    while part := list(islice(waiting, _AT_ONCE)):
        found: dict[int, list[Document]] = {}
        pipeline = _pipeline(campaign_id, _ends(stores, part))
        for each in stores.collection("deliveries").aggregate(pipeline):
            kind = each["_id"]
            found.setdefault(kind.pop("batch"), []).append(kind | {"n": each["n"]})
        tallies = [
            {name: batch[name] for name in ("_id", "campaignId", *_MARKS)}
            | {"rows": found.get(batch["number"], [])}
            for batch in part
        ]
        writes = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in tallies]
        stores.collection(_NAME).bulk_write(writes, ordered=False)
        yield from tallies


def _ends(stores: Stores, batches: Iterable[Document]) -> list[Document]:
    """The first and the last customer of each of these batches."""
    ends = {"first": {"$first": "$customerIds"}, "last": {"$last": "$customerIds"}}
    these = {"_id": {"$in": [batch["_id"] for batch in batches]}}
    return list(stores.collection("plan").aggregate([{"$match": these}, {"$project": ends}]))


def _pipeline(campaign_id: str, ends: Iterable[Document]) -> list[Document]:
    # People are in ascending order within a plan, so a batch's rows lie together.
    spans = [
        {
            "_id": {
                "$gte": delivery_id(campaign_id, each["first"]),
                "$lte": delivery_id(campaign_id, each["last"]),
            }
        }
        for each in ends
    ]
    kind = {name: f"${name}" for name in ("batch", *Kind._fields)}
    return [{"$match": {"$or": spans}}, {"$group": {"_id": kind, "n": {"$sum": 1}}}]


def _add(total: Counter[Kind], rows: Iterable[Document]) -> None:
    for row in rows:
        total[Kind(row["state"], row.get("variant"), row.get("reason"))] += row["n"]
