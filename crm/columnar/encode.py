"""From MongoDB documents to wide frames, and from wide frames to the narrow columns that are kept.

Wide frames are what parts are merged in: plain polars types, null for missing. Narrow ones are what is
written down: the smallest type that holds every value exactly, text by code where it repeats.

A value of another type than its field's is missing here, as it is for the MongoDB filter.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from crm.fields import NUMERIC, Field, FieldType, fold

Document = dict[str, Any]

WRITTEN = ("city",)  # text that charts show, kept as people wrote it beside its folded form
UNKNOWN = 2  # a boolean's code for missing; False is 0, True 1
_NOTHING: Document = {}
_IN_CACHE = 100  # documents
_NUMBERS = (int, float)
_REPEATING = 8  # text is kept by code where each value stands for this many rows or more
_SMALL_DICTIONARY = 4096


def customers(
    documents: Sequence[Document], fields: Iterable[Field], written: Sequence[str] = WRITTEN
) -> pl.DataFrame:
    """The wide frame of these customers: `_id`, a column a field, `<name>.written` for each of `written`."""
    fields = list(fields)
    plain = _gathered(documents, [one.name for one in fields if not one.folded and one.key is None])
    folded = _gathered(
        [document.get("folded", _NOTHING) for document in documents],
        [one.folded.rpartition(".")[2] for one in fields if one.folded],
    )
    attributes = _gathered(
        [
            given if (given := document.get("attributes")).__class__ is dict else _NOTHING
            for document in documents
        ],
        [one.key for one in fields if not one.folded and one.key is not None],
    )
    columns = [pl.Series("_id", [document["_id"] for document in documents], dtype=pl.String)]
    for field in fields:
        if field.folded:
            columns.append(_folded_column(field, next(folded)))
        else:
            columns.append(_column(field, next(plain if field.key is None else attributes)))
    for name, values in zip(written, _gathered(documents, written), strict=True):
        columns.append(_strings(f"{name}.written", values))
    return pl.DataFrame(columns)


def _gathered(documents: Sequence[Document], names: Sequence[str]) -> Iterator[list[Any]]:
    """The values of each of these names, over all documents.

    A few documents at a time: going through many for each name would wait for memory most of the time.
    """
    found: list[list[Any]] = [[] for _ in names]
    for start in range(0, len(documents), _IN_CACHE):
        some = documents[start : start + _IN_CACHE]
        for values, name in zip(found, names, strict=True):
            values += [document.get(name) for document in some]
    return iter(found)


def _folded_column(field: Field, values: Sequence[Any]) -> pl.Series:
    if field.type is FieldType.TAGS:
        tags = [sorted(set(value)) if value.__class__ is list else None for value in values]
        return pl.Series(
            field.column, pa.array(tags, pa.list_(pa.large_string()))
        )  # 30 times as fast as a list
    return _strings(field.column, values)


def _column(field: Field, values: Sequence[Any]) -> pl.Series:
    name, kind = field.column, field.type
    if kind is FieldType.DATE:
        return milliseconds(name, values)
    if kind is FieldType.BOOLEAN:
        codes = [int(value) if value.__class__ is bool else UNKNOWN for value in values]
        return pl.Series(name, codes, dtype=pl.UInt8)
    if kind not in NUMERIC:
        raise ValueError(f"no column for a field of type {kind}")
    return numbers(name, values)


def _all(values: Sequence[Any], kind: type) -> bool:
    """Whether there is no value of another kind, or missing ones alone beside it. Exact: of no subclass."""
    return {*map(type, values)} <= {kind, type(None)}


def _strings(name: str, values: Sequence[Any]) -> pl.Series:
    if not _all(values, str):
        values = [value if value.__class__ is str else None for value in values]
    return pl.Series(name, pa.array(values, pa.large_string()))


def milliseconds(name: str, values: Iterable[object]) -> pl.Series:
    """Instants as milliseconds since 1970, NaN where there is none. Exact: a double holds 2^53 of them.

    An instant without a zone is one of UTC.
    """
    dates: list[Any] = list(values)
    if not _all(dates, datetime):
        dates = [value if isinstance(value, datetime) else None for value in dates]
    series = pl.Series(name, pa.array(dates, pa.timestamp("ms", "UTC")))
    return series.to_physical().cast(pl.Float64).fill_null(float("nan"))


def numbers(name: str, values: Iterable[object]) -> pl.Series:
    """Numbers, NaN where there is none; a boolean is no number."""
    found: list[Any] = list(values)
    if not _all(found, float):
        found = [value if value.__class__ is float else _number(value) for value in found]
    return pl.Series(name, pa.array(found, pa.float64())).fill_null(float("nan"))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, _NUMBERS) and value.__class__ is not bool else None


def narrow_numbers(series: pl.Series) -> pl.Series:
    """The same numbers in the smallest type that holds each of them exactly."""
    values = series.to_numpy()
    missing = np.isnan(values)
    if not missing.any():
        for kind in (np.uint8, np.uint16, np.int32):
            limits = np.iinfo(kind)
            inside = len(values) == 0 or (values.min() >= limits.min and values.max() <= limits.max)
            if inside and np.array_equal(values, np.trunc(values)):
                return pl.Series(series.name, values.astype(kind))
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if np.array_equal(single.astype(np.float64), values, equal_nan=True):
        return pl.Series(series.name, single)
    return series


def dictionary(series: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """(codes, values) where values repeat enough, else None. Code 0 stands for missing."""
    found = series.drop_nulls()
    unique = found.unique(maintain_order=True)
    if len(unique) > _SMALL_DICTIONARY and len(unique) * _REPEATING > len(series):
        return None
    return encode_by(series, unique)


def encode_by(series: pl.Series, unique: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Codes of these values; value k of the dictionary has code k, and 0 is missing."""
    name = series.name
    values = pl.concat([pl.Series(name, [None], dtype=series.dtype), unique.rename(name)])
    table = pl.DataFrame({name: values[1:], "code": np.arange(1, len(values), dtype=np.uint32)})
    codes = (
        series.to_frame()
        .join(table, on=name, how="left", maintain_order="left")["code"]
        .fill_null(0)
        .cast(code_type(len(values)))
    )
    return codes.rename(name), values


