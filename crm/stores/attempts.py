"""Counters of attempts (to sign in, to send tests) in Redis. They forget by themselves."""

from crm.stores.connection import Stores


def count(stores: Stores, what: str, *, seconds: int) -> tuple[int, int]:
    """Count one attempt; how many there are in the window that the first one opened, and its seconds left."""
    key = stores.key("signin", what)
    pipe = stores.redis.pipeline(transaction=True)
    pipe.set(key, 0, ex=seconds, nx=True)
    pipe.incr(key)
    pipe.ttl(key)
    _, attempts, left = pipe.execute()
    return int(attempts), max(int(left), 1)


def forget(stores: Stores, what: str) -> None:
    stores.redis.delete(stores.key("signin", what))
