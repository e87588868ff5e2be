"""Requests that came with an idempotency key: `idempotency`, one document a caller, route and key."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from crm.stores.connection import Document, Stores


def begin(stores: Stores, request: Document) -> Document | None:
    """Write down that a request begins: `{_id, body, begunAt, expiresAt}`. The one that is there, if any."""
    try:
        stores.db.idempotency.insert_one(request)
    except DuplicateKeyError:
        return stores.db.idempotency.find_one({"_id": request["_id"]})
    return None


def take_over(stores: Stores, request_id: str, *, begun: datetime, now: datetime) -> bool:
    """Answer again a request that was begun then and left without an answer; one caller only may."""
    query = {"_id": request_id, "begunAt": begun, "answer": {"$exists": False}}
    return stores.db.idempotency.update_one(query, {"$set": {"begunAt": now}}).modified_count == 1


def finish(stores: Stores, request_id: str, answer: bytes) -> None:
    """Keep the answer, for whoever asks again."""
    stores.db.idempotency.update_one({"_id": request_id}, {"$set": {"answer": answer}})


def forget(stores: Stores, request_id: str) -> None:
    """Nothing came of the request: the key may be used as if it had never been."""
    stores.db.idempotency.delete_one({"_id": request_id, "answer": {"$exists": False}})
