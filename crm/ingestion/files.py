"""Reading a CSV file of unknown make in bounded memory: encoding, delimiter, header, rows."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from crm.errors import InvalidInput

_PIECE = 1024 * 1024
_SAMPLE = 64 * 1024
_SAMPLED_LINES = 50
_DELIMITERS = ",;\t|"
_LONGEST_CELL = 16 * 1024 * 1024
MOST_COLUMNS = 2000

csv.field_size_limit(_LONGEST_CELL)

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
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is to be read: its encoding, its delimiter and its columns' headers."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]


def inspect(file: BinaryIO) -> Table:
    """Look at a file, from its start to its end where its encoding asks for it.

    Raises InvalidInput for a file that is no table of text, with a sentence that says what it is instead.
    """
    file.seek(0)
    sample = file.read(_SAMPLE)
    if not sample:
        raise InvalidInput("The file is empty.")
    for beginning, what in _OTHER_KINDS:
        if sample.startswith(beginning):
            raise InvalidInput(f"This is {what}, not a CSV file. Save it as CSV and upload that.")
    encoding = _encoding(file, sample)
    if b"\0" in sample and encoding != "utf-16":
        raise InvalidInput("This is not a text file. Save the table as CSV and upload that.")
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    delimiter = _delimiter(text)
    for cells in _cells(file, encoding, delimiter):
        columns = tuple(cell.strip() for cell in cells)
        while columns and not columns[-1]:
            columns = columns[:-1]  # lines that end in a delimiter
        if columns:
            break
    else:
        raise InvalidInput("The file is empty.")
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"The file has {len(columns):,} columns; at most {MOST_COLUMNS:,} are taken.")
    return Table(encoding, delimiter, columns)


def _encoding(file: BinaryIO, sample: bytes) -> str:
    """By its byte-order mark, else UTF-8 if all of it is, else what Windows writes in the West."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first lines into as many cells as the header; a comma if none."""
    best, most = ",", 0
    for delimiter in _DELIMITERS:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(cells) for cells, _ in zip(lines, range(_SAMPLED_LINES), strict=False) if cells]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = Counter(widths)[widths[0]] * widths[0]
        if score > most:
            best, most = delimiter, score
    return best


def _cells(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[list[str]]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        yield from csv.reader(text, delimiter=delimiter)
    except csv.Error as error:
        raise InvalidInput(f"The file can't be read as CSV: {error}.") from None
    finally:
        with suppress(ValueError):  # closed already by whom it belongs to
            text.detach()  # the file stays open: it is the caller's


def rows(file: BinaryIO, table: Table) -> Iterator[list[str]]:
    """The records after the header, blank lines left out: row 1 is the first one."""
    lines = _cells(file, table.encoding, table.delimiter)
    header = False
    for cells in lines:
        if not any(map(str.strip, cells)):
            continue
        if header:
            yield cells
        header = True
