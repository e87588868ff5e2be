"""Reading everything, and then what changes: for whoever keeps a copy of customers and orders."""

import base64
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

import bson
from bson import Timestamp
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure

from crm.stores.connection import Document, Session, Stores

_WATCHED = ["customers", "orders"]
# Totals that were moved by orders: events of these orders in the same transaction tell whose they are. Where
# an opening balance changes them, it is in the update as well, and where they are repaired, when that was.
_MOVED = {
    "operationType": "update",
    "ns.coll": "customers",
    "updateDescription.updatedFields.orderCount": {"$exists": True},
    "updateDescription.updatedFields.opening": {"$exists": False},
    "updateDescription.updatedFields.repairedAt": {"$exists": False},
}
_PIPELINE: list[dict[str, Any]] = [
    {
        "$match": {
            "$or": [{"ns.coll": {"$in": _WATCHED}}, {"to.coll": {"$in": _WATCHED}}],
            "$nor": [_MOVED],
        }
    },
    # Flat and brief: an order costs its reader as much for being told of it as for being read.
    {
        "$project": {
            "coll": "$ns.coll",
            "key": "$documentKey._id",
            "kind": "$operationType",
            "at": "$wallTime",
            "owner": "$fullDocument.customerId",
        }
    },
]
_KNOWN = {"insert", "update", "replace", "delete"}
# Capped position lost, invalid or unresumable token, history lost; and tokens that are none.
_LOST = {136, 222, 260, 280, 286, 9, 15, 40647, *range(50_800, 50_850)}
_GONE = {43, 237}  # a cursor that was not found, or was killed: the feed itself is still there
_BATCH = 10_000
_PATIENCE_MS = 200  # how long MongoDB waits for the next change before it says that there is none
_IDS_AT_ONCE = 5_000
_NAIVE: CodecOptions[Document] = CodecOptions()


class FeedLost(Exception):
    """The feed can't go on from where it was: what happened since is not known, so read everything anew."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was read from the feed, and where it is now.

    `customer_ids`: customers that were created, changed or deleted; whose totals alone were, may be missing.
    `buyer_ids`: customers with orders that were changed, and so maybe with other totals.
    `order_ids`: orders that were changed or deleted, and so may have belonged to somebody else before.
    `placed`: new orders, each with its customer then, whose totals may be others too.
    `behind`: how long ago, by MongoDB's clock, the last of it was written; zero where nothing more was there.
    """

    customer_ids: frozenset[str]
    buyer_ids: frozenset[str]
    order_ids: tuple[str, ...]
    placed: Mapping[str, str]
    token: str
    behind: timedelta


def position(stores: Stores) -> str:
    """Where the feed of changes is now: whatever is read after this call holds all that came before it."""
    stamp: Timestamp = stores.client.admin.command("hello")["operationTime"]
    return _encode({"at": stamp})


@contextmanager
def feed(stores: Stores, token: str) -> Iterator["Feed"]:
    """The feed from this position on. Raises FeedLost when it can't go on from there."""
    start = _decode(token)
    if _time_of(start) > _decode(position(stores))["at"].time:
        raise FeedLost("MongoDB holds older data than was read before")  # it was put back from a copy
    # Without causal consistency: its reads would have to wait for each other.
    with stores.client.start_session(causal_consistency=False) as session:
        yield Feed(stores, session, start)


def _time_of(start: Document) -> int:
    """Seconds since 1970 of a position. A token begins with a type of one byte and its time in four."""
    if "at" in start:
        return int(start["at"].time)
    try:
        return int(str(start["_data"])[2:10], 16)
    except (KeyError, ValueError) as error:
        raise FeedLost("this is no position of a feed") from error


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
    """A change stream, read a batch at a time: event by event the driver takes as long again as MongoDB."""

    _stores: Stores
    _session: Session
    _at: Document  # a resume token, or `{"at": time}`
    _cursor: int = 0

    def read(self, most: int, longest: float) -> Changes:
        """What has changed since the last call; waits a moment when nothing has.

        Where changes never stop, what comes within `longest` seconds is enough, and `most` events are.
        """
        found = _Found()
        last: datetime | None = None
        enough = time.monotonic() + longest
        with _lost():
            while most > 0 and time.monotonic() < enough:
                events = self._next(min(most, _BATCH))
                if not events:
                    last = None
                    break
                for event in events:
                    found.note(event)
                last = events[-1]["at"]
                most -= len(events)
        buyers = found.buyers | _owners(self._stores, list(found.orders))
        behind = timedelta(0) if last is None else self._since(last)
        return Changes(
            frozenset(found.customers),
            frozenset(buyers),
            tuple(found.orders),
            found.placed,
            _encode(self._at),
            behind,
        )

    def _next(self, most: int) -> list[Document]:
        """The next events, none where there are none within a moment. Opens the feed where it has to."""
        if not self._cursor:
            self._open()
        ask = {"getMore": self._cursor, "collection": "$cmd.aggregate", "maxTimeMS": _PATIENCE_MS}
        try:
            answer = self._command({**ask, "batchSize": most})
        except (ConnectionFailure, OperationFailure) as error:
            if isinstance(error, OperationFailure) and error.code not in _GONE:
                raise
            self._open()  # and where MongoDB is away for longer, that says so
            return self._next(most)
        self._cursor, self._at = answer["id"], answer["postBatchResumeToken"]
        events: list[Document] = answer["nextBatch"]
        if not events and not self._cursor:
            raise FeedLost("MongoDB has ended the feed")
        return events

    def _open(self) -> None:
        where = {"startAtOperationTime": self._at["at"]} if "at" in self._at else {"resumeAfter": self._at}
        opened = self._command(
            {
                "aggregate": 1,
                "pipeline": [{"$changeStream": where}, *_PIPELINE],
                "cursor": {"batchSize": 0},
                "readConcern": {"level": "majority"},
            }
        )
        self._cursor = opened["id"]

    def _command(self, command: Document) -> Document:
        answer: Document = self._stores.db.command(command, session=self._session)["cursor"]
        return answer

    def _since(self, written: datetime) -> timedelta:
        now: datetime = self._stores.client.admin.command("hello")["localTime"].replace(tzinfo=UTC)
        return max(now - written.replace(tzinfo=UTC), timedelta(0))


