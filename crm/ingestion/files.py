"""Files of unknown make: what they are, by what is in them, and their rows, in bounded memory."""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Self

from crm.errors import InvalidInput
from crm.ingestion import delimited, encodings, headers
from crm.ingestion.cells import Cell, shown
from crm.ingestion.looks import is_data

DELIMITED = "delimited"
MOST_COLUMNS = 2000
_LOOKED_AT = 20  # records in which the header is looked for
_CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\f\x1a")

_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"PAR1", "a Parquet file"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is and where its table stands in it.

    `before` records stand before the header; where `header` is False there is none, and the columns are
    called by their numbers. `notes` are sentences for the person.
    """

    format: str
    columns: tuple[str, ...]
    encoding: str = encodings.UTF_8
    delimiter: str = ","
    before: int = 0
    header: bool = True
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        lists = {name: tuple(document[name]) for name in ("columns", "notes")}
        return cls(**{**document, **lists})


@dataclass(frozen=True, slots=True)
class Overrules:
    """What a person says of a file; None is for what the file itself says."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None


_NOTHING = Overrules()


def inspect(file: BinaryIO, overrules: Overrules = _NOTHING) -> Table:
    """Look at a file, from its start to its end where its encoding asks for it.

    Raises InvalidInput for a file that is no table, with a sentence that says what it is instead.
    """
    file.seek(0)
    sample = file.read(delimited.SAMPLE)
    if not sample:
        raise InvalidInput("The file is empty.")
    for beginning, what in _OTHER_KINDS:
        if sample.startswith(beginning):
            raise InvalidInput(f"This is {what}, not a CSV file. Save it as CSV and upload that.")
    return _delimited(file, sample, overrules)


def _delimited(file: BinaryIO, sample: bytes, overrules: Overrules) -> Table:
    encoding = overrules.encoding or encodings.detect(file, sample)
    text = codecs.getincrementaldecoder(encoding)(encodings.errors(encoding)).decode(sample)
    _check_is_text(text)
    delimiter, before = delimited.delimiter_of(text)
    if overrules.delimiter:
        delimiter = overrules.delimiter
    first = delimited.first_rows(file, encoding, delimiter, before + _LOOKED_AT)[before:]
    if not first:
        raise InvalidInput("The file is empty.")
    titles = _titles(first)
    columns = _headers(first[titles])
    header = overrules.header if overrules.header is not None else not is_data(columns)
    notes = [f"“{shown(row[0])}” stands before the table and is left out." for row in first[:titles]]
    if encoding == encodings.WINDOWS and not overrules.encoding:
        notes.append("The file is not in UTF-8; it is read as Western (Windows-1252).")
    return table(
        DELIMITED,
        columns,
        header=header,
        encoding=encoding,
        delimiter=delimiter,
        before=before + titles,
        notes=tuple(notes),
    )


def _check_is_text(text: str) -> None:
    controls = sum(1 for sign in text if sign in _CONTROLS)
    if controls > 2 and controls > len(text) // 20:
        raise InvalidInput("This is not a text file. Save the table as CSV and upload that.")


def _titles(first: list[list[str]]) -> int:
    """How many of the first records are titles above the table: one cell each, and the header after them."""
    for position, row in enumerate(first):
        if len([cell for cell in row if cell.strip()]) > 1:
            is_header = any(headers.field_of(kind, cell) for kind in headers.KINDS for cell in row)
            return position if is_header else 0
        if any(headers.field_of(kind, row[0]) for kind in headers.KINDS):
            return 0
    return 0


def table(format: str, columns: tuple[str, ...], *, header: bool, **more: Any) -> Table:
    """A table of these columns, called by their numbers where they have no names.

    Raises InvalidInput where there are too many.
    """
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"The file has {len(columns):,} columns; at most {MOST_COLUMNS:,} are taken.")
    if not header:
        columns = tuple("" for _ in columns)
    named = tuple(column or f"column {number}" for number, column in enumerate(columns, 1))
    return Table(format, named, header=header, **more)


def _headers(row: list[Cell]) -> tuple[str, ...]:
    columns = [" ".join(shown(cell).split()) for cell in row]
    while columns and not columns[-1]:
        columns.pop()  # lines that end in a delimiter
    return tuple(columns)


def rows(file: BinaryIO, table: Table) -> Iterator[list[Cell]]:
    """The records after the header, blank ones left out: row 1 is the first one."""
    found = delimited.records(file, table.encoding, table.delimiter)
    for _ in range(table.before + table.header):
        next(found, None)
    yield from found
