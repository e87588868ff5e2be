"""Tickets: what each stands for, by the hash of it, until it runs out."""

from crm.stores.connection import Stores


def put(stores: Stores, hashed: str, asked: bytes, seconds: int) -> None:
    """Keep what a ticket stands for, by the ticket's hash, for so many seconds."""
    stores.redis.set(stores.key("download", hashed), asked, ex=seconds)


def get(stores: Stores, hashed: str) -> bytes | None:
    """What the ticket stands for; None once it has run out."""
    found = stores.redis.get(stores.key("download", hashed))
    return found if isinstance(found, bytes) else None
