"""Ingestion: orders from the streams to exact totals, files, requests, and editing meanwhile."""

import time
from collections.abc import Collection, Iterator

import numpy as np

from benchmarks import bare, posts, reading, shop, uploads
from benchmarks.figure import Figure, median, note, size
from benchmarks.stage import Stage, bare_stage, whole_stage
from crm.ingestion import batches
from crm.ingestion.headers import ORDERS
from crm.ingestion.records import from_json
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import new_id

ROUNDS = 3
_BLOCK = 4000  # records that the product validates and publishes at a time


FIGURES = ("orders_stream", "orders_stream_hot", *uploads.FIGURES, *posts.FIGURES, *reading.FIGURES)
"""What `run` can be asked for alone. The memory of an import is measured with `customers_csv_1m`."""


def run(scale: float, only: Collection[str] = ()) -> Iterator[Figure]:
    """All figures of ingestion, or `only` these."""
    wanted = set(only or FIGURES)
    if wanted.intersection(FIGURES[:2]):
        with bare_stage() as stage:
            yield from _streams(stage, scale, wanted)
    yield from reading.run(scale, wanted)
    if wanted.intersection((*uploads.FIGURES, *posts.FIGURES)):
        with whole_stage() as stage:
            yield from uploads.run(stage, scale, wanted)
            yield from posts.run(stage, scale, wanted=wanted)


def _streams(stage: Stage, scale: float, wanted: Collection[str]) -> Iterator[Figure]:
    orders = size(600_000, scale)
    if "orders_stream" in wanted:
        yield orders_stream(stage, "orders_stream", size(1_000_000, scale), orders, skew=0.0)
        stage.clear()
    if "orders_stream_hot" in wanted:
        yield orders_stream(stage, "orders_stream_hot", size(100_000, scale), orders, skew=shop.SKEW)


def orders_stream(
    stage: Stage, name: str, customers: int, orders: int, *, skew: float, rounds: int = ROUNDS
) -> Figure:
    """Orders that wait on the streams, until the totals of their customers are right; beside the bare loop.

    Product and loop take turns, so that both see the same machine; the figure is the middle round's.
    """
    bare.load_customers(stage, customers)
    note(f"{name}: {customers:,} customers are there")
    rates, limits = [], []
    written: list[shop.Orders] = []
    for number in range(rounds):
        part = range(orders * number // rounds, orders * (number + 1) // rounds)
        written += [shop.Orders(mark, part, customers, skew) for mark in ("raw", "streamed")]
        limits.append(bare.orders_rate(stage, written[-2]))
        rates.append(streamed_rate(stage, written[-1]))
        note(f"{name}: {rates[-1]:,.0f} orders/s, bare loop {limits[-1]:,.0f}")
    written.append(
        _while_somebody_looks(stage, name, range(orders, orders + orders // rounds), customers, skew)
    )
    check_totals(stage, customers, written)
    return Figure(name, median(rates), customers, median(limits))


def _while_somebody_looks(
    stage: Stage, name: str, numbers: range, customers: int, skew: float
) -> shop.Orders:
    """One round more, with the snapshot kept fresh meanwhile: no figure, but a note of what that takes."""
    orders = shop.Orders("watched", numbers, customers, skew)
    started = time.perf_counter()
    stage.await_quiet()
    note(f"{name}: the snapshot had the last round's orders {time.perf_counter() - started:.0f} s after them")
    with stage.somebody_looks():
        note(f"{name}: {streamed_rate(stage, orders):,.0f} orders/s while somebody looks")
    return orders


def streamed_rate(stage: Stage, orders: shop.Orders) -> float:
    """Orders a second from the first one that a worker sees to the last one acknowledged.

    All of them are on their streams by then, as all of the bare loop's are made before it begins.
    """
    payloads = published(stage, orders)
    with stage.held_workers():
        streams.publish_all(stage.stores, payloads)
        meter = stage.meter()
        started = time.perf_counter()
    stage.await_idle(streams.ORDERS)
    elapsed = time.perf_counter() - started
    note(f"own processor time: {meter.each(len(orders.numbers))}")
    return len(orders.numbers) / elapsed


def published(stage: Stage, orders: shop.Orders) -> dict[str, list[dict[str, object]]]:
    """The entries that the product makes of these orders: stream → payloads."""
    found: dict[str, list[dict[str, object]]] = {}
    version = batches.version_of(utc_now())
    records = enumerate((from_json(ORDERS, record) for record in orders.records()), 1)
    for block in bare.chunks(records, _BLOCK):
        cut = batches.cut(ORDERS, block, id=new_id(), version=version, import_id=None, after={})
        for stream, batch in cut:
            found.setdefault(stream, []).append(batch.payload())
    return found


def check_totals(stage: Stage, customers: int, written: list[shop.Orders]) -> None:
    """Compare every customer's totals with the sum of all orders. Raises AssertionError: no wrong figure."""
    counts, spent = np.zeros(customers, dtype=np.int64), np.zeros(customers)
    for orders in written:
        orders.add_to(counts, spent)
    fields = {"externalId": 1, "orderCount": 1, "totalSpent": 1}
    for found in stage.stores.collection("customers").find({}, fields).batch_size(10_000):
        number = int(found["externalId"][1:])
        if (found["orderCount"], found["totalSpent"]) != (counts[number], spent[number]):
            raise AssertionError(f"wrong totals: {found}, {counts[number]} orders of {spent[number]}")
