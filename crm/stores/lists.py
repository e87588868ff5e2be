"""Stored lists of addresses: `lists` {_id, name, createdBy, createdAt, entries: how many}."""

from crm.stores.connection import Document, Stores


def get(stores: Stores, list_id: str) -> Document | None:
    return stores.collection("lists").find_one({"_id": list_id})
