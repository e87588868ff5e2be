"""Files from their first byte to what goes onto the stream, in this process alone: processor time a row."""

import csv
import gc
import io
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path

import openpyxl

from benchmarks import shop
from benchmarks.figure import Figure, size
from crm import garbage
from crm.ingestion import batches, files, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.imports import BLOCK
from crm.ingestion.rows import Reader
from crm.stores import streams

FIGURES = ("read_customers", "read_orders", "read_xlsx")
_ROUNDS = 3
_IN_A_SHEET = 5  # times fewer rows: those of a workbook take longer


def run(scale: float, wanted: Collection[str] = FIGURES) -> Iterator[Figure]:
    """The least of some rounds, which is what others on the machine disturbed least; at a worker's pace of
    looking for reference cycles."""
    pace = gc.get_threshold()
    garbage.tend(garbage.WORKER)
    try:
        yield from _figures(scale, wanted)
    finally:
        gc.set_threshold(*pace)


def _figures(scale: float, wanted: Collection[str]) -> Iterator[Figure]:
    count = size(200_000, scale, 1000)
    of_sheet = -(-count // _IN_A_SHEET)
    made: dict[str, tuple[str, int, Callable[[Path], None]]] = {
        "read_customers": (CUSTOMERS, count, lambda path: shop.write_customers_csv(path, range(count))),
        "read_orders": (ORDERS, count, lambda path: shop.Orders("csv", range(count), count).write_csv(path)),
        "read_xlsx": (CUSTOMERS, of_sheet, lambda path: _write_xlsx(path, of_sheet)),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in (name for name in FIGURES if name in wanted):
            kind, rows, write = made[name]
            path = Path(folder) / name
            write(path)
            seconds = min(_seconds(path, kind, rows) for _ in range(_ROUNDS))
            yield Figure(name, seconds * 1e6 / rows, rows)


def _write_xlsx(path: Path, count: int) -> None:
    """The customers' CSV as a workbook, its texts shared as Excel writes them."""
    plain = path.with_suffix(".csv")
    shop.write_customers_csv(plain, range(count))
    workbook = openpyxl.Workbook()
    sheet = workbook.create_sheet("Customers", 0)
    with plain.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append(row)
    workbook.save(path)


def _seconds(path: Path, kind: str, rows: int) -> float:
    """Processor time of one reading. Raises AssertionError unless every row is taken."""
    content = io.BytesIO(path.read_bytes())
    started = time.process_time()
    reading = uploads.read(content, Choices(kind=kind))
    reader, cells = Reader(reading), files.rows(content, reading.table)
    taken = 0
    while block := list(islice(cells, BLOCK)):
        found = enumerate(reader.records(block), taken + 1)
        records = [(row, record) for row, record in found if isinstance(record, dict)]
        for _, batch in batches.cut(kind, records, id="b", version=1, import_id="i", after={}):
            streams.data(batch.payload())
        taken += len(records)
    if taken != rows:
        raise AssertionError(f"{taken} of {rows} rows were taken")
    return time.process_time() - started
