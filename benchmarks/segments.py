"""Segments: a preview in columns, beside the same by hand and beside MongoDB's `$facet`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks import memory, segment_browser, segment_memory, segment_reports, segment_shop
from benchmarks.figure import Figure, median, note, percentile, size
from benchmarks.segment_rules import BOUGHT, SHAPES, TEXT_SHAPES, Arrays, Shape
from benchmarks.shop import EPOCH
from benchmarks.stage import Stage, await_true, whole_stage
from crm import segments
from crm.columnar.evaluate import evaluate
from crm.columnar.facts import coded, gather
from crm.columnar.shelf import Shelf, State
from crm.distributions import Distribution, Months, Steps, Values
from crm.settings import Settings
from crm.stores import audiences as queries
from crm.stores.connection import Stores

ROUNDS = 20
UTC = ZoneInfo("UTC")
_EDGES = (0.0, 0.00005, *(step * 10.0**power for power in range(7) for step in (1, 2, 5)))
CHARTS: tuple[Distribution, ...] = (
    Steps("totalSpent", _EDGES),
    Steps("orderCount", tuple(float(edge) for edge in (*range(10), 20, 50, 100))),
    Months("lastOrdered", "UTC"),
    Months("accountCreated", "UTC"),
    Values("city"),
    Values("tags"),
)
_SAMPLE = 50
_MB = 1024 * 1024
_PER_MILLION, _PER_LINE = 250.0, 25  # MB, bytes: what the snapshot may take


def run(scale: float) -> Iterator[Figure]:
    """All figures of segments."""
    customers, orders = size(1_000_000, scale), size(5_000_000, scale)
    with whole_stage(workers=1, CRM_COLUMNS_FROM="0") as stage:
        workers_before = {pid: memory.anonymous(pid) for pid in stage.worker_pids()}
        yield from _at(stage, "100k", size(100_000, scale), size(500_000, scale))
        stage.clear()
        shelf = _loaded(stage, customers, orders)
        yield from _previews(stage.stores, shelf, customers)
        yield _behaviour(_state(shelf), orders)
        yield from segment_reports.figures(_state(shelf), orders)
        yield _memory(workers_before, shelf, customers)
        yield _opened(shelf, customers)
        yield _refreshed(stage, shelf, size(10_000, scale))
        yield _many_times(_state(shelf), customers)
        yield segment_browser.edit_to_number(stage, customers)


def _at(stage: Stage, name: str, customers: int, orders: int) -> Iterator[Figure]:
    shelf = _loaded(stage, customers, orders)
    times, _ = _timed(stage.stores, _state(shelf), SHAPES)
    yield Figure(f"preview_{name}", percentile(times, 0.95), customers)


def _loaded(stage: Stage, customers: int, orders: int) -> Shelf:
    """The shop in MongoDB and the worker's snapshot of it."""
    segment_shop.load(stage, customers, orders)
    note(f"{customers:,} customers and {orders:,} orders are there")
    shelf = Shelf(Settings(data_dir=stage.data_dir).snapshot_dir)
    started = time.perf_counter()
    await_true(lambda: _complete(shelf, customers, orders), timeout=3600, look=0.5)
    note(f"the snapshot has them {time.perf_counter() - started:.0f} s later")
    return shelf


def _complete(shelf: Shelf, customers: int, orders: int) -> bool:
    state = shelf.state()
    if state is None or state.total != customers:
        return False
    return sum(part.orders.height for part, _ in state.parts) >= orders


def _state(shelf: Shelf) -> State:
    state = shelf.state()
    assert state is not None  # `_loaded` has seen it
    return state


def _timed(stores: Stores, state: State, shapes: Sequence[Shape]) -> tuple[list[float], list[float]]:
    """Milliseconds of previews and of the same by hand, over all shapes; both give the same numbers."""
    ours: list[float] = []
    hands: list[float] = []
    for shape in shapes:
        rule = segments.parse(shape.tree)

        def product(rule: segments.Rule = rule) -> int:
            found = gather(
                state, rule, now=EPOCH, zone=UTC, sums=("totalSpent",), distributions=CHARTS, sample=_SAMPLE
            )
            queries.sample_of(stores, found.sample)
            return found.size

        def by_hand(shape: Shape = shape) -> int:
            return _by_hand(stores, state, shape)

        assert product() == by_hand(), shape.name
        mine, theirs = _alternating(product, by_hand)
        note(f"{shape.name}: {median(mine):.1f} ms, by hand {median(theirs):.1f} ms")
        ours += mine
        hands += theirs
    return ours, hands


def _alternating(*calls: Callable[[], Any]) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for number, call in enumerate(calls):
            started = time.perf_counter()
            call()
            times[number].append((time.perf_counter() - started) * 1000)
    return times


def _by_hand(stores: Stores, state: State, shape: Shape) -> int:
    """Count, counts of every node, sum, six histograms and a sample, as one would write them by hand."""
    total = 0
    sample: list[str] = []
    for part, live in state.parts:
        masks = shape.by_hand(Arrays(part))
        if live is not None:
            masks = [mask & live for mask in masks]
        _ = [int(np.count_nonzero(mask)) for mask in masks]
        rows = np.flatnonzero(masks[0])
        total += len(rows)
        float(np.nansum(part.customers["totalSpent"].to_numpy()[rows], dtype=np.float64))
        for chart in CHARTS:
            np.bincount(coded(part, chart)[rows])
        buckets = part.customers["bucket"].to_numpy()[rows]
        first = rows[np.argpartition(buckets, min(_SAMPLE, len(rows) - 1))[:_SAMPLE]] if len(rows) else rows
        sample += part.ids(first)
    queries.sample_of(stores, sample[:_SAMPLE])
    return total


