"""Reading everything, and then what changes: for whoever keeps a copy of customers and orders."""

import base64
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import bson
from bson import Timestamp
from pymongo import ReturnDocument
from pymongo.change_stream import DatabaseChangeStream
from pymongo.database import Database
from pymongo.errors import OperationFailure

from crm.stores.connection import Document, Stores

_WATCHED = ("customers", "orders")
_PIPELINE: list[dict[str, Any]] = [
    {"$match": {"ns.coll": {"$in": list(_WATCHED)}}},
    {"$project": {"ns.coll": 1, "documentKey": 1, "operationType": 1, "fullDocument.customerId": 1}},
]
_LOST = {136, 222, 260, 280, 286}  # capped position lost, invalid or unresumable token, history lost
_BATCH = 10_000
_IDS_AT_ONCE = 5_000


class FeedLost(Exception):
    """The feed can't go on from where it was: what happened since is not known, so read everything anew."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of customers that were created, changed or deleted, or whose orders were; and where the feed is."""

    customer_ids: frozenset[str]
    token: str


def position(stores: Stores) -> str:
    """Where the feed of changes is now: whatever is read after this call holds all that came before it."""
    stamp: Timestamp = stores.client.admin.command("hello")["operationTime"]
    return _encode({"at": stamp})


@contextmanager
def feed(stores: Stores, token: str) -> Iterator["Feed"]:
    """The feed from this position on. Raises FeedLost when it can't go on from there."""
    start = _decode(token)
    where = {"start_at_operation_time": start["at"]} if "at" in start else {"resume_after": start}
    with _lost():
        stream = stores.db.watch(_PIPELINE, batch_size=_BATCH, max_await_time_ms=200, **where)
    with stream:
        yield Feed(stores, stream)


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code in _LOST:
            raise FeedLost(str(error)) from error
        raise


@dataclass(slots=True)
class Feed:
    _stores: Stores
    _stream: DatabaseChangeStream[Document]

    def read(self, most: int) -> Changes:
        """What has changed since the last call, up to `most` events; waits a moment when nothing has."""
        customers: set[str] = set()
        orders: list[str] = []
        with _lost():
            for _ in range(most):
                event = self._stream.try_next()
                if event is None:
                    break
                self._note(event, customers, orders)
        customers |= _owners(self._stores, orders)
        token = self._stream.resume_token
        return Changes(frozenset(customers), _encode(dict(token or {})))

    def _note(self, event: Document, customers: set[str], orders: list[str]) -> None:
        if event["operationType"] in ("invalidate", "drop", "rename", "dropDatabase"):
            raise FeedLost(event["operationType"])
        key = event["documentKey"]["_id"]
        if event["ns"]["coll"] == "customers":
            customers.add(key)
        elif owner := (event.get("fullDocument") or {}).get("customerId"):
            customers.add(owner)
        else:
            orders.append(key)


def _owners(stores: Stores, orders: list[str]) -> set[str]:
    """The customers of orders that were updated. A deleted order's customer is changed with it."""
    found: set[str] = set()
    for ids in _some(orders):
        query = {"_id": {"$in": ids}}
        found |= {one["customerId"] for one in stores.db.orders.find(query, {"customerId": 1})}
    return found


def source(stores: Stores) -> str:
    """What tells this data from any other: a random id that is made once and kept with the data."""
    return _source(stores.db)


@lru_cache(maxsize=64)
def _source(db: Database[Document]) -> str:
    made = {"$setOnInsert": {"id": secrets.token_hex(16)}}
    found = db.installation.find_one_and_update(
        {"_id": "data"}, made, upsert=True, return_document=ReturnDocument.AFTER
    )
    return str((found or {})["id"])


def customers(stores: Stores) -> int:
    """About how many customers there are, at no cost."""
    return int(stores.db.customers.estimated_document_count())


def all_customers(stores: Stores, paths: Sequence[str], size: int) -> Iterator[list[Document]]:
    """Every customer with these paths, in batches."""
    return _batches(stores.db.customers.find({}, dict.fromkeys(paths, 1), batch_size=size), size)


def all_orders(stores: Stores, size: int) -> Iterator[list[Document]]:
    return _batches(stores.db.orders.find({}, _ORDER, batch_size=size), size)


_ORDER = {
    "_id": 0,
    "customerId": 1,
    "createdAt": 1,
    "total": 1,
    "status": 1,
    "products.productId": 1,
    "products.name": 1,
    "products.category": 1,
    "products.quantity": 1,
}


def customers_by_id(stores: Stores, ids: Sequence[str], paths: Sequence[str]) -> list[Document]:
    """Those of these customers that there are."""
    found: list[Document] = []
    for some in _some(ids):
        found += stores.db.customers.find({"_id": {"$in": some}}, dict.fromkeys(paths, 1))
    return found


def orders_of(stores: Stores, customer_ids: Sequence[str]) -> list[Document]:
    found: list[Document] = []
    for some in _some(customer_ids):
        found += stores.db.orders.find({"customerId": {"$in": some}}, _ORDER)
    return found


def _batches(cursor: Any, size: int) -> Iterator[list[Document]]:
    with cursor:
        while documents := list(islice(cursor, size)):
            yield documents


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def _encode(token: Document) -> str:
    return base64.b64encode(bson.encode(token)).decode()


def _decode(token: str) -> Document:
    return bson.decode(base64.b64decode(token))
