"""The columnar copy of customers and orders: kept fresh by one process a host, read by every other.

keeper = Keeper(stores, folder)
keeper.catch_up()              # from disk where that can be brought up to date, else read anew
while ...: keeper.follow()     # what changed since, within a second or two

state = Shelf(folder).state()  # any process: the newest state
"""

import ctypes
import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow as pa

from crm import giving_way, rulebook
from crm.columnar import encode, lock, parts
from crm.columnar.bins import Bins
from crm.columnar.shelf import Shelf, State, Unreadable
from crm.fields import FIELDS
from crm.ingestion import totals
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores import changes
from crm.stores.changes import FeedLost
from crm.stores.connection import Stores

log = logging.getLogger(__name__)

# All attributes and folded texts, not those of the fields known by now: a new one may be among them.
_PATHS = [*(one.path for one in FIELDS.values() if not one.folded), "folded", "attributes", *encode.WRITTEN]
_TOTALS = (*totals.SUMS, *totals.DATES)  # what orders change of their customer
_BATCH = 5_000
# Customers: reading as many with five orders each takes a gigabyte for a while, and previews are slower the
# more parts there are.
_A_PART = 250_000
_TIDY_EVERY = 10.0
_TOUCH_EVERY = 1.0  # seconds after which a state says anew that nothing has changed
_TOO_OLD = timedelta(seconds=5)
_SHORT, _LONG = 1.0, 5.0  # seconds of changes in one state: one that is too old anyway takes more at once
_LOOK_EVERY = 0.5  # so that a snapshot begins while there is little to read
_GROWN = 1.2  # a change that is followed costs about five times what one costs that is read with all others


@dataclass(slots=True)
class Keeper:
    """Writes the snapshot. Only one process a folder may: it writes nothing once `ours` says no.

    `most` bounds how many changes are taken in before a new state is written. Where they come faster than
    they can be taken in, all is read anew: that ends, and what it reads is of now, `at_once` customers with
    all their orders at a time. While `waits` says so, nothing is taken in.
    """

    stores: Stores
    shelf: Shelf
    ours: Callable[[], bool] = lambda: True
    waits: Callable[[], bool] = lambda: False
    most: int = 25_000
    hopeless: float = 60.0  # seconds behind after which all is read anew
    at_once: int = _A_PART
    _rebuilt_in: float = 0.0  # seconds that it took the last time
    _tidied: float = 0.0
    _untidied: int = 0  # customers changed since

    def catch_up(self) -> bool:
        """Make sure that there is a state which `follow` can go on from. True if all was read anew.

        What is on disk is read whole and compared with its checksums: a power cut may have left half of it.
        """
        manifest = self.shelf.manifest()
        mine = changes.source(self.stores), _kinds()
        if (
            manifest is None
            or manifest.token is None
            or (manifest.source, manifest.fields) != mine
            or not self.shelf.intact()
        ):
            self.rebuild()
            return True
        return False

    def rebuild(self) -> None:
        """Read everything."""
        began = time.monotonic()
        token, as_of = changes.position(self.stores), utc_now()
        source = changes.source(self.stores)
        self.shelf.replace(self._everything(), as_of=as_of, token=token, fields=_kinds(), source=source)
        self._rebuilt_in = time.monotonic() - began

    def follow(self, stop: threading.Event) -> None:
        """Apply changes as they come until `stop` is set or the folder is another's.

        Starts anew where the feed was lost, or what was written can't be read again.
        """
        while not stop.is_set() and self.ours():
            if self.waits():
                self._wait(stop)
                continue
            manifest = self.shelf.manifest()
            if manifest is None or manifest.token is None:
                self.rebuild()
                continue
            try:
                with changes.feed(self.stores, manifest.token) as feed:
                    self._apply(feed, stop)
            except (FeedLost, Unreadable) as error:
                log.warning(
                    "the snapshot is built anew",
                    extra={"action": "snapshot_rebuilt", "reason": f"{type(error).__name__}: {error}"},
                )
                self.rebuild()

    def _wait(self, stop: threading.Event) -> None:
        """Until there is no reason to. So much may have come meanwhile that reading all anew is quicker."""
        before = changes.size(self.stores)
        while self.waits():
            if stop.wait(_LOOK_EVERY):
                return
        if self.ours() and changes.size(self.stores) > before * _GROWN:
            self.rebuild()

    def _apply(self, feed: changes.Feed, stop: threading.Event) -> None:
        touched = 0.0  # by the clock that never goes back
        behind = timedelta(0)
        while not stop.is_set() and not self.waits():
            asked_at = utc_now()
            found = feed.read(self.most, _SHORT if behind < _TOO_OLD else _LONG)
            behind = found.behind
            if behind.total_seconds() > max(self.hopeless, 3 * self._rebuilt_in):
                raise FeedLost(f"it is {behind} behind")
            # More is waiting where it is behind: until that is read it would be untrue to say "as of now".
            as_of = asked_at - behind
            buyers = found.buyer_ids | self.shelf.holders(found.order_ids)
            ids = found.customer_ids | buyers | set(found.placed.values())
            if not ids:
                self._tidy(0)  # the last changes of many may have come too soon after others
            if not ids and time.monotonic() - touched < _TOUCH_EVERY:
                continue
            if not self.ours():
                return
            if ids:
                self._change(found, frozenset(buyers), as_of)
            else:
                self.shelf.touch(as_of=as_of, token=found.token)
            touched = time.monotonic()

    def _change(self, found: changes.Changes, buyers: frozenset[str], as_of: datetime) -> None:
        """Read these customers again, and all orders of the `buyers`; of the others new orders alone."""
        moved = buyers.union(found.placed.values())
        people = self._people(found.customer_ids, moved - found.customer_ids)
        bought = self._bought(frozenset(people["_id"]), buyers, found.placed)
        wide = (people, *parts.bought_together(bought))
        ids = found.customer_ids | moved
        of_all = pl.Series("_id", sorted(ids), dtype=pl.String)
        self.shelf.change(of_all, wide, as_of=as_of, token=found.token)
        self._tidy(len(ids))

    def _bought(
        self, people: frozenset[str], buyers: frozenset[str], placed: Mapping[str, str]
    ) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
        """Orders and lines of these people, wide: as they are here, with those that were `placed` since.

        Of `buyers`, and of whoever is not here, all are read again.
        """
        known, here = self.shelf.bought(pl.Series("_id", sorted(people - buyers), dtype=pl.String))
        living = frozenset(known)
        ids = [one for one, owner in placed.items() if owner in living]
        fresh = [
            encode.orders([order for order in some if order.get("customerId") in living])
            for some in changes.orders_by_id(self.stores, ids)
        ]
        # One that is here already was told of twice, or has another's number: then only MongoDB knows.
        of = ["customerId", "key"]
        twice = {
            key
            for one, _ in here
            for new, _ in fresh
            for key in one.join(new, on=of, how="semi")["customerId"]
        }
        if twice:
            return self._bought(people, buyers | twice, placed)
        whole = [encode.orders(some) for some in changes.orders_of(self.stores, sorted(people - living))]
        return [encode.orders([]), *whole, *fresh, *here]

    def _people(self, changed: frozenset[str], moved: frozenset[str]) -> pl.DataFrame:
        """The wide frame of these customers; of those who were `moved`, totals alone are read again."""
        here = self.shelf.people(pl.Series("_id", sorted(moved), dtype=pl.String))
        some = changes.customers_by_id(self.stores, sorted(moved), _TOTALS)
        fields = [FIELDS[name] for name in _TOTALS]
        fresh = pl.concat([encode.customers(each, fields, written=()) for each in ([], *some)])
        kept = [one.drop(fresh.columns[1:], strict=False).join(fresh, on="_id", how="inner") for one in here]
        unknown = set(fresh["_id"]).difference(*(one["_id"] for one in kept))
        whole = changes.customers_by_id(self.stores, sorted(changed | unknown), _PATHS)
        return parts.level([self._wide([]), *(self._wide(each) for each in whole), *kept])

    def _tidy(self, changed: int) -> None:
        self._untidied += changed
        if self._untidied > _BATCH and time.monotonic() > self._tidied + _TIDY_EVERY:
            _give_back()
            self._tidied, self._untidied = time.monotonic(), 0

    def _everything(self) -> Iterator[parts.Wide]:
        """Part by part, by the customers' ids: what reading takes does not grow with the shop."""
        ends = changes.ends(self.stores, self.at_once)
        with self.shelf.aside() as folder:
            bins = Bins(folder, ends)
            for batch in changes.all_orders(self.stores, _BATCH):
                bins.add(*encode.orders(batch))
            for number, (above, upto) in enumerate(pairwise(["", *ends])):
                yield self._part(above, upto, bins.take(number))
                _give_back()

    def _part(self, above: str, upto: str, bought: Sequence[parts.Bought]) -> parts.Wide:
        people = [
            self._wide(batch) for batch in changes.some_customers(self.stores, _PATHS, above, upto, _BATCH)
        ]
        return parts.level([self._wide([]), *people]), *parts.bought_together([encode.orders([]), *bought])

    def _wide(self, people: Sequence[changes.Document]) -> pl.DataFrame:
        # The attributes are read after the customers: each is known before anybody has a value of it.
        return encode.customers(people, rulebook.fields(self.stores).values())


