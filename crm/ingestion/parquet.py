"""Parquet files, some thousand rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

from crm.errors import InvalidInput
from crm.ingestion import containers
from crm.ingestion.cells import Cell

_AT_ONCE = 2000  # rows
_LARGEST_GROUP = 512 * 1024**2  # bytes of one group of rows, of which one column at a time is held


def names(file: BinaryIO) -> tuple[str, ...]:
    """The columns. Raises InvalidInput for a damaged file and for groups of rows too large to be held."""
    with _opened(file) as source:
        metadata = source.metadata
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        if any(group.total_byte_size > _LARGEST_GROUP for group in groups):
            raise InvalidInput(
                "The Parquet file has too many rows in one group. Write it in smaller row groups."
            )
        return tuple(source.schema_arrow.names)


def records(file: BinaryIO) -> Iterator[list[Cell]]:
    """The rows."""
    with _opened(file) as source:
        for batch in source.iter_batches(batch_size=_AT_ONCE):
            columns = [list(map(_plain, column.to_pylist())) for column in batch.columns]
            yield from map(list, zip(*columns, strict=True))


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Any]:
    file.seek(0)
    try:
        yield parquet.ParquetFile(pyarrow.PythonFile(file, mode="r"), pre_buffer=False)
    except (pyarrow.ArrowException, *containers.DAMAGED):
        raise InvalidInput("The Parquet file is damaged or of a kind that can't be read.") from None


def _plain(value: Any) -> Cell:
    match value:
        case datetime() | str() | bool() | int() | float() | None:
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() and value.is_finite() else float(value)
        case date():
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a file's day has no zone
        case time() | timedelta():
            return str(value)
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case _:
            return str(value)
