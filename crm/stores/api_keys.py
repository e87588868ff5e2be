"""API keys in MongoDB: their hashes, never themselves."""

from datetime import datetime

from crm.stores.connection import Document, Stores


def insert(stores: Stores, document: Document) -> None:
    stores.db.apiKeys.insert_one(document)


def by_hash(stores: Stores, digest: str) -> Document | None:
    """The key with this hash, unless it was revoked."""
    return stores.db.apiKeys.find_one({"hash": digest, "revokedAt": None})


def listing(stores: Stores) -> list[Document]:
    """All keys, newest first, without their hashes."""
    return list(stores.db.apiKeys.find({}, {"hash": 0}).sort("_id", -1))


def revoke(stores: Stores, key_id: str, now: datetime) -> bool:
    """Whether there was such a key in use."""
    in_use = {"_id": key_id, "revokedAt": None}
    return stores.db.apiKeys.update_one(in_use, {"$set": {"revokedAt": now}}).matched_count == 1
