"""Writing the catalogue: `products`, one document a product id. Reading it is `directory`."""

from collections.abc import Collection, Sequence

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from crm.stores.connection import Document, Stores

_NAME = "products"


def find(stores: Stores, session: ClientSession | None, ids: Collection[str]) -> list[Document]:
    if not ids:
        return []
    return list(stores.collection(_NAME).find({"_id": {"$in": list(ids)}}, session=session))


def save(stores: Stores, session: ClientSession, products: Sequence[Document]) -> None:
    """Write these as they are, new ones and known ones."""
    if products:
        writes = [ReplaceOne({"_id": product["_id"]}, product, upsert=True) for product in products]
        stores.collection(_NAME).bulk_write(writes, ordered=False, session=session)


def delete(stores: Stores, session: ClientSession, ids: Collection[str]) -> None:
    if ids:
        stores.collection(_NAME).delete_many({"_id": {"$in": list(ids)}}, session=session)
