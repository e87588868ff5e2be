"""Excel workbooks, row by row. Cells have their values; a formula has the value that was saved with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO

import openpyxl

from crm.errors import InvalidInput
from crm.ingestion import containers
from crm.ingestion.cells import Cell, Spoiled, is_blank
from crm.ingestion.sheet_rows import SheetRows

_LARGEST = {"xl/sharedStrings.xml": 256 * 1024**2, "xl/styles.xml": 64 * 1024**2}  # bytes, held in memory
_LARGE_ROW = 1024 * 1024  # characters
_LOOKED_AT = 100  # rows of a sheet in which something must stand


def sheets(file: BinaryIO) -> list[str]:
    """The visible sheets with something in their first rows. Raises InvalidInput for a damaged file."""
    containers.check_sizes(file, _LARGEST)
    with _workbook(file) as workbook:
        visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        return [sheet.title for sheet in visible if any(_filled(sheet, 3))]


def records(file: BinaryIO, sheet: str, most_columns: int) -> Iterator[list[Cell]]:
    """The rows of a sheet that are not blank. A formula without a saved value spoils its row.

    Raises InvalidInput for a damaged file, while it is read too.
    """
    with _workbook(file) as workbook:
        rows = SheetRows(workbook[sheet], most_columns + 1)
        for values in rows:
            row = [value if type(value) in _AS_IT_IS else _plain(value) for value in values]
            if rows.lost:
                yield _without_values(row, rows.lost)
            elif not all(map(is_blank, row)):
                yield _measured(row)


@contextmanager
def _workbook(file: BinaryIO) -> Iterator[Any]:
    file.seek(0)
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        yield workbook
    except containers.DAMAGED:
        raise InvalidInput("The Excel file is damaged. Open it, save it anew and upload that.") from None


def _rows(sheet: Any, most_columns: int) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    return sheet.iter_rows(max_col=most_columns)


def _filled(sheet: Any, most_columns: int) -> Iterator[bool]:
    rows = islice(_rows(sheet, most_columns), _LOOKED_AT)
    return (any(not is_blank(cell.value) for cell in row) for row in rows)


_AS_IT_IS = frozenset({str, int, float, bool, datetime, type(None)})


def _plain(value: Any) -> Cell:
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a file's day has no zone
    if isinstance(value, time | timedelta):
        return str(value)
    return str(value)


def _without_values(row: list[Cell], formulas: Mapping[int, str]) -> Spoiled:
    written = [formulas.get(at, cell) for at, cell in enumerate(row)]
    first = formulas[min(formulas)]
    reason = f"the formula “{first[:60]}” has no saved value; open the file in Excel and save it"
    return Spoiled(written, "formula", reason)


def _measured(row: list[Cell]) -> list[Cell]:
    size = sum(len(cell) for cell in row if type(cell) is str)
    if size <= _LARGE_ROW:
        return row
    cut = [cell[:1000] + "…" if isinstance(cell, str) and len(cell) > 1000 else cell for cell in row]
    return Spoiled(cut, "too_long", f"the row holds more than {_LARGE_ROW:,} characters")
