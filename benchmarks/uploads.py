"""Files: a shop's customers and orders as CSV, the memory that takes, and editing a segment meanwhile."""

import time
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import orjson

from benchmarks import bare, client, memory, shop
from benchmarks.figure import Figure, note, percentile, size
from benchmarks.stage import Stage, await_true
from crm.stores.connection import Document

EDITS = 20
_LIMIT_PART = 10  # the bare loop runs before and after the file, each time with a part of its orders
_ACTIVE = ("queued", "reading", "importing")
_MOST_FILES = 50


FIGURES = ("customers_csv_1m", "orders_csv_1m", "edit_while_importing")


def run(stage: Stage, scale: float, wanted: Collection[str] = FIGURES) -> Iterator[Figure]:
    """The figures of files, on a stage without customers; 1 M are there afterwards if any is `wanted`."""
    count = size(1_000_000, scale)
    headers = client.as_system(stage)
    if "customers_csv_1m" in wanted:
        yield from customers_csv(stage, headers, count)
    elif wanted := set(FIGURES).intersection(wanted):
        bare.load_customers(stage, count)
    if "orders_csv_1m" in wanted:
        yield orders_csv(stage, headers, count)
    if "edit_while_importing" in wanted:
        edits = size(EDITS, min(1.0, scale * 10), 3)
        yield edit_while_importing(stage, headers, customers=count, edits=edits)


def upload(stage: Stage, headers: dict[str, str], kind: str, file: Path) -> str:
    """Upload a file; the id of its import."""
    with closing(client.Connection(stage, headers)) as connection:
        answer = connection.post_file(f"/api/imports?kind={kind}&filename={file.name}", file)
    return str(answer.body["importId"])


def _import(stage: Stage, import_id: str) -> Document:
    return stage.stores.collection("imports").find_one({"_id": import_id}) or {}


def await_finished(stage: Stage, import_id: str) -> Document:
    """Wait until an import is over. Raises AssertionError unless every row was taken."""
    await_true(lambda: _import(stage, import_id).get("state") not in _ACTIVE, timeout=3600)
    document = _import(stage, import_id)
    if document["state"] != "finished" or document["refused"]:
        raise AssertionError(f"the import is {document['state']}: {document.get('message')}")
    return document


def customers_csv(stage: Stage, headers: dict[str, str], count: int) -> Iterator[Figure]:
    """New customers, from the first byte of the upload to the last row persisted; and what memory it took."""
    file = stage.data_dir.parent / "customers.csv"
    shop.write_customers_csv(file, range(count))
    pids = [*stage.worker_pids(), stage.web.process.pid if stage.web else 0]
    before = {pid: memory.mapped(pid, stage.data_dir) for pid in pids}
    for pid in pids:
        memory.forget_highest(pid)
    started, meter = time.perf_counter(), stage.meter()
    import_id = upload(stage, headers, "customers", file)
    note(f"customers_csv_1m: uploaded after {time.perf_counter() - started:.1f} s")
    await_finished(stage, import_id)
    elapsed = time.perf_counter() - started
    note(f"own processor time: {meter.each(count)}")
    # What a process shares of the product's own data is counted where it belongs, at the snapshot.
    shared = {pid: min(before[pid], memory.mapped(pid, stage.data_dir)) for pid in pids}
    most = {pid: memory.highest(pid) - shared[pid] for pid in pids}
    note(f"import_memory: workers {[round(most[pid]) for pid in pids[:-1]]}, web {most[pids[-1]]:.0f} MB")
    file.unlink()
    found = stage.stores.collection("customers").estimated_document_count()
    if found != count:
        raise AssertionError(f"{found} of {count} customers are there")
    yield Figure("customers_csv_1m", count / elapsed, count)
    yield Figure("import_memory", max(most.values()), count)


def orders_csv(stage: Stage, headers: dict[str, str], count: int) -> Figure:
    """Orders of these customers, one a row; the bare loop before and after, on the same customers."""
    file = stage.data_dir.parent / "orders.csv"
    shop.Orders("csv", range(count), count).write_csv(file)
    part = -(-count // _LIMIT_PART)
    limits = [bare.orders_rate(stage, shop.Orders("raw", range(part), count))]
    started, meter = time.perf_counter(), stage.meter()
    await_finished(stage, upload(stage, headers, "orders", file))
    rate = count / (time.perf_counter() - started)
    note(f"own processor time: {meter.each(count)}")
    limits.append(bare.orders_rate(stage, shop.Orders("raw", range(part, 2 * part), count)))
    note(f"orders_csv_1m: {rate:,.0f} rows/s, bare loop {limits[0]:,.0f} before, {limits[1]:,.0f} after")
    file.unlink()
    found = stage.stores.collection("orders").estimated_document_count()
    if found != count:
        raise AssertionError(f"{found} of {count} orders are there")
    return Figure("orders_csv_1m", rate, count, sum(limits) / len(limits))


def edit_while_importing(stage: Stage, headers: dict[str, str], customers: int, edits: int) -> Figure:
    """Previews of a rule whose value changes each time, by REST, while a file of new customers comes in."""
    path = stage.data_dir.parent / "more.csv"
    each = max(1000, customers // 4)
    seconds: list[float] = []
    with closing(client.Connection(stage, client.as_person(stage))) as connection:
        for number in range(_MOST_FILES):
            first = customers + number * each
            shop.write_customers_csv(path, range(first, first + each))
            import_id = upload(stage, headers, "customers", path)
            await_true(lambda found=import_id: _import(stage, found)["state"] != "queued")  # type: ignore[misc]
            while len(seconds) < edits:
                taken = _edit(connection, len(seconds))
                if _import(stage, import_id)["state"] not in _ACTIVE:
                    break  # it ended meanwhile: this edit had it easier
                seconds.append(taken)
            await_finished(stage, import_id)
            if len(seconds) >= edits:
                break
    path.unlink()
    note(f"edit_while_importing: from {min(seconds):.2f} to {max(seconds):.2f} s")
    return Figure("edit_while_importing", percentile(seconds, 0.95), len(seconds))


def _edit(connection: client.Connection, number: int) -> float:
    rules = {
        "type": "group",
        "operator": "AND",
        "conditions": [
            {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 100 * number},
            {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"},
            {"type": "condition", "field": "orderCount", "operator": "greaterThan", "value": 0},
        ],
    }
    started = time.perf_counter()
    connection.post("/api/audience/preview", orjson.dumps({"rules": rules}))
    return time.perf_counter() - started
