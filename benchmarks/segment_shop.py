"""The shop that previews are measured in: customers with the totals of their orders, orders of two lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import bson
import numpy as np
from bson.raw_bson import RawBSONDocument

from benchmarks import bare, shop
from benchmarks.crew import Loop
from benchmarks.figure import note
from benchmarks.stage import Stage
from crm.ingestion.records import folded_line
from crm.stores.connection import Document, Stores

_LOAD = 2_000
_SECOND_LINE = 17  # the second line of an order is the first one of the order so many after it


@dataclass(frozen=True, slots=True)
class Share:
    """What one process writes: customers from … to, of a shop with so many customers and orders."""

    numbers: range
    customers: int
    orders: int


def load(stage: Stage, customers: int, orders: int) -> None:
    """Put the shop into MongoDB, in as many processes as there are hands; the workers see it afterwards."""
    with stage.without_workers():
        for ahead, count in ((_customers_ahead, customers), (_orders_ahead, orders)):
            hands = len(stage.crew.pids)
            cuts = [count * part // hands for part in range(hands + 1)]
            shares = [Share(range(*pair), customers, orders) for pair in pairwise(cuts)]
            took = stage.crew.run(Loop(ahead, _write), shares, _nothing, _nothing)
            note(f"{count:,} documents written in {took:.0f} s")


def _nothing() -> None:
    """The crew tells when a loop begins and ends; here nobody asks."""


def _customers_ahead(_stores: Stores, share: Share) -> Iterator[tuple[str, list[Document]]]:
    """Made as they are written: a million documents would not fit beside each other."""
    documents = customer_documents(share.numbers, share.customers, share.orders)
    return (("customers", batch) for batch in bare.chunks(documents, _LOAD))


def _orders_ahead(_stores: Stores, share: Share) -> Iterator[tuple[str, list[Document]]]:
    documents = order_documents(share.numbers, share.customers, share.orders)
    return (("orders", batch) for batch in bare.chunks(documents, _LOAD))


def customer_documents(numbers: range, customers: int, orders: int) -> Iterator[Document]:
    """Customers with the totals of their orders, in a shop of this size."""
    every = shop.Orders("S", range(orders), customers)
    counts, spent = np.zeros(customers, np.int64), np.zeros(customers)
    last = np.full(customers, -1, np.int64)
    buyers = every.buyers()
    np.add.at(counts, buyers, 1)
    np.add.at(spent, buyers, shop.totals(every.numbers))
    np.maximum.at(last, buyers, np.arange(orders))
    for number, document in zip(numbers, shop.customer_documents(numbers), strict=True):
        total = float(spent[number])
        more: dict[str, Any] = {
            "orderCount": int(counts[number]), "totalSpent": total, "totalOrderValue": total,
        }  # fmt: skip
        if last[number] >= 0:
            more["lastOrdered"] = shop.placed_at(int(last[number]), orders)
        yield document | more


def order_documents(numbers: range, customers: int, orders: int) -> Iterator[Document]:
    """Orders of two lines each, in a shop of this size."""
    every = shop.Orders("S", numbers, customers)
    for number, order in zip(numbers, every.documents(_Ids()), strict=True):
        second = shop.line(number + _SECOND_LINE)
        lines = [{**line, "folded": folded_line(line)} for line in (*order["products"], second)]
        yield order | {"products": lines, "createdAt": shop.placed_at(number, orders)}


class _Ids:
    """The ids that `shop.customer_documents` gives, by number."""

    def __getitem__(self, number: int) -> str:
        return f"{number:024x}"


def _write(stores: Stores, batch: tuple[str, list[Document]]) -> None:
    name, documents = batch
    raw = [RawBSONDocument(bson.encode(document)) for document in documents]
    stores.collection(name).insert_many(raw, ordered=False)
