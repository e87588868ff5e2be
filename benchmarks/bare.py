"""Raw limits: bare loops that write what the product writes, without anything that the product promises.

No streams, no transactions, no look at what is there already: a redelivered batch would count twice, a crash
in the middle would leave half of it. Each loop runs in as many processes as the product has workers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from pymongo import UpdateOne

from benchmarks import shop
from benchmarks.cpu import Meter
from benchmarks.crew import Loop
from benchmarks.figure import note
from benchmarks.stage import Stage
from crm.stores.connection import Document, Stores
from crm.stores.indexes import INDEXES

BATCH = 500
_LOAD = 2000


def seconds(stage: Stage, loop: Loop, shares: Sequence[Any], things: int) -> float:
    """How long the crew, one share each, takes to write `things`."""
    meters: list[Meter] = []

    def done() -> None:
        note(f"bare loop's processor time: {meters[0].each(things)}")

    def begun() -> None:
        meters.append(stage.meter(loops=stage.crew.pids))

    with stage.without_workers():
        return stage.crew.run(loop, shares, begun, done)


def chunks(items: Iterator[Any], size: int = BATCH) -> Iterator[list[Any]]:
    while chunk := list(islice(items, size)):
        yield chunk


def load_customers(stage: Stage, count: int) -> None:
    """Put this many customers into MongoDB."""
    parts = len(stage.crew.pids)
    cuts = [count * part // parts for part in range(parts + 1)]
    seconds(stage, Loop(_nothing_ahead, _load), [range(*pair) for pair in pairwise(cuts)], count)


def _nothing_ahead(_stores: Stores, share: range) -> list[range]:
    return [share[start : start + _LOAD] for start in range(0, len(share), _LOAD)]


def _load(stores: Stores, numbers: range) -> None:
    stores.collection("customers").insert_many(list(shop.customer_documents(numbers)), ordered=False)


@dataclass(frozen=True, slots=True)
class OrderShare:
    """Orders that one process writes."""

    orders: shop.Orders
    collection: str


def orders_rate(stage: Stage, orders: shop.Orders, collection: str = "bareOrders") -> float:
    """Orders a second of a loop that inserts orders and `$inc`s the totals of their customers.

    The orders go to a collection of their own with the same indexes; the customers are the product's.
    """
    stage.stores.collection(collection).create_indexes(INDEXES["orders"])
    parts = len(stage.crew.pids)
    shares = [OrderShare(orders.part(index, parts), collection) for index in range(parts)]
    count = len(orders.numbers)
    return count / seconds(stage, Loop(_orders_ahead, _write_orders), shares, count)


def _orders_ahead(stores: Stores, share: OrderShare) -> list[tuple[str, list[Document], list[UpdateOne]]]:
    ids = ids_by_number(stores, share.orders.customers)
    return [
        (share.collection, batch, _increments(batch)) for batch in chunks(share.orders.documents(ids), BATCH)
    ]


def ids_by_number(stores: Stores, count: int) -> list[str]:
    """The customers' ids in MongoDB, at the places of their numbers."""
    ids = [""] * count
    for found in stores.collection("customers").find({}, {"externalId": 1}).batch_size(10_000):
        number = int(found["externalId"][1:])
        if number < count:
            ids[number] = found["_id"]
    return ids


def _increments(orders: Sequence[Document]) -> list[UpdateOne]:
    """One update a customer of the batch."""
    sums: dict[str, list[float]] = {}
    for order in orders:
        one = sums.setdefault(order["customerId"], [0, 0.0])
        one[0] += 1
        one[1] += order["total"]
    latest = orders[-1]["createdAt"]
    return [
        UpdateOne(
            {"_id": customer_id},
            {
                "$inc": {"orderCount": count, "totalOrderValue": total, "totalSpent": total},
                "$max": {"lastOrdered": latest},
            },
        )
        for customer_id, (count, total) in sums.items()
    ]


def _write_orders(stores: Stores, batch: tuple[str, list[Document], list[UpdateOne]]) -> None:
    collection, orders, increments = batch
    stores.collection(collection).insert_many(orders, ordered=False)
    stores.collection("customers").bulk_write(increments, ordered=False)
