"""What people said of files with a set of headers: `mappings`, `_id` = the set's digest."""

from crm.stores.connection import Document, Stores


def get(stores: Stores, digest: str) -> Document | None:
    """What is remembered for files with these headers, by their hash."""
    return stores.collection("mappings").find_one({"_id": digest})


def put(stores: Stores, document: Document) -> None:
    """Keep it in place of what was said before of the same headers."""
    stores.collection("mappings").replace_one({"_id": document["_id"]}, document, upsert=True)


def forget(stores: Stores, digest: str) -> None:
    stores.collection("mappings").delete_one({"_id": digest})