def _previews(stores: Stores, shelf: Shelf, customers: int) -> Iterator[Figure]:
    for name, shapes in (("preview", SHAPES), ("preview_text", TEXT_SHAPES)):
        state = _state(shelf)
        ours, hands = _timed(stores, state, shapes)
        yield Figure(f"{name}_1m", percentile(ours, 0.95), customers, percentile(hands, 0.95))
        yield Figure(f"{name}_vs_facet", _facet(stores, shapes) / median(ours), customers)


def _facet(stores: Stores, shapes: Sequence[Shape]) -> float:
    """Milliseconds of one `$facet` for a size, six histograms and a sample; the middle one of the shapes."""
    times = []
    for shape in shapes:
        if any(node["type"] == "behaviour" for node in (shape.tree, *shape.tree.get("conditions", ()))):
            continue  # no filter on customers says this
        query = segments.to_filter(segments.parse(shape.tree), now=EPOCH, zone=UTC)
        facets = {
            "size": [{"$count": "n"}],
            "spend": [
                {"$bucket": {"groupBy": "$totalSpent", "boundaries": [*_EDGES, 1e12], "default": None}}
            ],
            "orders": [{"$group": {"_id": "$orderCount", "n": {"$sum": 1}}}],
            "last": [_months("lastOrdered")],
            "since": [_months("accountCreated")],
            "cities": [{"$group": {"_id": "$folded.city", "n": {"$sum": 1}}}],
            "tags": [{"$unwind": "$folded.tags"}, {"$group": {"_id": "$folded.tags", "n": {"$sum": 1}}}],
            "sample": [{"$limit": _SAMPLE}],
        }
        each = []
        for _ in range(3):
            started = time.perf_counter()
            list(stores.collection("customers").aggregate([{"$match": query}, {"$facet": facets}]))
            each.append((time.perf_counter() - started) * 1000)
        note(f"{shape.name}: $facet {median(each):.0f} ms")
        times.append(median(each))
    return median(times)


def _months(field: str) -> dict[str, Any]:
    return {"$group": {"_id": {"$dateTrunc": {"date": f"${field}", "unit": "month"}}, "n": {"$sum": 1}}}


def _behaviour(state: State, orders: int) -> Figure:
    rule = segments.parse(BOUGHT)
    (times,) = _alternating(lambda: evaluate(state, rule, now=EPOCH, zone=UTC))
    return Figure("behaviour_1m", percentile(times, 0.95), orders)


def _memory(workers_before: Mapping[int, float], shelf: Shelf, customers: int) -> Figure:
    """Files that all map, and what a web process and the workers have beside them."""
    lines = sum(part.lines.height for part, _ in _state(shelf).parts)
    limit = _PER_MILLION * customers / 1e6 + _PER_LINE * lines / _MB
    value = segment_memory.in_all(shelf.folder, preview_all, workers_before)
    return Figure("snapshot_memory", value, customers, limit)


def preview_all(folder: Path) -> None:
    """Every shape once, in this process."""
    state = _state(Shelf(folder))
    for shape in (*SHAPES, *TEXT_SHAPES):
        rule = segments.parse(shape.tree)
        gather(state, rule, now=EPOCH, zone=UTC, distributions=CHARTS, sample=_SAMPLE)


def _opened(shelf: Shelf, customers: int) -> Figure:
    """From nothing to the first preview's number."""
    started = time.perf_counter()
    state = Shelf(shelf.folder).state()
    assert state is not None
    gather(state, segments.parse(SHAPES[1].tree), now=EPOCH, zone=UTC, distributions=CHARTS, sample=_SAMPLE)
    return Figure("snapshot_open", time.perf_counter() - started, customers)


def _refreshed(stage: Stage, shelf: Shelf, changed: int) -> Figure:
    """Seconds from 10,000 changed customers being in MongoDB to their being in the snapshot."""
    rule = segments.parse({"type": "condition", "field": "loginCount", "operator": "equals", "value": 77})
    ids = [
        document["_id"]
        for document in stage.stores.collection("customers").find({}, {"_id": 1}).limit(changed)
    ]
    stage.stores.collection("customers").update_many({"_id": {"$in": ids}}, {"$set": {"loginCount": 77}})
    started = time.perf_counter()

    def there() -> bool:
        return gather(_state(shelf), rule, now=EPOCH, zone=UTC).size == changed

    await_true(there, timeout=60)
    return Figure("snapshot_refresh_10k", time.perf_counter() - started, changed)


def _many_times(state: State, customers: int, times: int = 10) -> Figure:
    """The same preview over ten times the rows: the parts ten times over."""
    large = State(state.parts * times, state.as_of, state.source)
    spent: list[float] = []
    for shape in SHAPES:
        rule = segments.parse(shape.tree)
        for number in range(4):
            started = time.perf_counter()
            gather(
                large, rule, now=EPOCH, zone=UTC, sums=("totalSpent",), distributions=CHARTS, sample=_SAMPLE
            )
            if number:  # the first one warms up
                spent.append((time.perf_counter() - started) * 1000)
    return Figure("preview_10m", percentile(spent, 0.95), customers * times)