@dataclass(slots=True)
class _Found:
    """What events tell, as they come."""

    customers: set[str] = field(default_factory=set)
    buyers: set[str] = field(default_factory=set)
    orders: dict[str, None] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)

    def note(self, event: Document) -> None:
        kind = event["kind"]
        if kind not in _KNOWN:  # a collection was dropped or renamed, or is another now
            raise FeedLost(kind)
        key = event["key"]
        if event["coll"] == "customers":
            self.customers.add(key)
            return
        owner = event.get("owner")
        if kind != "insert":
            self.orders[key] = None
            if owner:
                self.buyers.add(owner)
        elif owner:
            self.placed[key] = owner


def _owners(stores: Stores, orders: list[str]) -> set[str]:
    """The customers that these orders belong to now."""
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


def _plain(stores: Stores, name: str) -> Collection[Document]:
    """Moments come in UTC without a zone: columns need none, and reading takes half as long."""
    return stores.db.get_collection(name, codec_options=_NAIVE)


def customers(stores: Stores) -> int:
    """About how many customers there are, at no cost."""
    return int(stores.db.customers.estimated_document_count())


def size(stores: Stores) -> int:
    """About how many customers and orders there are, at no cost."""
    return customers(stores) + int(stores.db.orders.estimated_document_count())


def ends(stores: Stores, every: int) -> list[str]:
    """The id of every `every`th customer by their ids, and the last one's. Of those who are there now."""
    people = stores.db.customers
    last = people.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
    found: list[str] = []
    while last and last["_id"] not in found[-1:]:
        rest = {"_id": {"$gt": found[-1] if found else "", "$lt": last["_id"]}}
        next_ones = people.find(rest, {"_id": 1}).sort("_id", ASCENDING).skip(every - 1).limit(1)
        found.append(next((one["_id"] for one in next_ones), last["_id"]))
    return found


def some_customers(
    stores: Stores, paths: Sequence[str], above: str, upto: str, size: int
) -> Iterator[list[Document]]:
    """Customers with ids in `(above, upto]`, in batches.

    Here and below moments have no zone: they are UTC.
    """
    query = {"_id": {"$gt": above, "$lte": upto}}
    return _batches(_plain(stores, "customers").find(query, dict.fromkeys(paths, 1), batch_size=size), size)


def all_orders(stores: Stores, size: int) -> Iterator[list[Document]]:
    """Every order that is there now, in the order in which they lie, in batches.

    Those whose ids are higher than any now came later, and are in the feed: to read them, too, would take as
    long as an import goes on.
    """
    orders = _plain(stores, "orders")
    last = orders.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
    query = {"_id": {"$lte": last["_id"]}} if last else {}
    return _batches(orders.find(query, _ORDER, batch_size=size, hint=[("$natural", ASCENDING)]), size)


_ORDER = {
    "customerId": 1,
    "createdAt": 1,
    "total": 1,
    "refunded": 1,
    "status": 1,
    "products.productId": 1,
    "products.name": 1,
    "products.category": 1,
    "products.quantity": 1,
    "products.price": 1,
}


def customers_by_id(stores: Stores, ids: Sequence[str], paths: Sequence[str]) -> Iterator[list[Document]]:
    """Those of these customers that there are, in batches."""
    for some in _some(ids):
        yield list(_plain(stores, "customers").find({"_id": {"$in": some}}, dict.fromkeys(paths, 1)))


def orders_by_id(stores: Stores, ids: Sequence[str]) -> Iterator[list[Document]]:
    """Those of these orders that there are, in batches."""
    for some in _some(ids):
        yield list(_plain(stores, "orders").find({"_id": {"$in": some}}, _ORDER))


def orders_of(stores: Stores, customer_ids: Sequence[str]) -> Iterator[list[Document]]:
    for some in _some(customer_ids):
        yield list(_plain(stores, "orders").find({"customerId": {"$in": some}}, _ORDER))


def _batches(cursor: Any, size: int) -> Iterator[list[Document]]:
    with cursor:
        while documents := list(islice(cursor, size)):
            yield documents


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def _encode(token: Document) -> str:
    return base64.b64encode(bson.encode(token)).decode()


def _decode(token: str) -> Document:
    try:
        return bson.decode(base64.b64decode(token))
    except (ValueError, InvalidBSON) as error:
        raise FeedLost("this is no position of a feed") from error
