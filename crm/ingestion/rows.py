"""Rows of a file → records, by the file's mapping."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, tzinfo

from crm.ingestion.headers import ORDERS, Mapping
from crm.ingestion.records import Record, Refusal, from_fields


class Reader:
    """Turns the rows of one file, from the first one on, into records.

    An order without a reference gets one made of what its row says and of how many rows before it said the
    same. So the same file gives the same references again, and rows that look alike all count.
    """

    def __init__(self, mapping: Mapping, zone: tzinfo = UTC) -> None:
        self.kind = mapping.kind
        self._zone = zone
        self._width = len(mapping.columns)
        self._used = [(position, field) for position, field in enumerate(mapping.fields) if field]
        self._unnamed = mapping.kind == ORDERS
        self._alike: Counter[bytes] = Counter()

    def record(self, cells: Sequence[str]) -> Record:
        """The record of the next row. Raises Refusal."""
        width = len(cells)
        given = {field: cells[position] for position, field in self._used if position < width}
        if self._unnamed and not given.get("orderReference", "").strip():
            given["orderReference"] = self._reference(given)
        if width > self._width and any(cell.strip() for cell in cells[self._width :]):
            raise Refusal(None, "too_many_cells", f"the row has {width} cells, the header {self._width}")
        return from_fields(self.kind, given, self._zone)

    def skip(self, cells: Sequence[str]) -> None:
        """Pass over a row that was read before, remembering what it takes to tell like rows apart."""
        if self._unnamed:
            width = len(cells)
            given = {field: cells[position] for position, field in self._used if position < width}
            if not given.get("orderReference", "").strip():
                self._reference(given)

    def _reference(self, given: dict[str, str]) -> str:
        said = "\x1f".join(f"{field}\x1e{given[field].strip()}" for field in sorted(given))
        digest = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=10).digest()
        self._alike[digest] += 1
        return f"row-{digest.hex()}-{self._alike[digest]}"


def named(columns: Sequence[str], cells: Sequence[str]) -> list[dict[str, str]]:
    """A row as it stands in the file: `[{"column", "value"}]`, with cells beyond the header unnamed.

    A list, for a header may be anything and never becomes a key of the database's.
    """
    names = [*columns, *[""] * (len(cells) - len(columns))]
    return [{"column": name, "value": cell} for name, cell in zip(names, cells, strict=False)]
