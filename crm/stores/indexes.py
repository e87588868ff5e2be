"""Collections and indexes. Made before the first transaction, since a transaction can't wait for them."""

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid

from crm.stores.connection import Stores

# Any text but the empty one. Not {"$type": "string"}: MongoDB 6.0 doesn't see that {path: "x"} is covered
# by that, and would scan the collection instead of using the index.
_TEXT_ONLY = {"$gt": ""}

# A campaign's sums, and whether anybody is pending, without reading its batches.
BOOKS = [
    ("campaignId", ASCENDING),
    ("counts.pending", ASCENDING),
    ("counts.sent", ASCENDING),
    ("counts.failed", ASCENDING),
    ("counts.skipped", ASCENDING),
    ("counts.cancelled", ASCENDING),
]

INDEXES: dict[str, list[IndexModel]] = {
    "customers": [
        IndexModel(
            [("folded.email", ASCENDING)],
            unique=True,
            partialFilterExpression={"folded.email": _TEXT_ONLY},
        ),
        IndexModel(
            [("externalId", ASCENDING)],
            unique=True,
            partialFilterExpression={"externalId": _TEXT_ONLY},
        ),
    ],
    "orders": [
        IndexModel([("customerId", ASCENDING), ("createdAt", DESCENDING)]),
        IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
    ],
    "products": [],
    "segments": [
        IndexModel(
            [("folded.name", ASCENDING)], unique=True, partialFilterExpression={"folded.name": _TEXT_ONLY}
        ),
        IndexModel([("updatedAt", DESCENDING), ("_id", DESCENDING)]),
    ],
    "segmentVersions": [],
    "segmentSizes": [],
    "promptHistory": [],
    "deletedSegments": [IndexModel([("deletedAt", DESCENDING)])],
    "lists": [
        IndexModel(
            [("folded.name", ASCENDING)], unique=True, partialFilterExpression={"folded.name": _TEXT_ONLY}
        ),
    ],
    "listEntries": [],
    "campaigns": [IndexModel([("createdAt", DESCENDING)]), IndexModel([("status", ASCENDING)])],
    "plan": [
        IndexModel([("campaignId", ASCENDING), ("number", ASCENDING)]),
        IndexModel(BOOKS),
        # Who was messaged lately; one key a batch of 500.
        IndexModel(
            [("handedAt", ASCENDING), ("campaignId", ASCENDING)],
            partialFilterExpression={"handedAt": {"$exists": True}},
        ),
    ],
    "tallies": [IndexModel([("campaignId", ASCENDING)])],
    "deliveries": [
        # Failed, skipped and cancelled rows: all that have a reason. The state itself is no key of it, since
        # an index on a field that settling changes doubles the cost of settling (66 against 27 µs a row).
        IndexModel(
            [("campaignId", ASCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"reason": {"$exists": True}},
        ),
        IndexModel([("customerId", ASCENDING)]),
        # Rows that wait for another try or for an answer: few, unless the vendor answers by receipts.
        IndexModel(
            [("asleep", ASCENDING), ("dueAt", ASCENDING)],
            partialFilterExpression={"dueAt": {"$exists": True}},
        ),
        # Of them, those that wait for their sending window: perhaps most of a campaign, for a night.
        IndexModel(
            [("campaignId", ASCENDING), ("dueAt", ASCENDING)], partialFilterExpression={"asleep": True}
        ),
    ],
    "idempotency": [IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0)],
    "suppressions": [IndexModel([("campaignId", ASCENDING)], sparse=True)],
    "locks": [],
    "imports": [IndexModel([("createdAt", DESCENDING)]), IndexModel([("state", ASCENDING)])],
    "mappings": [],
    "importBatches": [IndexModel([("importId", ASCENDING)])],
    "importJournal": [
        IndexModel([("importId", ASCENDING), ("stamp", DESCENDING)]),
        IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
    ],
    "importKept": [IndexModel([("importId", ASCENDING), ("_id", ASCENDING)])],
    "rejections": [
        IndexModel([("importId", ASCENDING), ("row", ASCENDING)]),
        IndexModel([("references", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], sparse=True),
        IndexModel([("at", DESCENDING), ("_id", DESCENDING)], sparse=True),
        IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("importId", ASCENDING), ("field", ASCENDING), ("code", ASCENDING), ("row", ASCENDING)]),
        IndexModel([("sentAt", ASCENDING)], sparse=True),
    ],
    "accounts": [IndexModel([("email", ASCENDING)], unique=True)],
    "installation": [],
    "attributes": [
        IndexModel([("folded", ASCENDING)], unique=True, partialFilterExpression={"folded": _TEXT_ONLY}),
    ],
    "apiKeys": [IndexModel([("hash", ASCENDING)], unique=True)],
    "vendors": [],
    "audit": [IndexModel([("at", DESCENDING)])],
}


def ensure(stores: Stores) -> None:
    """Create every collection and index that is not there yet. Safe to run in several processes at once."""
    present = set(stores.db.list_collection_names())
    for name, indexes in INDEXES.items():
        if name not in present:
            try:
                stores.db.create_collection(name)
            except CollectionInvalid:
                present.add(name)  # another process was first
        if indexes:
            stores.db[name].create_indexes(indexes)
