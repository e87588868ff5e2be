"""A block of rows → records, column by column: the same records as row by row, for a third of the time.

Cells that say the same are read once a block, and columns of plain texts, numbers and dates are read by few
calls that stay in C. Rows that are not of the common kind are left to be read one by one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from itertools import repeat
from typing import Any
from zoneinfo import ZoneInfo

from crm.fields import FieldType
from crm.ingestion import in_bulk, moments, numbers, values
from crm.ingestion.cells import Cell, Spoiled, is_blank
from crm.ingestion.guesses import says_nothing
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.in_bulk import Many
from crm.ingestion.reading import Column, Reading
from crm.ingestion.records import COLUMNS_OF_A_LINE, DATES, Record, Take, takers
from crm.ingestion.refused import Refused

_REFUSED: Any = object()
_TEXTS: dict[Any, Many] = {
    values.text: in_bulk.texts,
    values.identifier: in_bulk.identifiers,
    values.email: in_bulk.emails,
    values.count: in_bulk.counts,
}


@dataclass(slots=True)
class _Read:
    """A column's values, None where nothing is given; whether that is so, and whether some are refused."""

    values: Sequence[Any]
    gaps: bool = False
    refused: bool = False


class _Cells:
    """How the cells of one column are read."""

    def __init__(self, kind: str, column: Column, zone: tzinfo, take: Take) -> None:
        self._take = take
        self._many = _many(kind, column, zone)
        self._typed = column.attribute not in (None, FieldType.TEXT)
        self._shared = column.field not in ("tags", "products") and column.attribute != FieldType.TAGS

    def read(self, cells: Sequence[Cell]) -> _Read:
        if set(map(type, cells)) != {str}:  # numbers and dates of a spreadsheet: 1, 1.0 and True are equal
            return self._one_by_one(cells)
        if not self._shared:
            return self._texts(cells)
        distinct = set(cells)
        if 2 * len(distinct) > len(cells):
            return self._texts(cells)
        written = list(distinct)
        found = self._texts(written)
        table = dict(zip(written, found.values, strict=True))
        found.values = list(map(table.__getitem__, cells))
        return found

    def _texts(self, cells: Sequence[str]) -> _Read:
        written = list(map(str.strip, cells))
        given = list(filter(None, written))
        if self._many is None or not given or (found := self._many(given)) is None:
            return self._one_by_one(written)
        if len(given) == len(written):
            return _Read(found)
        each = iter(found)
        return _Read([next(each) if text else None for text in written], gaps=True)

    def _one_by_one(self, cells: Sequence[Cell]) -> _Read:
        found = list(map(self._one, cells))
        return _Read(found, gaps=None in found, refused=any(one is _REFUSED for one in found))

    def _one(self, cell: Cell) -> Any:
        if isinstance(cell, str):
            cell = cell.strip()
        if is_blank(cell) or cell == [] or (self._typed and says_nothing(cell)):
            return None
        try:
            return self._take(cell)
        except Refused:
            return _REFUSED


