"""Rows of a file → records, by the file's reading."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Any

from crm.fields import FieldType
from crm.ingestion.by_column import ByColumn
from crm.ingestion.cells import Cell, Spoiled, is_blank, shown
from crm.ingestion.guesses import says_nothing
from crm.ingestion.headers import ORDERS
from crm.ingestion.reading import Reading
from crm.ingestion.records import Record, Refusal, Take, checked, from_fields
from crm.ingestion.refused import Refused

_NAMED = 9  # cells at fault beside the first; a row without sense is told by fewer


class Reader:
    """Turns the rows of one file, from the first one on, into records. `zone` is the account's.

    An order without a reference gets one made of what its row says and of how many rows before it said the
    same. So the same file gives the same references again, and rows that look alike all count.

    Custom attributes are under `attributes`, by key, or by name where they are not known yet.
    """

    def __init__(self, reading: Reading, zone: tzinfo = UTC) -> None:
        self.kind = reading.kind
        self._takers = reading.takers(zone)
        self._width = len(reading.columns)
        numbered = list(enumerate(reading.columns))
        self._used = [(at, one.field) for at, one in numbered if one.field and not one.attribute]
        self._attributes = [
            (at, one.name, one.key or one.name, one.attribute != FieldType.TEXT, one.take(zone))
            for at, one in numbered
            if one.attribute
        ]
        self._by_column = ByColumn(reading, zone)
        self._unnamed = reading.kind == ORDERS
        self._alike: Counter[bytes] = Counter()

    def record(self, cells: Sequence[Cell]) -> Record:
        """The record of the next row. Raises Refusal: of the first cell at fault, with the reasons of all."""
        try:
            return self._record(cells)
        except Refusal as refusal:
            raise self._of_all_cells(refusal, cells) from None

    def _record(self, cells: Sequence[Cell]) -> Record:
        if type(cells) is Spoiled:
            raise Refusal(None, cells.code, cells.reason)
        width = len(cells)
        given = self._given(cells)
        if self._unnamed and _is_nothing(given.get("orderReference")):
            given["orderReference"] = self._reference(given)
        if width > self._width and not all(map(is_blank, cells[self._width :])):
            raise Refusal(None, "too_many_cells", f"the row has {width} cells, the header {self._width}")
        record = from_fields(self.kind, given, self._takers)
        if self._attributes and (own := self._own(cells)):
            record["attributes"] = own
        return record

    def records(self, block: Sequence[Sequence[Cell]]) -> list[Record | Refusal]:
        """What `record` makes of each of the next rows, or the Refusal that it raises."""
        found: list[Record | Refusal] = []
        records, whole = self._by_column.read(block)
        for cells, record in zip(block, records, strict=True):
            try:
                if record is None:
                    record = self.record(cells)
                elif not whole:
                    if self._unnamed and "orderReference" not in record:
                        record["orderReference"] = self._reference(self._given(cells))
                    record = checked(self.kind, record)
                found.append(record)
            except Refusal as refusal:
                found.append(refusal)
        return found

    def _given(self, cells: Sequence[Cell]) -> dict[str, Cell]:
        width = len(cells)
        return {field: cells[position] for position, field in self._used if position < width}

    def _own(self, cells: Sequence[Cell]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, key, cell, take in self._given_attributes(cells):
            try:
                found[key] = take(cell)
            except Refused as refused:
                raise Refusal(name, refused.code, refused.reason) from None
        return found

    def _given_attributes(self, cells: Sequence[Cell]) -> Iterator[tuple[str, str, Cell, Take]]:
        """Name, key, cell and taker of each attribute that the row gives."""
        for position, name, key, typed, take in self._attributes:
            cell = cells[position] if position < len(cells) else None
            if not (_is_nothing(cell) or (typed and says_nothing(cell))):
                yield name, key, _trimmed(cell), take

    def _of_all_cells(self, first: Refusal, cells: Sequence[Cell]) -> Refusal:
        """So that a row is mended at once, and not refused again for its next cell."""
        if first.field is None:
            return first
        given = [
            (field, _trimmed(cell), self._takers[field])
            for field, cell in self._given(cells).items()
            if not _is_nothing(cell)
        ]
        given += [(name, cell, take) for name, _, cell, take in self._given_attributes(cells)]
        others = [
            (name, reason)
            for name, cell, take in given
            if name != first.field and (reason := _fault(cell, take)) is not None
        ]
        named = [f"{name}: {reason}" for name, reason in others[:_NAMED]]
        if len(others) > _NAMED:
            named.append(f"and {len(others) - _NAMED} more")
        said = " · ".join([first.reason, *named])
        return Refusal(first.field, first.code, said, [*first.faults, *others])

    def skip(self, cells: Sequence[Cell]) -> None:
        """Pass over a row that was read before, remembering what it takes to tell like rows apart."""
        if self._unnamed and type(cells) is not Spoiled:
            given = self._given(cells)
            if _is_nothing(given.get("orderReference")):
                self._reference(given)

    def _reference(self, given: dict[str, Any]) -> str:
        said = "\x1f".join(f"{field}\x1e{_said(given[field])}" for field in sorted(given))
        digest = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=10).digest()
        self._alike[digest] += 1
        return f"row-{digest.hex()}-{self._alike[digest]}"


def _fault(cell: Cell, take: Take) -> str | None:
    """Why a cell can't be taken, or None."""
    try:
        take(cell)
    except Refused as refused:
        return refused.reason
    return None


def _is_nothing(cell: Cell) -> bool:
    return is_blank(cell) or cell == []


def _trimmed(cell: Cell) -> Cell:
    return cell.strip() if isinstance(cell, str) else cell


def _said(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else shown(cell)


def named(columns: Sequence[str], cells: Sequence[Cell]) -> list[dict[str, str]]:
    """A row as it stands in the file: `[{"column", "value"}]`, with cells beyond the header unnamed.

    A list, for a header may be anything and never becomes a key of the database's.
    """
    names = [*columns, *[""] * (len(cells) - len(columns))]
    return [{"column": name, "value": shown(cell)} for name, cell in zip(names, cells, strict=False)]
