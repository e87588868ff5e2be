"""Tables of text whose cells stand between delimiters: CSV, TSV and their kin, in bounded memory."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from crm import spreadsheets
from crm.errors import InvalidInput
from crm.ingestion import encodings, headers
from crm.ingestion.cells import Spoiled

SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
_SAMPLED_ROWS = 50
_PIECE = 128 * 1024  # characters
_LONGEST_RECORD = 16 * 1024 * 1024  # characters: what goes on longer is a quote that nobody closed
_LARGE_RECORD = 1024 * 1024  # characters: more than any record of ours holds
_KEPT_OF_LARGE = 1000
_MOST_READ_AGAIN = 256 * 1024 * 1024  # characters, over all quotes that nobody closed
_DECLARED = re.compile(r"sep=(.)[\r\n]*$", re.IGNORECASE)  # a spreadsheet's own note of the delimiter

csv.field_size_limit(2 * _LONGEST_RECORD)


def open_text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text from its start. Bytes that are no text become lone surrogates or U+FFFD."""
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, errors=encodings.errors(encoding), newline="")


def delimiter_of(sample: str) -> tuple[str, int]:
    """The delimiter of a table's beginning, and how many of its records stand before the header.

    A spreadsheet's `sep=` line says it; else it is the one that cuts most of the first lines into equally
    many cells, a comma if none does.
    """
    if found := _DECLARED.match(sample.partition("\n")[0]):
        return found[1], 1
    best, most = ",", 0
    for delimiter in DELIMITERS:
        rows = _first_rows(sample, delimiter)
        if not rows:
            continue
        named = (at for at, cells in enumerate(rows) if len(cells) > 1 and headers.any_known(cells))
        widths = [len(cells) for cells in rows[next(named, 0) :]]  # titles may stand above the table
        header = widths[0] if widths[0] > 1 else 0
        usual, times = Counter(widths).most_common(1)[0]
        score = max(times * usual if usual > 1 and header else 0, widths.count(header) * header)
        if score > most:
            best, most = delimiter, score
    return best, 0


def first_rows(file: BinaryIO, encoding: str, delimiter: str, count: int) -> list[list[str]]:
    """The first records, comments and blank lines left out."""
    found: list[list[str]] = []
    for cells in records(file, encoding, delimiter):
        found.append(cells)
        if len(found) == count:
            break
    return found


def _first_rows(sample: str, delimiter: str) -> list[list[str]]:
    lines = (line for line in io.StringIO(sample, newline="") if not line.startswith("#"))
    rows = csv.reader(lines, delimiter=delimiter)
    found: list[list[str]] = []
    with suppress(csv.Error):
        for cells in rows:
            if any(map(str.strip, cells)):
                found.append(cells)
            if len(found) == _SAMPLED_ROWS:
                break
    return found


def records(file: BinaryIO, encoding: str, delimiter: str, *, piece: int = _PIECE) -> Iterator[list[str]]:
    """All records with something in them, comments left out; those with broken quotes as `Spoiled`.

    A line that begins with # is a comment where nothing in it is delimited: a shop's orders may well be
    called #1001. The text is taken in pieces of so many characters. Raises InvalidInput where quotes are
    broken all over the file.
    """
    text = open_text(file, encoding)
    try:
        for cells in _Parser(text, delimiter, piece):
            if len(cells) < 2 and (not cells or cells[0].startswith("#")):
                continue
            if cells[0].strip() or any(map(str.strip, cells)) or type(cells) is Spoiled:
                yield cells
    except UnicodeError as error:
        raise InvalidInput(f"The file is no text in {encoding}: {error.args[-1]}.") from None
    finally:
        with suppress(ValueError):  # closed already by whom it belongs to
            text.detach()  # the file stays open: it is the caller's