def _give_back() -> None:
    """Return to the system what reading much has taken: the C library would keep most of it for later."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
        if trim is not None:
            trim(0)


def _kinds() -> dict[str, str]:
    return {name: one.type.value for name, one in FIELDS.items()}


def keep(stores: Stores, config: Settings, stop: threading.Event) -> None:
    """Keep the snapshot of this host until `stop` is set, where no other process does and it is worth it."""
    # Arrow's own allocator keeps what is freed, out of reach of `_give_back`.
    pa.set_memory_pool(pa.system_memory_pool())
    shelf = shelf_of(config)
    while not stop.is_set():
        with lock.held(config.snapshot_dir / "lock") as ours:
            waits = partial(giving_way.now, stores, shelf)
            if ours() and changes.customers(stores) > config.columns_from and not waits():
                keeper = Keeper(stores, shelf, ours=ours, waits=waits)
                keeper.catch_up()
                keeper.follow(stop)
        stop.wait(_LOOK_EVERY)


def fresh(stores: Stores, config: Settings, *, now: datetime, within: timedelta = _TOO_OLD) -> State | None:
    """The newest state if it is of these stores and no older than that, else None.

    One that claims to be of the future is not taken: the clock was put back, and it may be of any age.
    Whoever asks is waited for: see `expect`.
    """
    expect(config)
    state = shelf_of(config).state()
    if state is None or not -_TOO_OLD <= now - state.as_of <= within:
        return None
    return state if state.source == changes.source(stores) else None


def expect(config: Settings) -> None:
    """Say that somebody may ask for a fresh state in the next minutes. Cheap: call it at every chance."""
    shelf_of(config).ask()


def shelf_of(config: Settings) -> Shelf:
    """The shelf in the data folder; one a process, so that its parts are opened once."""
    return _shelf(config.snapshot_dir)


@lru_cache(maxsize=4)
def _shelf(folder: Path) -> Shelf:
    return Shelf(folder)
