"""Sample data: a made-up shop, published the way every other record comes in. It adds, and never deletes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from crm import ingest
from crm.errors import FieldError, InvalidInput
from crm.sample_shop import (
    DEFAULT_CUSTOMERS,
    DEFAULT_ORDERS,
    DEFAULT_SEED,
    Shop,
    customers,
    orders,
    products,
)
from crm.stores import samples, streams
from crm.stores.connection import Stores

Progress = Callable[[int, int], None]

MOST_CUSTOMERS = 10_000_000
MOST_ORDERS = 50_000_000
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Generated:
    """What was published. Workers persist it; what was there already stays as it is."""

    customers: int
    orders: int
    products: int
    seed: int
    key: str  # what every external id and order reference of the shop begins with


def generate(
    stores: Stores,
    *,
    customers: int = DEFAULT_CUSTOMERS,
    orders: int = DEFAULT_ORDERS,
    seed: int = DEFAULT_SEED,
    now: datetime,
    progress: Progress | None = None,
) -> Generated:
    """Publish a shop with so many customers and orders over the 24 months up to `now`.

    The same numbers again make the same shop, as of the day it was first made, and so change nothing;
    another seed or size makes another shop. `progress(done, total)` is told about every batch.
    Raises InvalidInput for numbers that make no shop.
    """
    check(customers, orders, seed)
    shop = Shop(customers, orders, seed, now)
    shop = Shop(customers, orders, seed, samples.made_at(stores, shop.key, now))
    made = {"products": 0, "customers": 0, "orders": 0}
    for kind, batch in _batches(shop):
        accepted = _accept(stores, kind, batch, now)
        made[kind] += accepted
        if progress:
            progress(made["customers"] + made["orders"], customers + orders)
    return Generated(made["customers"], made["orders"], made["products"], seed, shop.key)


def check(customers: int, orders: int, seed: int) -> None:
    """Raise InvalidInput where these numbers make no shop."""
    problems = []
    if not 1 <= customers <= MOST_CUSTOMERS:
        problems.append(FieldError("customers", f"give a number from 1 to {MOST_CUSTOMERS:,}"))
    if not 0 <= orders <= MOST_ORDERS:
        problems.append(FieldError("orders", f"give a number from 0 to {MOST_ORDERS:,}"))
    if not 0 <= seed < 2**31:
        problems.append(FieldError("seed", "give a whole number from 0 to 2,147,483,647"))
    if problems:
        raise InvalidInput("No sample shop can be made of these numbers.", problems)


def _batches(shop: Shop) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Products first, then customers, then orders: nothing refers to what is not published yet."""
    for kind, records in (("products", products()), ("customers", customers(shop)), ("orders", orders(shop))):
        while batch := list(islice(records, _BATCH)):
            yield kind, batch


def _accept(stores: Stores, kind: str, batch: list[dict[str, Any]], now: datetime) -> int:
    accept = {
        "products": ingest.accept_products,
        "customers": ingest.accept_customers,
        "orders": ingest.accept_orders,
    }[kind]
    accepted = accept(stores, batch, now=now)
    if accepted.rejected:
        first = accepted.rejected[0]
        raise AssertionError(f"a sample record was refused: {kind} {first.field}: {first.reason}")
    return accepted.accepted


def waiting(stores: Stores) -> int:
    """Batches of customers, orders and products, of a sample or not, that no worker has persisted yet."""
    return streams.backlog(stores, streams.CUSTOMERS, *streams.ORDERS, streams.PRODUCTS)