def folded(texts: pl.Series) -> pl.Series:
    """Texts in the form that rules compare."""
    found = [None if text is None else fold(text) for text in texts.to_list()]
    return pl.Series(texts.name, found, dtype=pl.String)


def code_type(size: int) -> Any:
    """The narrowest type for codes below `size`."""
    if size <= 2**8:
        return pl.UInt8
    return pl.UInt16 if size <= 2**16 else pl.UInt32


def orders(documents: Sequence[Document]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(orders, lines) wide; a line's `order` is the row of its order in the same call.

    An order's `refund` is what was given back of it, missing where nothing was. Of lines, texts are as
    written: they are folded once each, where they become codes.
    """
    frame = pl.DataFrame(
        [
            order_keys(document["_id"] for document in documents),
            pl.Series("customerId", [_text(document.get("customerId")) for document in documents], pl.String),
            milliseconds("createdAt", (document.get("createdAt") for document in documents)),
            numbers("total", (document.get("total") for document in documents)),
            _texts("status", (document.get("status") for document in documents), fold_them=True),
            numbers("refund", (_refund(document) for document in documents)),
        ]
    )
    rows: list[int] = []
    lines: list[Document] = []
    for row, document in enumerate(documents):
        products = document.get("products")
        for line in products if isinstance(products, list) else ():
            if isinstance(line, dict):
                rows.append(row)
                lines.append(line)
    return frame, pl.DataFrame(
        [
            pl.Series("order", rows, dtype=pl.Int32),
            _texts("productId", (line.get("productId") for line in lines)),
            _texts("product", (line.get("name") for line in lines)),
            _texts("category", (line.get("category") for line in lines)),
            numbers("quantity", (line.get("quantity") for line in lines)),
            numbers("price", (line.get("price") for line in lines)),
        ]
    )


def order_keys(ids: Iterable[object]) -> pl.Series:
    """A number for each order's id, by which an order is found again when only its id is known."""
    return pl.Series("key", [zlib.crc32(str(one).encode()) for one in ids], dtype=pl.UInt32)


def _refund(order: Document) -> object:
    """A refunded order of which no amount is known was refunded in full."""
    given = order.get("refunded")
    if given is None and order.get("status") == "refunded":
        given = order.get("total")
    return given or None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(name: str, values: Iterable[object], *, fold_them: bool = False) -> pl.Series:
    """Texts, as written or folded; blank ones are missing."""
    memo: dict[str, str | None] = {}
    found: list[str | None] = []
    for value in values:
        if value.__class__ is not str:
            found.append(None)
            continue
        if value not in memo:
            form = fold(value)
            memo[value] = (form if fold_them else value) if form else None
        found.append(memo[value])
    return pl.Series(name, found, dtype=pl.String)
