"""The rows of one sheet of a workbook, as openpyxl understands its cells, in a fifth of its time.

openpyxl makes a record of each cell and fills each row up to the widest that there may be; here a row's XML
becomes its values at once. What is not text or a plain number is left to openpyxl.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import (  # nothing public reads a sheet's rows without filling them up
    FORMULA_TAG,
    INLINE_STRING,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from crm import spreadsheets

_PLAIN_TEXT = f"{{{SHEET_MAIN_NS}}}t"
_DIGITS = "0123456789"


class SheetRows:
    """Iterates over the rows that are there, in the order of the file, each as wide as the widest by then.

    `lost` are the formulas in the row at hand that have no saved value, by the column's position.
    """

    def __init__(self, sheet: Any, most_columns: int) -> None:
        book = sheet.parent
        self._sheet = sheet
        self._most = most_columns
        self._strings = list(map(spreadsheets.unguarded, sheet._shared_strings))
        self._formats = {str(style) for style in (*book._date_formats, *book._timedelta_formats)}
        self._parser = WorkSheetParser(
            None,
            self._strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        self._columns: dict[str, int] = {}
        self._width = 0
        self.lost: dict[int, str] = {}

    def __iter__(self) -> Iterator[list[Any]]:
        with self._sheet._get_source() as source:
            for _, element in iterparse(source):
                if element.tag == ROW_TAG:
                    yield self._row(element)
                    element.clear()

    def _row(self, element: Element) -> list[Any]:
        self.lost.clear()
        values: list[Any] = [None] * self._width
        at = 0
        for cell in element:
            coordinate = cell.get("r")
            at = self._column(coordinate) if coordinate else at + 1
            if at > self._most:
                continue
            if at > len(values):
                values += [None] * (at - len(values))
            values[at - 1] = value = self._value(cell)
            formula = cell.find(FORMULA_TAG)
            if formula is not None and (value is None or formula.get("t") == "shared"):
                written = self._parser.parse_formula(cell)  # of shared ones the first has the text of all
                if value is None:
                    self.lost[at - 1] = str(getattr(written, "text", written))
        self._width = len(values)
        return values

    def _column(self, coordinate: str) -> int:
        letters = coordinate.rstrip(_DIGITS)
        if letters not in self._columns:
            self._columns[letters] = column_index_from_string(letters)
        return self._columns[letters]

    def _value(self, cell: Element) -> Any:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(INLINE_STRING)
            if inline is not None and len(inline) == 1 and inline[0].tag == _PLAIN_TEXT:
                return spreadsheets.unguarded(inline[0].text or "") or None
            return self._parser.parse_cell(cell)["value"]
        written = cell.findtext(VALUE_TAG)
        if not written:
            return None
        if kind == "s":
            return self._strings[int(written)]
        if kind == "n" and cell.get("s") not in self._formats:
            return float(written) if "." in written or "E" in written or "e" in written else int(written)
        return written if kind in ("str", "e") else self._parser.parse_cell(cell)["value"]
