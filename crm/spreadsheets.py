"""Tables for people's spreadsheets: CSV whose cells can't turn into formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD = "'"
_GUARDED = re.compile(f"'(?='*[{re.escape(''.join(_BEGINS_FORMULA))}])")
# Searched for in whole texts: there, the look ahead would go over a run of apostrophes from each of them.
_MAYBE = re.compile(f"'[{re.escape(''.join(_BEGINS_FORMULA))}]")
_ROWS = 500  # rows a piece, so that a download is neither many small writes nor one large text


def cell(value: object) -> str:
    """A value as a cell: times in ISO 8601 UTC, lists joined by commas, nothing as an empty cell.

    Text that a spreadsheet would take for a formula is led by an apostrophe; numbers are left alone.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return f"{_GUARD}{text}" if text.lstrip(_GUARD).startswith(_BEGINS_FORMULA) else text


def may_be_guarded(text: str) -> bool:
    """Whether `unguarded` might change a cell of this table: a quick look at all of it."""
    return _MAYBE.search(text) is not None


def unguarded(text: str) -> str:
    """The text of a cell that comes back from a download, without the apostrophe that `cell` led it by."""
    return text[1:] if _GUARDED.match(text) else text


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The table as CSV text, piece by piece; lines end in CRLF (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([cell(name) for name in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % _ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
