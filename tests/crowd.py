"""Customers by the thousand, and a stand-in for the worker's loop that a test can step through."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from crm.auth import Account
from crm.fields import fold
from crm.stores import streams
from crm.stores.connection import Stores, new_id
from workers import plan, receipts, send

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
MARKETER = Account(id="a" * 24, email="mara@shop.example", name="Mara", role="marketer")
EVERYONE = {"type": "everyone"}
HANDLERS: dict[str, Callable[[Stores, list[Any]], None]] = {
    streams.PLAN: plan.handle,
    streams.SEND: send.handle,
    streams.RECEIPTS: receipts.handle,
}


def crowd(stores: Stores, size: int, **fields: Any) -> list[str]:
    """Insert customers and return their ids. `fields` are added to each; None leaves a field out."""
    people = []
    for number in range(size):
        key = new_id()
        person = {"name": f"Person {number:05}", "email": f"{key}@shop.example", "city": "Pune"}
        person = {name: value for name, value in (person | fields).items() if value is not None}
        texts = {name: fold(value) for name, value in person.items() if isinstance(value, str)}
        totals = {"totalSpent": 0.0, "totalOrderValue": 0.0, "orderCount": 0}
        people.append({"_id": key, "bucket": number % 10_000, "folded": texts} | totals | person)
    if people:
        stores.collection("customers").insert_many(people)
    return [person["_id"] for person in people]


class Hands:
    """Reads the three streams of delivery and handles their entries, as often and in the order it is told."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.seen: dict[str, str] = dict.fromkeys(HANDLERS, "-")

    def waiting(self, stream: str) -> list[Any]:
        """Payloads of the entries that were not taken yet."""
        return [payload for _, payload in self._read(stream)]

    def take(self, stream: str, count: int = 1000) -> list[Any]:
        """Take up to `count` entries without handling them."""
        entries = self._read(stream)[:count]
        if entries:
            self.seen[stream] = f"({entries[-1][0]}"
        return [payload for _, payload in entries]

    def step(self, stream: str, count: int = 1000, times: int = 1) -> int:
        """Take up to `count` entries and handle them `times` times. Returns how many entries it took."""
        payloads = self.take(stream, count)
        for _ in range(times if payloads else 0):
            HANDLERS[stream](self.stores, payloads)
        return len(payloads)

    def finish(self, times: int = 1) -> None:
        """Work until nothing waits on any stream."""
        while sum(self.step(stream, times=times) for stream in HANDLERS):
            pass

    def replay(self) -> None:
        """Handle everything that was ever on the streams again, oldest first."""
        for stream in HANDLERS:
            entries = self.stores.redis.xrange(streams.key(self.stores, stream), "-", self._last(stream))
            HANDLERS[stream](self.stores, [streams.payload(fields) for _, fields in entries])

    def _last(self, stream: str) -> str:
        return self.seen[stream].removeprefix("(") if self.seen[stream] != "-" else "0-1"

    def _read(self, stream: str) -> list[tuple[str, Any]]:
        entries = self.stores.redis.xrange(streams.key(self.stores, stream), self.seen[stream], "+")
        return [(entry.decode(), streams.payload(fields)) for entry, fields in entries]
