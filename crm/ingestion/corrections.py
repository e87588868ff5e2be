"""Refused rows that somebody has corrected: read once more, published alone, booked to their import.

A row stays among the rejections until the batch with it is persisted, and in one transaction it leaves them
and counts as taken. So nothing is lost where a publication is, or where the row is refused once more, and
read = accepted + rejected at every moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crm.ingestion import batches, imports
from crm.ingestion.cells import Cell, is_blank
from crm.ingestion.files import NDJSON, PARQUET
from crm.ingestion.headers import ORDERS
from crm.ingestion.reading import Reading
from crm.ingestion.records import Record, Refusal
from crm.ingestion.rows import Reader, named
from crm.settings import settings
from crm.stores import orders, rejections
from crm.stores.connection import Document, Stores, new_id

MOST = 500  # rows in one correction: then each stream gets one batch of them, always the same
_REFERENCE = "orderReference"


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of one corrected row: on its way, or refused once more, for this field and reason."""

    row: int
    accepted: bool
    field: str | None = None
    code: str | None = None
    reason: str | None = None


def correct(
    stores: Stores, document: Document, rows: Mapping[int, Sequence[str]], *, now: datetime
) -> list[Corrected]:
    """Take corrected rows, as cells in the file's order: the good ones are published, the others kept so.

    Rows that are not among the import's rejections, or on their way already, are refused as `not_refused`.
    """
    desk = _Desk(stores, document)
    batch = f"{document['_id']}:corrected:{new_id()}"
    found = {
        one["row"]: one for one in rejections.of_rows(stores, document["_id"], rows) if "sent" not in one
    }
    results: dict[int, Corrected] = {}
    changes: dict[str, Document] = {}
    for row, cells in rows.items():
        if row not in found:
            reason = "this row is not among the refused ones any more, or is on its way"
            results[row] = Corrected(row, False, None, "not_refused", reason)
            continue
        fields: Document = {"values": named(desk.reading.table.columns, cells)}
        try:
            fields |= {"sent": batch, "sentAt": now, **desk.reference(cells)}
            desk.record(cells, fields.get("reference"))
            results[row] = Corrected(row, True)
        except Refusal as refusal:
            results[row] = Corrected(row, False, refusal.field or "record", refusal.code, refusal.reason)
            fields = {"values": fields["values"], **refusal.document()}
        changes[found[row]["_id"]] = fields
    rejections.correct(stores, changes)
    publish(stores, document, batch)
    return [results[row] for row in rows]


def publish(stores: Stores, document: Document, batch: str) -> None:
    """Publish the corrected rows that are on their way with this batch. Any number of times is as once."""
    desk = _Desk(stores, document)
    records = [
        (one["row"], desk.record([cell["value"] for cell in one["values"]], one.get("reference")))
        for one in rejections.sent(stores, document["_id"], batch)
    ]
    if records:
        last = document["version"] + document["rows"] // imports.BLOCK  # of the file's own batches
        batches.publish(
            stores, document["kind"], records,
            id=batch, version=last, import_id=document["_id"],
            existing=document.get("existing", batches.UPDATE), corrects=True,
        )  # fmt: skip


class _Desk:
    """Reads rows as their file was read."""

    def __init__(self, stores: Stores, document: Document) -> None:
        self._stores = stores
        self._document = document
        self.reading: Reading = imports.reading_of(stores, document)
        self._structured = self.reading.table.format in (NDJSON, PARQUET)
        self._places = [at for at, column in enumerate(self.reading.columns) if column.field == _REFERENCE]
        self._given = dict[str, int]()

    def record(self, cells: Sequence[str], reference: str | None) -> Record:
        """Raises Refusal."""
        read = [_structure(cell) if self._structured else cell for cell in cells]
        record = Reader(self.reading, settings().zone).record(read)
        if reference is not None:
            record[_REFERENCE] = reference
        return imports.chosen(self._document, record)

    def reference(self, cells: Sequence[str]) -> dict[str, str]:
        """`{reference}` of an order that has none of its own: orders that say the same are all counted."""
        if self.reading.kind != ORDERS or any(
            at < len(cells) and not is_blank(cells[at]) for at in self._places
        ):
            return {}
        made: str = self.record(cells, None)[_REFERENCE]
        prefix = made.rpartition("-")[0] + "-"
        if prefix not in self._given:
            self._given[prefix] = orders.count_beginning(self._stores, prefix)
            self._given[prefix] += rejections.references(self._stores, self._document["_id"], prefix)
        self._given[prefix] += 1
        return {"reference": f"{prefix}{self._given[prefix]}"}


def _structure(cell: str) -> Cell:
    """A list or an object again, where the file had such a thing."""
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def changed(kept: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    """A row's cells with the values of some columns, by their headers, changed. Raises KeyError."""
    cells = [dict(cell) for cell in kept]
    for column, value in columns.items():
        places = [cell for cell in cells if cell["column"] == column]
        if not places:
            raise KeyError(column)
        places[0]["value"] = value
    return [cell["value"] for cell in cells]
