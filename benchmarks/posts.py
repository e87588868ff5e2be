"""Orders by REST: one a request, and many in one."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing

import orjson

from benchmarks import bare, client, shop
from benchmarks.figure import Figure, median, note, size
from benchmarks.stage import Stage
from crm.stores.connection import new_id

ROUNDS = 5
CONNECTIONS = 4
_IN_ONE_REQUEST = 10_000


FIGURES = ("post_order", "orders_ndjson")


def run(
    stage: Stage, scale: float, rounds: int = ROUNDS, wanted: Collection[str] = FIGURES
) -> Iterator[Figure]:
    """The figures of requests; the customers 0 … 999 are made where the stage has none."""
    if not stage.stores.collection("customers").estimated_document_count():
        bare.load_customers(stage, 1000)
    headers = client.as_system(stage)
    if "post_order" in wanted:
        yield post_order(stage, headers, size(1000, scale, least=CONNECTIONS), rounds)
    if "orders_ndjson" in wanted:
        yield orders_ndjson(stage, headers, size(100_000, scale))


def post_order(stage: Stage, headers: dict[str, str], count: int, rounds: int) -> Figure:
    """Single orders over a few kept connections, in turns with the same route that only validates."""
    rates: dict[str, list[float]] = {"/api/orders": [], "/api/orders-checked": []}
    for path in rates:  # the first requests of a route are slower
        _rate(stage, headers, path, _bodies(CONNECTIONS * 10))
    for _ in range(rounds):
        for path, found in rates.items():
            meter = stage.meter()
            found.append(_rate(stage, headers, path, _bodies(count)))
            note(f"{path}: {found[-1]:,.0f} requests/s; own processor time: {meter.each(count)}")
            stage.await_idle()
            stage.await_quiet()
    return Figure("post_order", median(rates["/api/orders"]), count, median(rates["/api/orders-checked"]))


def _bodies(count: int) -> list[bytes]:
    orders = shop.Orders(f"one-{new_id()}-", range(count), min(1000, count))
    return [orjson.dumps(record) for record in orders.records()]


def _rate(stage: Stage, headers: dict[str, str], path: str, bodies: Sequence[bytes]) -> float:
    connections = [client.Connection(stage, headers) for _ in range(CONNECTIONS)]

    def work(connection: client.Connection, index: int) -> None:
        for body in bodies[index :: len(connections)]:
            connection.post(path, body)

    rate = len(bodies) / client.together(connections, work)
    for connection in connections:
        connection.close()
    return rate


def orders_ndjson(stage: Stage, headers: dict[str, str], count: int) -> Figure:
    """NDJSON in requests of 10,000 orders, from the first byte sent to the last 202; workers at work."""
    bodies = [
        shop.Orders(f"bulk-{new_id()}-", range(start, min(count, start + _IN_ONE_REQUEST)), 1000).ndjson()
        for start in range(0, count, _IN_ONE_REQUEST)
    ]
    with closing(client.Connection(stage, headers)) as connection:
        started, meter = time.perf_counter(), stage.meter()
        answers = [connection.post("/api/orders/bulk", body, "application/x-ndjson") for body in bodies]
        elapsed = time.perf_counter() - started
    accepted = sum(answer.body["accepted"] for answer in answers)
    if accepted != count:
        raise AssertionError(f"{accepted} of {count} orders were accepted")
    note(f"orders_ndjson: accepted in {elapsed:.1f} s; own processor time: {meter.each(count)}")
    stage.await_idle()
    return Figure("orders_ndjson", count / elapsed, count)
