"""What a worker does, and by which rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.stores.connection import Stores

Handle = Callable[[Stores, list[Any]], None]
Buried = Callable[[Stores, Any, str], None]
Isolate = Callable[[Stores, Any], list[tuple[Any, str]]]
Tend = Callable[[Stores], None]


@dataclass(frozen=True, slots=True)
class Role:
    """What one thread of a worker does: read up to `count` entries of each of its `streams` and handle them.

    Those of one stream, of a leased role those of all its streams, are handled together as long as they hold
    no more than `most_bytes`. Where little has come, a read waits for `linger` seconds for more of it.
    `isolate(stores, payload)` does what of a failing entry can be done and returns what can't, in payloads of
    its own with their reasons, which are put aside in its place. `buried(stores, payload, reason)` is told of
    each entry that is put aside as a whole, before it is.
    `tend(stores)` is called every `tend_every` seconds between two batches, to look for work that has no
    entry.
    Where it is `leased`, one thread at a time reads each stream, as far as leases can tell; roles with the
    same `readers` (by default their name) share theirs.
    """

    name: str
    streams: tuple[str, ...]
    handle: Handle
    count: int
    buried: Buried | None = None
    isolate: Isolate | None = None
    tend: Tend | None = None
    tend_every: float = 10.0
    leased: bool = False
    readers: str = ""
    most_bytes: int = 1_000_000
    linger: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """`claim_after`: seconds after which an entry that nobody holds is taken over."""

    claim_after: float = 30.0
    max_attempts: int = 5

    @property
    def beat_lasts(self) -> float:
        """Seconds after its last sign of life that a worker is taken for dead."""
        return min(5.0, self.claim_after)
