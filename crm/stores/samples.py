"""Which sample shops were made, and as of when: `samples`, `{_id: the shop's key, now}`."""

from datetime import datetime

from pymongo import ReturnDocument

from crm.stores.connection import Stores


def made_at(stores: Stores, key: str, now: datetime) -> datetime:
    """The moment up to which the shop with this key was made, `now` if it is made for the first time."""
    found = stores.collection("samples").find_one_and_update(
        {"_id": key},
        {"$setOnInsert": {"now": now}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    assert found is not None  # noqa: S101  # it has just been upserted
    moment: datetime = found["now"]
    return moment


def any_made(stores: Stores) -> bool:
    """Whether sample data was ever added."""
    return stores.collection("samples").find_one({}, {"_id": 1}) is not None