class _Parser:
    """Records of a text. A quote that is opened and never closed spoils the line it is in, not the rest.

    Pieces that end where a record does and have no broken quotes are cut at once, others line by line.
    """

    def __init__(self, text: io.TextIOWrapper, delimiter: str, piece: int) -> None:
        self._read_piece = partial(text.read, piece)
        self._delimiter = delimiter
        self._read = partial(text.readline, _LONGEST_RECORD)
        self._waiting: deque[str] = deque()  # lines that were taken for a part of a quoted cell
        self._of_record: list[str] = []
        self._read_again = 0

    def __iter__(self) -> Iterator[list[str]]:
        while piece := self._piece():
            try:
                yield from self._at_once(piece)
            except csv.Error:
                self._waiting.extend(io.StringIO(piece, newline=""))
                yield from map(_unguarded, self._line_by_line())

    def _piece(self) -> str:
        """Some lines, the last one whole unless it is far too long."""
        piece = self._read_piece()
        return piece if not piece or piece.endswith("\n") else piece + self._read()

    def _at_once(self, piece: str) -> list[list[str]]:
        """Raises csv.Error where it has to be looked at more closely."""
        if len(piece) > _LARGE_RECORD:
            raise csv.Error("there may be a record that is too large")
        if '"' not in piece and "\r" not in (plain := piece.replace("\r\n", "\n")):
            found = [line.split(self._delimiter) for line in plain.split("\n")]  # in half the time
        else:
            found = list(csv.reader(io.StringIO(piece, newline=""), delimiter=self._delimiter, strict=True))
        return list(map(_unguarded, found)) if spreadsheets.may_be_guarded(piece) else found

    def _line_by_line(self) -> Iterator[list[str]]:
        """What waits, and what of the text belongs to the last record of that."""
        record = self._of_record
        while self._waiting:
            try:
                for cells in csv.reader(self._lines(), delimiter=self._delimiter, strict=True):
                    if len(record) > 1 or len(record[0]) > _LARGE_RECORD:
                        cells = _measured(cells)
                    record.clear()
                    yield cells
                    if not self._waiting:
                        return
            except csv.Error as error:
                yield self._spoiled(str(error))

    def _lines(self) -> Iterator[str]:
        record, waiting, read = self._of_record, self._waiting, self._read
        size = 0
        while line := waiting.popleft() if waiting else read():
            record.append(line)
            size = len(line) if len(record) == 1 else size + len(line)
            if size >= _LONGEST_RECORD:
                raise csv.Error("too long")
            yield line

    def _spoiled(self, error: str) -> Spoiled:
        first, *rest = self._of_record
        self._of_record.clear()
        self._waiting.extendleft(reversed(rest))
        self._read_again += sum(map(len, rest))
        if self._read_again > _MOST_READ_AGAIN:
            raise InvalidInput("Quotes are opened and not closed all over the file. Save it anew as CSV.")
        if len(first) >= _LONGEST_RECORD:
            self._pass_to_line_end(first)
            return Spoiled([first[:_KEPT_OF_LARGE] + "…"], "too_long", "the line is far too long")
        cells = first.rstrip("\r\n").split(self._delimiter)
        reason = "a quote is opened and not closed" if rest or "end of data" in error else (
            "there is a quote in the middle of a quoted cell; write it twice"
        )  # fmt: skip
        return Spoiled(cells, "broken_quotes", reason)

    def _pass_to_line_end(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._read()


def _unguarded(cells: list[str]) -> list[str]:
    """The record as it was before a download led what looks like a formula by an apostrophe."""
    if type(cells) is not Spoiled:
        cells[:] = map(spreadsheets.unguarded, cells)
    return cells


def _measured(cells: list[str]) -> list[str]:
    """The record itself, or where it is larger than any of ours what it begins with: blocks of rows are
    held in memory, and a rejection is stored whole."""
    if sum(map(len, cells)) <= _LARGE_RECORD:
        return cells
    cut = [cell if len(cell) <= _KEPT_OF_LARGE else cell[:_KEPT_OF_LARGE] + "…" for cell in cells]
    return Spoiled(cut, "too_long", f"the row holds more than {_LARGE_RECORD:,} characters")
