"""How much waits on the streams, and when that is too much to take more."""

import time

from crm.errors import Busy
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.settings import settings
from crm.stores import streams
from crm.stores.connection import Stores

RETRY_AFTER = 2  # seconds
_OF = {CUSTOMERS: (streams.CUSTOMERS,), ORDERS: streams.ORDERS, PRODUCTS: (streams.PRODUCTS,)}
_LOOK_EVERY = 0.25  # seconds; a look for each of some thousand requests would slow all of them
_MB = 1024 * 1024

_looked: dict[tuple[str, str, str], tuple[float, int]] = {}


def full(stores: Stores, kind: str) -> bool:
    """Whether batches of this kind that workers have not finished hold more memory than they may."""
    return waiting(stores, kind) > settings().streams_mb * _MB


def full_of_anything(stores: Stores) -> bool:
    """`full` of any kind."""
    return any(full(stores, kind) for kind in _OF)


def waiting(stores: Stores, kind: str) -> int:
    """Bytes that batches of a kind hold in Redis, as of a quarter of a second ago at most."""
    if not is_known(stores, kind):
        _looked[_place(stores, kind)] = (time.monotonic(), streams.memory(stores, _OF[kind]))
    return _looked[_place(stores, kind)][1]


def is_known(stores: Stores, kind: str) -> bool:
    """Whether `waiting` answers without asking Redis."""
    at, _ = _looked.get(_place(stores, kind), (float("-inf"), 0))
    return time.monotonic() - at <= _LOOK_EVERY


def _place(stores: Stores, kind: str) -> tuple[str, str, str]:
    return stores.db.name, stores.prefix, kind


def check(stores: Stores, kind: str) -> None:
    """Raises Busy while more of this kind waits than may."""
    if full(stores, kind):
        raise Busy(
            f"Too many {kind} are waiting for the workers. Nothing was taken; send it again in a moment.",
            retry_after=RETRY_AFTER,
        )
