"""Seeded traffic of a shop, and what must be in its books once all of it is persisted."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crm import ingest
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Stores, new_id
from crm.stores.outages import is_outage

Record = dict[str, Any]
START = datetime(2025, 1, 1, tzinfo=UTC)


def email(person: int) -> str:
    return f"p{person:06}@x.example"


@dataclass
class Traffic:
    """Blocks of orders: new ones, and ones that cancel, refund, amend, repeat or hand over earlier ones."""

    orders: int
    people: int
    block: int
    seed: int
    newest: dict[str, Record] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @property
    def blocks(self) -> int:
        return -(-self.orders // self.block)

    def next(self, number: int) -> list[Record]:
        """The records of a block, no reference twice; what they say is in the books from now on."""
        first = number * self.block
        new = [self._new(one) for one in range(first, min(first + self.block, self.orders))]
        earlier = sorted(self.newest)
        again = self._chance.sample(earlier, min(len(earlier), self.block // 10))
        changed = [self._changed(self.newest[reference]) for reference in again]
        for record in (*new, *changed):
            self.newest[record["orderReference"]] = record
        records = new + changed
        if self._chance.random() < 0.5:
            records.append({"orderReference": f"u{number:06}", "customerId": f"nobody-{number}", "total": 1})
            self.unknown.add(f"u{number:06}")
        self._chance.shuffle(records)
        return records

    def _new(self, number: int) -> Record:
        return {
            "orderReference": f"o{number:07}",
            "customerEmail": email(int(self.people * self._chance.random() ** 2)),
            "total": self._chance.randrange(100_000) / 100,
            "createdAt": (START + timedelta(minutes=self._chance.randrange(500_000))).isoformat(),
            "status": "placed",
        }

    def _changed(self, order: Record) -> Record:
        kind = self._chance.choice(("cancelled", "refunded", "amended", "handed over", "repeated"))
        if kind == "refunded":
            return {**order, "refunded": round(order["total"] / 2, 2), "status": "refunded"}
        if kind == "amended":
            total = self._chance.randrange(100_000) / 100
            return {**order, "total": total, "refunded": 0, "status": "paid"}
        if kind == "handed over":
            return {**order, "customerEmail": email(self._chance.randrange(self.people))}
        return {**order, "status": "cancelled"} if kind == "cancelled" else dict(order)

    def spoilt(self, number: int) -> tuple[str, Record]:
        """A batch with one record that nobody can store, as no edge would let it through; and its stream."""
        records = [self._new(10**6 + number * 10 + place) for place in range(5)]
        bad = records[self._chance.randrange(5)]
        for record in records:
            self.newest[record["orderReference"]] = record
        del self.newest[bad["orderReference"]]
        self.poison.add(bad["orderReference"])
        bad["total"] = "ten"
        payload = {
            "kind": "orders", "batch": f"spoilt-{number}", "version": int(utc_now().timestamp() * 1_000_000),
            "after": {}, "rows": [1, 2, 3, 4, 5], "records": records,
        }  # fmt: skip
        return self._chance.choice(streams.ORDERS), payload


@dataclass
class Sender:
    """Sends traffic from a thread of its own, as far as it is allowed to, again where a store was away."""

    stores: Stores
    traffic: Traffic
    _allowed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _failure: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def allow(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self._allowed.release()

    def finish(self) -> None:
        """Let all of it go, and wait until it is accepted."""
        self.allow(self.traffic.blocks)
        self._thread.join(300)
        if self._failure:
            raise self._failure[0]
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for number in range(self.traffic.blocks):
                self._allowed.acquire()
                records = self.traffic.next(number)
                self._insist(lambda records=records: self._accept(records))  # type: ignore[misc]
                if number % 10 == 5:
                    stream, payload = self.traffic.spoilt(number)
                    self._insist(lambda at=stream, what=payload: streams.publish(self.stores, at, [what]))  # type: ignore[misc]
                if number % 10 == 7:
                    self._insist(self._send_twice)
        except BaseException as failure:
            self._failure.append(failure)

    def _accept(self, records: list[Record]) -> None:
        accepted = ingest.accept_orders(self.stores, records, now=utc_now(), seed=new_id())
        assert accepted.rejected == ()

    def _send_twice(self) -> None:
        """Put the newest entry of each stream on it once more, as a sender that got no answer does."""
        for name in streams.ORDERS:
            key = streams.key(self.stores, name)
            for _, fields in self.stores.redis.xrevrange(key, count=1):
                if b"spoilt" not in fields[b"d"]:
                    self.stores.redis.xadd(key, fields)

    def _insist(self, send: Callable[[], Any]) -> None:
        while True:
            try:
                send()
            except Exception as error:
                if not is_outage(error):
                    raise
            else:
                return
