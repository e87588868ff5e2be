"""What each account asked in words: one document an account, its newest prompts at the end."""

from datetime import datetime

from crm.stores.connection import Document, Stores

_NAME = "promptHistory"


def push(stores: Stores, account_id: str, item: Document, most: int) -> None:
    """Put a prompt at the end, away from where it stood before; beyond `most` the oldest goes."""
    prompts = stores.collection(_NAME)
    prompts.update_one({"_id": account_id}, {"$pull": {"items": {"text": item["text"]}}})
    kept = {"$push": {"items": {"$each": [item], "$slice": -most}}}
    prompts.update_one({"_id": account_id}, kept, upsert=True)


def set_size(stores: Stores, account_id: str, at: datetime, size: int) -> None:
    """Write down how many people the prompt of this moment selected."""
    stores.collection(_NAME).update_one({"_id": account_id, "items.at": at}, {"$set": {"items.$.size": size}})


def items(stores: Stores, account_id: str) -> list[Document]:
    """Oldest first."""
    found = stores.collection(_NAME).find_one({"_id": account_id})
    return list(found["items"]) if found else []


def clear(stores: Stores, account_id: str) -> None:
    stores.collection(_NAME).delete_one({"_id": account_id})
