"""How each vendor is configured: `vendors` {_id: its name, configuration, updatedAt}."""

from datetime import datetime

from crm.stores.connection import Document, Stores

_NAME = "vendors"


def find(stores: Stores, name: str) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": name})


def keep(stores: Stores, name: str, configuration: Document, now: datetime) -> None:
    changes = {"configuration": configuration, "updatedAt": now}
    stores.collection(_NAME).update_one({"_id": name}, {"$set": changes}, upsert=True)
