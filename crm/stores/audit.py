"""The audit log: who did what to whom, and when."""

from datetime import datetime
from typing import Any

from crm.stores.connection import Document, Stores, new_id


def write(stores: Stores, account_id: str, action: str, subject: str, at: datetime) -> None:
    stores.db.audit.insert_one(
        {"_id": new_id(), "at": at, "account": account_id, "action": action, "subject": subject}
    )


def latest(stores: Stores, limit: int) -> list[Document]:
    newest: list[tuple[str, Any]] = [("at", -1), ("_id", -1)]
    return list(stores.db.audit.find().sort(newest).limit(limit))
