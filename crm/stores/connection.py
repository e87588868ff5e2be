"""The two stores that every process shares."""

import itertools
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from crm.settings import Endpoints

Document = dict[str, Any]
Session = ClientSession

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
_SELECTION_TIMEOUT_MS = 10_000
_RETRIES = 8  # with the back-off below about six seconds, longer than a restart of Valkey takes


@dataclass(frozen=True, slots=True)
class Stores:
    """MongoDB and Redis, the database's name and the prefix of every Redis key. Safe to share by threads."""

    client: MongoClient[Document]
    db: Database[Document]
    redis: "Redis"
    prefix: str

    def collection(self, name: str) -> Collection[Document]:
        return self.db[name]

    def key(self, *parts: object) -> str:
        """A Redis key of ours: the prefix and the parts, joined by colons."""
        return self.prefix + ":".join(str(part) for part in parts)

    @contextmanager
    def session(self) -> Iterator[ClientSession]:
        """A causally consistent session, for transactions."""
        with self.client.start_session() as session:
            yield session

    def close(self) -> None:
        self.client.close()
        self.redis.close()


def connect(endpoints: Endpoints, database: str, prefix: str) -> Stores:
    """Stores at these addresses. Connects on first use; writes are acknowledged by a majority."""
    client: MongoClient[Document] = MongoClient(
        endpoints.mongodb_uri,
        serverSelectionTimeoutMS=_SELECTION_TIMEOUT_MS,
        retryWrites=True,
        appname="mini-crm",
    )
    db = client.get_database(database, codec_options=_AWARE, write_concern=WriteConcern("majority"))
    redis = Redis.from_url(
        endpoints.redis_url,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), _RETRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )
    return Stores(client, db, redis, prefix)


def new_id() -> str:
    """A new identifier: 24 hexadecimal digits that sort by time, so that inserts stay at the index's end."""
    return f"{int(time.time()):08x}{_process[0]}{next(_numbers) % _NUMBERS:06x}"


# As an ObjectId is made, at a seventh of its processor time: who writes a file of customers asks for many.
_NUMBERS = 2**24
_numbers = itertools.count(secrets.randbelow(_NUMBERS))
_process = [secrets.token_hex(5)]
os.register_at_fork(after_in_child=lambda: _process.__setitem__(0, secrets.token_hex(5)))
