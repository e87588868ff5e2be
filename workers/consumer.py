"""The one loop of every worker: read, claim what was abandoned, handle, acknowledge, put poison aside.

What a handler may rely on, and must be:

- It is given payloads, those of each stream oldest first, and they are acknowledged after it returns. So each
  is handled at least once, and now and then twice: a handler must be idempotent.
- If it raises, the entries are tried one by one, so that one bad entry never holds up the others; an entry
  that fails `max_attempts` times goes to the stream's dead letters with its reason.
- While a store is away nothing counts as a failure: the entries stay in hand until it is back.
- `NotYet` puts an entry aside for a moment without blame; the loop goes on with the next ones.
- `pause` is how a long handler waits: it ends with `Stopping` when the worker is asked to stop, which leaves
  the entry to another worker.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from crm.errors import NotYet
from crm.stores import groups, leases, streams
from crm.stores.connection import Stores
from crm.stores.groups import Entry
from crm.stores.outages import is_outage
from workers.role import Policy, Role, Tend

log = logging.getLogger(__name__)

_WAIT_MS = 1000  # how long one read waits for entries, and so how long a stop can take
_NOT_YET_PAUSE = 0.1
_RETRY_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_PARKED = 256  # entries put aside before no new ones are read
_LITTLE = 64 * 1024  # bytes; of less than that a transaction costs more than what is in it
_TRIM_EVERY = 5.0
_CRASHES = 20  # deliveries without one reported failure: the entry seems to kill its workers


class Stopping(Exception):
    """The worker was asked to stop in the middle of a long handler."""


_thread = threading.local()


def pause(seconds: float) -> None:
    """Wait within a handler. Raises Stopping when the worker is to stop."""
    stop: threading.Event | None = getattr(_thread, "stop", None)
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise Stopping


_Place = tuple[str, str]


def _place(entry: Entry) -> _Place:
    return entry.stream, entry.id  # an id alone may be that of another stream's entry too


def _portions(entries: list[Entry], most_bytes: int) -> Iterator[list[Entry]]:
    """Neighbours that hold at most so much together; one that holds more by itself stands alone."""
    portion: list[Entry] = []
    left = most_bytes
    for entry in entries:
        size = _size(entry)
        if portion and size > left:
            yield portion
            portion, left = [], most_bytes
        portion.append(entry)
        left -= size
    if portion:
        yield portion


def _size(entry: Entry) -> int:
    return sum(map(len, entry.fields.values()))


@dataclass(slots=True)
class _Parked:
    """An entry put aside, when to try it again, and how often it failed."""

    entry: Entry
    due: float
    failures: int


@dataclass(slots=True)
class Loop:
    """One role in one thread. `run` returns soon after `stop` is set, with the batch in hand finished."""

    stores: Stores
    role: Role
    consumer: str
    policy: Policy
    stop: threading.Event
    _in_hand: dict[str, set[str]] = field(default_factory=dict)
    _parked: dict[_Place, _Parked] = field(default_factory=dict)
    _next_sweep: float = 0.0
    _next_trim: float = 0.0
    _next_tend: float = 0.0
    _next_share: float = 0.0
    _reads: tuple[str, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        _thread.stop = self.stop
        self._through_outages(lambda: groups.join(self.stores, self.role.streams))
        while not self.stop.is_set():
            self._through_outages(self._turn)
        self._give_back()

    def hold(self) -> None:
        """Keep what is in hand from being claimed. Called from another thread while a handler works."""
        with self._lock:
            held = {stream: sorted(ids) for stream, ids in self._in_hand.items() if ids}
        for stream, ids in held.items():
            groups.hold(self.stores, self.consumer, stream, ids)
        if self.role.leased and self._reads:
            self._share()

    def _through_outages(self, step: Callable[[], None]) -> None:
        delay = _RETRY_PAUSE
        while not self.stop.is_set():
            try:
                step()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning(
                    "a store is away, trying again",
                    extra={"action": "store_away", "role": self.role.name, "error": repr(error)[:300]},
                )
            else:
                return
            self.stop.wait(delay)
            delay = min(delay * 2, 2.0)

    @property
    def _leases(self) -> tuple[str, tuple[str, ...], str]:
        """Among whom the streams are shared, the streams, and who this thread is there."""
        role = self.role
        return role.readers or role.name, role.streams, f"{self.consumer}/{role.name}"

    def _share(self) -> None:
        """Renew the leases, as the heart does too while a handler works, and take a fair share of all."""
        lasts = self.policy.beat_lasts
        self._reads = leases.share(self.stores, *self._leases, lasts)

    def _turn(self) -> None:
        now = time.monotonic()
        if not self.role.leased:
            self._reads = self.role.streams
        elif now >= self._next_share:
            self._share()
            self._next_share = time.monotonic() + self.policy.beat_lasts / 4
        self._retry_parked(now)
        if now >= self._next_sweep:
            self._sweep()
            self._next_sweep = time.monotonic() + self.policy.beat_lasts / 2
        if now >= self._next_trim:
            for stream in self._reads:
                groups.trim(self.stores, stream)
            self._next_trim = time.monotonic() + _TRIM_EVERY
        if self.role.tend is not None and now >= self._next_tend:
            self._tend(self.role.tend)
        if len(self._parked) >= _PARKED or not self._reads:
            self.stop.wait(_NOT_YET_PAUSE)
            return
        for entries in self._take():
            for portion in _portions(entries, self.role.most_bytes):
                if self.stop.is_set():
                    return
                self._handle(portion)

    def _take(self) -> list[list[Entry]]:
        """New entries, in lists that are to be handled together as far as their size allows."""
        found = groups.take(self.stores, self.consumer, self._reads, self.role.count, self._wait_ms())
        taken = list(found.values())
        for entries in taken:
            self._keep(entries)
        if taken and self.role.linger and sum(map(_size, chain(*taken))) < _LITTLE:
            self.stop.wait(self.role.linger)
            more = groups.take(self.stores, self.consumer, self._reads, self.role.count, 1)
            for entries in more.values():
                self._keep(entries)
            taken += more.values()
        if self.role.leased:
            return [list(chain(*taken))]
        # Each worker in an order of its own: two on one stream at once would wait for each other's customers.
        return random.sample(taken, len(taken))

    def _tend(self, tend: Tend) -> None:
        self._next_tend = time.monotonic() + self.role.tend_every
        try:
            tend(self.stores)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("looking after the role's work failed", extra={"action": "tend_failed"})

    def _wait_ms(self) -> int:
        due = min((parked.due for parked in self._parked.values()), default=None)
        if due is None:
            return _WAIT_MS
        return max(1, min(_WAIT_MS, int((due - time.monotonic()) * 1000)))

    def _sweep(self) -> None:
        idle_ms = int(self.policy.claim_after * 1000)
        for stream in self._reads:
            found = groups.claim(self.stores, self.consumer, stream, idle_ms, self.role.count)
            entries = [entry for entry in found if entry.id not in self._in_hand.get(stream, ())]
            if not entries:
                continue
            log.info(
                "took over abandoned entries",
                extra={"action": "entries_claimed", "stream": stream, "entries": len(entries)},
            )
            self._keep(entries)
            self._handle(entries)
            if self.stop.is_set():
                return

    def _retry_parked(self, now: float) -> None:
        for parked in [parked for parked in self._parked.values() if parked.due <= now]:
            if self.stop.is_set():
                return
            self._handle([parked.entry])

    def _handle(self, entries: list[Entry]) -> None:
        ready: list[Entry] = []
        for entry in entries:
            if entry.deliveries > _CRASHES:
                self._bury(entry, f"given to a worker {entry.deliveries} times and never finished")
            elif not entry.fields:
                self._done([entry])  # it was deleted: there is nothing left to do
            else:
                ready.append(entry)
        if ready:
            self._attempt(ready)

    def _attempt(self, entries: list[Entry]) -> None:
        failure: list[Exception] = []

        def work() -> None:
            try:
                # Read anew for each attempt: a handler may take what it is given to pieces.
                self.role.handle(self.stores, [streams.payload(entry.fields) for entry in entries])
            except Stopping:
                self.stop.set()
            except Exception as error:
                if is_outage(error):
                    raise
                failure.append(error)
            else:
                self._done(entries)

        self._through_outages(work)
        if not failure:
            return
        if len(entries) == 1:
            self._failed(entries[0], failure[0])
            return
        if not isinstance(failure[0], NotYet):
            log.warning(
                "entries failed together, trying them one by one",
                extra={
                    "action": "batch_failed",
                    "stream": entries[0].stream,
                    "error": repr(failure[0])[:500],
                },
            )
        for entry in entries:
            if not self.stop.is_set():
                self._attempt([entry])

    def _failed(self, entry: Entry, error: Exception) -> None:
        before = self._parked.get(_place(entry))
        failures = before.failures if before else 0
        if isinstance(error, NotYet):
            self._parked[_place(entry)] = _Parked(entry, time.monotonic() + _NOT_YET_PAUSE, failures)
            return
        failures += 1
        log.error(
            "an entry failed",
            extra={"action": "entry_failed", "stream": entry.stream, "entry": entry.id, "failures": failures},
            exc_info=error,
        )
        delay = min(_RETRY_PAUSE * 2**failures, _LONGEST_PAUSE)
        if failures < self.policy.max_attempts:
            entry.deliveries += 1
        elif self._put_aside(entry, f"{type(error).__name__}: {error}"[:1000]):
            return
        self._parked[_place(entry)] = _Parked(entry, time.monotonic() + delay, failures)

    def _put_aside(self, entry: Entry, reason: str) -> bool:
        """Put aside what of an entry is bad; False where it has to wait for something else first."""
        parts: list[tuple[bytes, str]] | None = None
        waits: list[NotYet] = []

        def step() -> None:
            nonlocal parts
            if self.role.isolate is None:
                return
            try:
                found = self.role.isolate(self.stores, streams.payload(entry.fields))
                parts = [(streams.data(payload), why) for payload, why in found]
            except NotYet as error:
                waits.append(error)
            except Exception as error:
                if is_outage(error):
                    raise
                log.warning("an entry can't be taken apart", extra={"action": "isolation_failed"})

        self._through_outages(step)
        if not waits and not self.stop.is_set():
            self._bury(entry, reason, parts)
        return not waits

    def _bury(self, entry: Entry, reason: str, parts: list[tuple[bytes, str]] | None = None) -> None:
        def step() -> None:
            if parts is None:
                self._tell(entry, reason)
            groups.bury(self.stores, entry, reason, parts)

        self._through_outages(step)
        self._forget([entry])
        log.error(
            "an entry is put aside as a dead letter",
            extra={"action": "entry_buried", "stream": entry.stream, "entry": entry.id, "reason": reason},
        )

    def _tell(self, entry: Entry, reason: str) -> None:
        if self.role.buried is None:
            return
        try:
            self.role.buried(self.stores, streams.payload(entry.fields), reason)
        except Exception as error:  # what can't be read concerns nobody
            if is_outage(error):
                raise
            log.warning("nobody could be told of a dead letter", extra={"action": "burial_untold"})

    def _keep(self, entries: list[Entry]) -> None:
        with self._lock:
            for entry in entries:
                self._in_hand.setdefault(entry.stream, set()).add(entry.id)

    def _done(self, entries: list[Entry]) -> None:
        of: dict[str, list[str]] = {}
        for entry in entries:
            of.setdefault(entry.stream, []).append(entry.id)
        for stream, ids in of.items():
            groups.acknowledge(self.stores, stream, ids)
        self._forget(entries)

    def _forget(self, entries: list[Entry]) -> None:
        with self._lock:
            for entry in entries:
                self._in_hand.get(entry.stream, set()).discard(entry.id)
        for entry in entries:
            self._parked.pop(_place(entry), None)

    def _give_back(self) -> None:
        """Leave what was not finished to the other workers, at once and without blame."""
        try:
            for stream, ids in self._in_hand.items():
                groups.release(self.stores, self.consumer, stream, sorted(ids))
            if self.role.leased:
                leases.leave(self.stores, *self._leases)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning(
                "could not give entries back, they will be claimed",
                extra={"action": "release_failed", "role": self.role.name},
            )