class ByColumn:
    """Reads blocks of one file. `zone` is the account's."""

    def __init__(self, reading: Reading, zone: tzinfo) -> None:
        kind, take = reading.kind, reading.takers(zone)
        self._kind = kind
        self._width = len(reading.columns)
        self._fields: dict[str, tuple[int, _Cells]] = {}
        self._attributes: dict[str, tuple[int, _Cells]] = {}
        for at, column in enumerate(reading.columns):
            if column.attribute:
                cells = _Cells(kind, column, zone, column.take(zone))
                self._attributes[column.key or column.name] = at, cells
            elif column.field:
                self._fields[column.field] = at, _Cells(kind, column, zone, take[column.field])

    def read(self, block: Sequence[Sequence[Cell]]) -> tuple[list[Record | None], bool]:
        """Each row's record, None for one that is to be read by itself; and whether the records are whole.

        If not, they have their fields and attributes, but are still to be checked.
        """
        common = self._common(block)
        if not common:
            return [None] * len(block), True
        columns = list(zip(*common, strict=False))
        fields = {name: cells.read(columns[at]) for name, (at, cells) in self._fields.items()}
        own = {name: cells.read(columns[at]) for name, (at, cells) in self._attributes.items()}
        whole = _is_whole(self._kind, fields)
        lines = _lines(fields) if whole and self._kind == ORDERS else None
        records: list[Record | None] = [*_dicts(fields, len(common))]
        if lines is not None:
            for record, line in zip(records, lines, strict=True):
                record["products"] = [line]  # type: ignore[index]  # none is left out by now
        if own:
            for record, found in zip(records, _dicts(own, len(common)), strict=True):
                if found:
                    record["attributes"] = found  # type: ignore[index]
        for column in (*fields.values(), *own.values()):
            if column.refused:
                for at, value in enumerate(column.values):
                    if value is _REFUSED:
                        records[at] = None
        if len(common) == len(block):
            return records, whole
        each = iter(records)
        return [next(each) if self._is_common(cells) else None for cells in block], whole

    def _common(self, block: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
        if set(map(len, block)) == {self._width} and set(map(type, block)) == {list}:
            return block
        return list(filter(self._is_common, block))

    def _is_common(self, cells: Sequence[Cell]) -> bool:
        """Whether a row is sound and has a cell for each column."""
        if type(cells) is Spoiled or len(cells) < self._width:
            return False
        return len(cells) == self._width or all(map(is_blank, cells[self._width :]))


def _dicts(columns: Mapping[str, _Read], count: int) -> list[Record]:
    """`count` rows of these columns, by name, without what is not given."""
    if not columns:
        return [{} for _ in range(count)]
    rows = zip(*(column.values for column in columns.values()), strict=True)
    records: list[Record] = list(map(dict, map(zip, repeat(list(columns)), rows)))
    for name, column in columns.items():
        if column.gaps:
            for record, value in zip(records, column.values, strict=True):
                if value is None:
                    del record[name]
    return records


def _is_whole(kind: str, fields: Mapping[str, _Read]) -> bool:
    """Whether records of these columns are such that their check would change and refuse nothing."""
    given = {name for name, column in fields.items() if not column.gaps}
    if kind == CUSTOMERS:
        return bool(given & {"email", "externalId"}) and fields.keys().isdisjoint({"firstName", "lastName"})
    if kind == PRODUCTS:
        return "productId" in given
    whole = {"orderReference", "total"} <= given and bool(given & {"customerEmail", "customerId"})
    return whole and fields.keys().isdisjoint({"refunded", "products"}) and _has_lines(fields, given)


def _has_lines(fields: Mapping[str, _Read], given: Collection[str]) -> bool:
    """Whether each order has a line in these columns, or none has."""
    return fields.keys().isdisjoint(COLUMNS_OF_A_LINE) or not {"productId", "product"}.isdisjoint(given)


def _lines(fields: dict[str, _Read]) -> list[Record] | None:
    """The line of each order, its columns taken out; None where there are no such columns."""
    found = {name: fields.pop(name) for name in COLUMNS_OF_A_LINE if name in fields}
    if not found:
        return None
    if "product" in found:
        found["name"] = found.pop("product")
    quantity = found.pop("quantity", None)
    count = len(next(iter(found.values())).values)
    amounts = [1] * count if quantity is None else [1 if one is None else one for one in quantity.values]
    return _dicts({"quantity": _Read(amounts), **found}, count)


def _many(kind: str, column: Column, zone: tzinfo) -> Many | None:
    """What reads many texts of this column at once, None where there is nothing such."""
    if column.field in DATES[kind] or column.attribute == FieldType.DATE:
        own = ZoneInfo(column.zone) if column.zone else None
        numbered = column.dates in (moments.SERIAL, moments.EPOCH)
        return None if numbered else partial(in_bulk.moments_of, zone=own or zone, clock=own or UTC)
    if column.attribute == FieldType.NUMBER:
        return partial(in_bulk.numbers, decimals=column.decimal == numbers.POINT)
    if column.attribute is not None:
        return in_bulk.texts if column.attribute == FieldType.TEXT else None
    take = takers(kind)[column.field or ""]
    if take is values.money:
        return partial(in_bulk.amounts, decimals=column.decimal == numbers.POINT)
    return _TEXTS.get(take)
