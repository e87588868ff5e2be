"""Whether the stores answer, and how far behind the workers are."""

from dataclasses import dataclass

import pymongo
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from crm.stores import groups, streams
from crm.stores.connection import Stores

_PATIENCE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class StreamState:
    """`backlog`: entries not acknowledged yet. `dead`: entries that were given up on."""

    backlog: int
    dead: int


def mongodb_version(stores: Stores) -> str | None:
    """The version of MongoDB, None when it does not answer within two seconds."""
    try:
        with pymongo.timeout(_PATIENCE):
            return str(stores.client.server_info()["version"])
    except PyMongoError:
        return None


def redis_version(stores: Stores) -> str | None:
    """The version of Valkey or Redis, None when it does not answer."""
    try:
        info: dict[str, str] = stores.redis.info("server")
    except (RedisError, OSError):
        return None
    return info.get("valkey_version") or info.get("redis_version")


def stream_states(stores: Stores) -> dict[str, StreamState]:
    """Every stream of the product."""
    pipe = stores.redis.pipeline(transaction=False)
    for name in streams.ALL:
        pipe.xlen(streams.dead_key(stores, name))
    dead = pipe.execute()
    return {
        name: StreamState(streams.backlog(stores, name), int(count))
        for name, count in zip(streams.ALL, dead, strict=True)
    }


def workers(stores: Stores) -> list[str]:
    """The worker processes that have said lately that they live."""
    return groups.alive(stores)


def counts(stores: Stores) -> dict[str, int]:
    """About how many customers, orders, campaigns and deliveries there are, from metadata."""
    names = ("customers", "orders", "campaigns", "deliveries")
    return {name: stores.collection(name).estimated_document_count() for name in names}
