"""How each vendor is configured, which is chosen, and how each is.

`vendors` has {_id: its name, configuration, updatedAt}, and {_id: "(chosen)", vendor, updatedAt}.

`away:<vendor>` in Redis is since when it has not answered, with expiry.
"""

from datetime import datetime

from crm.stores.connection import Document, Stores

_NAME = "vendors"
_CHOSEN = "(chosen)"  # no vendor has such a name
_REMEMBERED = 600  # seconds


def find(stores: Stores, name: str) -> Document | None:
    return stores.collection(_NAME).find_one({"_id": name})


def keep(stores: Stores, name: str, configuration: Document, now: datetime) -> None:
    changes = {"configuration": configuration, "updatedAt": now}
    stores.collection(_NAME).update_one({"_id": name}, {"$set": changes}, upsert=True)


def choose(stores: Stores, name: str, now: datetime) -> None:
    """Make it the vendor by which campaigns go out that name none."""
    changes = {"vendor": name, "updatedAt": now}
    stores.collection(_NAME).update_one({"_id": _CHOSEN}, {"$set": changes}, upsert=True)


def chosen(stores: Stores) -> str | None:
    """The vendor that was chosen; None where none was."""
    found = stores.collection(_NAME).find_one({"_id": _CHOSEN})
    return found["vendor"] if found else None


def away_since(stores: Stores, name: str, now: datetime) -> datetime:
    """Since when a vendor has not answered any call; `now`, and from then on, if it did until this one."""
    key = stores.key("away", name)
    stores.redis.set(key, now.isoformat(), nx=True, ex=_REMEMBERED)
    known: bytes | None = stores.redis.get(key)  # type: ignore[assignment]
    return datetime.fromisoformat(known.decode()) if known else now


def answered(stores: Stores, name: str) -> None:
    """The vendor has answered a call."""
    stores.redis.delete(stores.key("away", name))
