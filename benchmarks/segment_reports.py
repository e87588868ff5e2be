"""What Overview and Explore add up in the snapshot before they are painted whole."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.figure import Figure, median
from benchmarks.shop import EPOCH
from crm.columnar import sums
from crm.columnar.shelf import State
from crm.periods import MONTH
from crm.scope import Catalogue, Scope

_ZONE = ZoneInfo("Asia/Kolkata")
_NO_CATALOGUE = Catalogue([], [], [])
_ROUNDS = 5


def figures(state: State, orders: int) -> Iterator[Figure]:
    """Processor time of everything that each page asks for, in milliseconds."""
    for name, asks in (("overview_reports", _overview), ("explore_reports", _explore)):
        spent = []
        for _ in range(_ROUNDS):
            started = time.process_time()
            for ask in asks(state):
                list(ask() or ())
            spent.append((time.process_time() - started) * 1000)
        yield Figure(name, median(spent), orders)


def _overview(state: State) -> Iterator[Callable[[], Any]]:
    yield lambda: sums.extent(state)
    for start in (None, EPOCH - timedelta(days=30), EPOCH - timedelta(days=60)):
        yield lambda start=start: sums.totals(state, Scope(start=start), _NO_CATALOGUE)
    yield from _over_time(state)


def _explore(state: State) -> Iterator[Callable[[], Any]]:
    yield lambda: sums.extent(state)
    yield lambda: sums.line_labels(state, _NO_CATALOGUE)
    yield lambda: sums.texts(state, "city.written")
    yield lambda: sums.texts(state, "tags")
    yield lambda: sums.totals(state, Scope(), _NO_CATALOGUE)
    yield from _over_time(state)
    yield lambda: sums.by_city(state, Scope(), _NO_CATALOGUE)
    for key in ("category", "product"):
        yield lambda key=key: sums.by_line(state, Scope(), _NO_CATALOGUE, key)
    yield lambda: sums.buyers(state, Scope(), EPOCH)


def _over_time(state: State) -> Iterator[Callable[[], Any]]:
    yield lambda: sums.by_period(state, Scope(), _NO_CATALOGUE, unit=MONTH, zone=_ZONE)
    yield lambda: sums.first_orders_by_period(state, Scope(), unit=MONTH, zone=_ZONE)
