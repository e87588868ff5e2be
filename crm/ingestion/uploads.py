"""What can be said of an uploaded file before anything of it is imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import Any, BinaryIO

from crm.errors import InvalidInput
from crm.ingestion import files, headers
from crm.ingestion.files import Table
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS, Mapping
from crm.ingestion.records import Record, Refusal
from crm.ingestion.rows import Reader

_NAMED = 8  # column names in a message
_KEYS = {
    CUSTOMERS: "an e-mail address or an external id",
    ORDERS: "the order's total and its customer's e-mail address or id",
    PRODUCTS: "a product id",
}


@dataclass(frozen=True, slots=True)
class FilePreview:
    """A file as it will be understood.

    `kind` is None where nothing tells what it holds. `mapping` is column → field, without the columns that
    mean nothing to us; it is empty where the file can't be imported. `rows` are the first rows as records,
    a refused one with its reason under `problem`. `problems` are sentences for the person.
    """

    kind: str | None
    columns: tuple[str, ...]
    mapping: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]


def understand(table: Table, kind: str | None) -> Mapping:
    """The mapping of a file's columns. Raises InvalidInput where they are not enough to import anything."""
    kind = kind or headers.guess_kind(table.columns)
    if kind is None:
        raise InvalidInput(
            f"Nothing tells whether these are customers or orders: the columns are {_list(table.columns)}. "
            "Customers need a column such as email, orders one such as orderId, and total."
        )
    mapping = headers.understand(kind, table.columns)
    if not _is_enough({field for field in mapping.fields if field}, kind):
        other = headers.guess_kind(table.columns)
        hint = f" It looks like a file of {other}." if other not in (None, kind) else ""
        raise InvalidInput(
            f"No column is understood as {_KEYS[kind]}: the columns are {_list(table.columns)}.{hint}"
        )
    return mapping


def _is_enough(fields: set[str], kind: str) -> bool:
    if kind == CUSTOMERS:
        return bool(fields & {"email", "externalId"})
    if kind == PRODUCTS:
        return "productId" in fields
    amends = "orderReference" in fields and bool(fields & {"status", "refunded"})
    whole = bool(fields & {"customerEmail", "customerId"}) and bool(fields & {"total", "products", "price"})
    return whole or amends


def preview(file: BinaryIO, *, kind: str | None, first: int, zone: tzinfo) -> FilePreview:
    """What a file's first rows are. Raises InvalidInput for a file that is no table of text."""
    table = files.inspect(file)
    try:
        mapping = understand(table, kind)
    except InvalidInput as error:
        return FilePreview(kind or headers.guess_kind(table.columns), table.columns, {}, (), (error.message,))
    reader = Reader(mapping, zone)
    rows = tuple(_shown(reader, cells) for cells in islice(files.rows(file, table), first))
    problems = list(notes(mapping))
    if not rows:
        problems.append("The file has a header and no rows.")
    understood = {
        column: field for column, field in zip(mapping.columns, mapping.fields, strict=True) if field
    }
    return FilePreview(mapping.kind, table.columns, understood, rows, tuple(problems))


def notes(mapping: Mapping) -> tuple[str, ...]:
    """What a person should know of how the columns are understood."""
    if not mapping.unknown:
        return ()
    one = len(mapping.unknown) == 1
    return (
        f"{'The column' if one else 'The columns'} {_list(mapping.unknown)} "
        f"{'is' if one else 'are'} not understood and will be left out.",
    )


def _shown(reader: Reader, cells: Sequence[str]) -> dict[str, Any]:
    try:
        return _plain(reader.record(cells))
    except Refusal as refusal:
        return {"problem": f"{refusal.field or 'row'}: {refusal.reason}"}


def _plain(record: Record) -> dict[str, Any]:
    shown = dict(record)
    if lines := shown.get("products"):
        shown["products"] = ", ".join(
            f"{line['quantity']} × {line.get('name') or line.get('productId')}" for line in lines
        )
    if tags := shown.get("tags"):
        shown["tags"] = ", ".join(tags)
    return shown


def _list(columns: Sequence[str]) -> str:
    shown = ", ".join(f"“{column[:40]}”" for column in columns[:_NAMED])
    return shown if len(columns) <= _NAMED else f"{shown} and {len(columns) - _NAMED} more"
