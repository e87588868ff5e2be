"""Customers by the thousand, and a stand-in for the worker's loop that a test can step through."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from crm import delivery, planning
from crm.auth import Account
from crm.fields import fold
from crm.moment import utc_now
from crm.stores import lanes, streams
from crm.stores.connection import Stores, new_id

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
MARKETER = Account(id="a" * 24, email="mara@shop.example", name="Mara", role="marketer")
EVERYONE = {"type": "everyone"}


def _plan(stores: Stores, payloads: list[Any], now: datetime) -> None:
    for campaign_id in dict.fromkeys(payload["campaignId"] for payload in payloads):
        planning.see_to(stores, campaign_id, now)


HANDLERS: dict[str, Callable[[Stores, list[Any], datetime], None]] = {
    streams.PLAN: _plan,
    streams.SEND: lambda stores, payloads, now: delivery.send(stores, payloads, now=now),
    streams.RECEIPTS: lambda stores, payloads, now: delivery.settle(stores, payloads, now=now),
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
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The instant it works at: this one, and what was skipped."""
        return utc_now() + self.ahead

    def skip(self, **length: float) -> None:
        """Let time pass, and do what workers do now and then."""
        self.ahead += timedelta(**length)
        self.tend()

    def tend(self) -> None:
        """Publish what is due, ask for what is overdue."""
        lanes.pump(self.stores, self.now())
        delivery.chase(self.stores, self.now())

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
            HANDLERS[stream](self.stores, payloads, self.now())
        return len(payloads)

    def finish(self, times: int = 1) -> None:
        """Work until nothing waits on any stream, nor in a lane, nor for its time; which passes quickly."""
        for _ in range(1_000):
            if sum(self.step(stream, times=times) for stream in HANDLERS):
                continue
            self.tend()
            if any(self.waiting(stream) for stream in HANDLERS):
                continue
            if not lanes.postponed(self.stores) and not lanes.waiting(self.stores):
                return
            self.skip(minutes=1)
        raise AssertionError("there is no end to it")

    def replay(self) -> None:
        """Handle everything that was ever on the streams again, oldest first."""
        for stream in HANDLERS:
            entries = self.stores.redis.xrange(streams.key(self.stores, stream), "-", self._last(stream))
            payloads = [streams.payload(fields) for _, fields in entries]
            HANDLERS[stream](self.stores, payloads, self.now())

    def _last(self, stream: str) -> str:
        return self.seen[stream].removeprefix("(") if self.seen[stream] != "-" else "0-1"

    def _read(self, stream: str) -> list[tuple[str, Any]]:
        entries = self.stores.redis.xrange(streams.key(self.stores, stream), self.seen[stream], "+")
        return [(entry.decode(), streams.payload(fields)) for entry, fields in entries]
