"""Files of unknown make: what they are, by what is in them, and their rows, in bounded memory."""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO, Self

from crm.errors import InvalidInput
from crm.ingestion import containers, delimited, encodings, headers, json_lines, parquet, workbooks
from crm.ingestion.cells import Cell, is_blank, shown
from crm.ingestion.looks import is_data

DELIMITED, NDJSON, EXCEL, PARQUET = "delimited", "ndjson", "xlsx", "parquet"
FORMATS = (DELIMITED, NDJSON, EXCEL, PARQUET)
MOST_COLUMNS = 2000
_LOOKED_AT = 20  # records in which the header is looked for
_PIECE = 1024 * 1024
_CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\f\x1a")

_OTHER_KINDS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "Save it as xlsx or CSV and upload that."),
    (b"%PDF", "a PDF", ""),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"GIF8", "a picture", ""),
    (b"RIFF", "a picture or a sound", ""),
    (b"BZh", "a bzip2 file", "Unpack it and upload what is in it."),
    (b"\xfd7zXZ", "an xz file", "Unpack it and upload what is in it."),
    (b"7z\xbc\xaf", "a 7-Zip file", "Unpack it and upload what is in it."),
    (b"Rar!", "a RAR file", "Unpack it and upload what is in it."),
    (b"{\\rtf", "a Word document", ""),
    (b"SQLite format 3", "a database", "Export the table as CSV and upload that."),
)
_PAGES = ("<!doctype", "<html", "<head", "<meta", "<style", "<table", "<?xml")


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is and where its table stands in it.

    `packing` is how it was packed, `part` the file's name in a zip, `sheet` that in a workbook. `before`
    records stand before the header; where `header` is False there is none, and the columns are
    called by their numbers. `notes` are sentences for the person.
    """

    format: str
    columns: tuple[str, ...]
    encoding: str = encodings.UTF_8
    delimiter: str = ","
    before: int = 0
    header: bool = True
    packing: str | None = None
    part: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        lists = {name: tuple(document[name]) for name in ("columns", "sheets", "notes")}
        return cls(**{**document, **lists})


@dataclass(frozen=True, slots=True)
class Overrules:
    """What a person says of a file; None is for what the file itself says."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    part: str | None = None
    sheet: str | None = None


_NOTHING = Overrules()


def inspect(file: BinaryIO, overrules: Overrules = _NOTHING) -> Table:
    """Look at a file, from its start to its end where its encoding asks for it or it is packed.

    Raises InvalidInput for a file that is no table, with a sentence that says what it is instead.
    """
    with containers.opened(file, overrules.part) as found:
        sample = found.file.read(delimited.SAMPLE)
        if not sample:
            raise InvalidInput("The file is empty.")
        table = _format(found.file, sample, overrules)
        if found.packing:
            _read_through(found.file)
        return replace(table, packing=found.packing, part=found.part)


def nameless(position: int) -> str:
    """What the column at this position is called where the file gives it no name."""
    return f"column {position + 1}"


def _read_through(file: BinaryIO) -> None:
    """Find out now, before anything of it is imported, whether a packed file is whole."""
    file.seek(0)
    while file.read(_PIECE):
        pass


def _format(file: BinaryIO, sample: bytes, overrules: Overrules) -> Table:
    if sample.startswith(b"PK\x03\x04"):
        return _workbook(file, overrules)
    if sample.startswith(b"PAR1"):
        return _table(PARQUET, parquet.names(file))
    for beginning, what, advice in _OTHER_KINDS:
        if sample.startswith(beginning):
            raise InvalidInput(
                f"This is {what}, not a table. {advice or 'Save the table as CSV and upload that.'}"
            )
    encoding = overrules.encoding or encodings.detect(file, sample)
    text = codecs.getincrementaldecoder(encoding)(encodings.errors(encoding)).decode(sample)
    _check_is_text(text)
    begins = text.lstrip("\ufeff \t\r\n")[:20].lower()
    if begins.startswith("{"):
        names = json_lines.names(file, encoding, MOST_COLUMNS)
        return _table(NDJSON, names, encoding=encoding)
    if begins.startswith(("[{", "[\n", "[\r")):
        raise InvalidInput("This is one JSON list. Write one object a line (NDJSON) and upload that.")
    if begins.startswith(_PAGES):
        raise InvalidInput(
            "This is a web page or XML, as some programs call an Excel file. Open it in a spreadsheet, save "
            "it as xlsx or CSV and upload that."
        )
    return _delimited(file, text, encoding, overrules)


def _workbook(file: BinaryIO, overrules: Overrules) -> Table:
    sheets = workbooks.sheets(file)
    if not sheets:
        raise InvalidInput("The file is empty.")
    sheet = overrules.sheet if overrules.sheet in sheets else _first_table(file, sheets)
    first = _first_of(file, sheet)
    notes = [f"The sheet “{sheet}” is read; {_others(sheets, sheet)} not."] if len(sheets) > 1 else []
    return _headed(EXCEL, first, overrules, notes, sheet=sheet, sheets=tuple(sheets))


def _first_table(file: BinaryIO, sheets: list[str]) -> str:
    """The first sheet with columns: a cover says a thing or two, one below the other."""
    for sheet in sheets if len(sheets) > 1 else ():
        if any(_is_header(row) for row in _first_of(file, sheet)):
            return sheet
    return sheets[0]


def _first_of(file: BinaryIO, sheet: str) -> list[list[Cell]]:
    return list(islice(workbooks.records(file, sheet, MOST_COLUMNS), _LOOKED_AT))


def _is_header(row: list[Cell]) -> bool:
    names = [shown(cell, 200) for cell in row if not is_blank(cell)]
    return len(names) > 2 or headers.any_known(names)


def _others(sheets: list[str], sheet: str) -> str:
    others = [f"“{one}”" for one in sheets if one != sheet]
    return f"{', '.join(others[:5])}{' …' if len(others) > 5 else ''} {'is' if len(others) == 1 else 'are'}"


def _delimited(file: BinaryIO, text: str, encoding: str, overrules: Overrules) -> Table:
    delimiter, before = delimited.delimiter_of(text)
    if overrules.delimiter:
        delimiter = overrules.delimiter
    first = delimited.first_rows(file, encoding, delimiter, before + _LOOKED_AT)[before:]
    notes = []
    if encoding == encodings.WINDOWS and not overrules.encoding:
        notes.append("The file is not in UTF-8; it is read as Western (Windows-1252).")
    return _headed(DELIMITED, first, overrules, notes, before=before, encoding=encoding, delimiter=delimiter)


def _headed(
    format: str, first: list[list[Cell]], overrules: Overrules, notes: list[str], before: int = 0, **more: Any
) -> Table:
    """The table whose first records these are, its header among them."""
    if not first:
        raise InvalidInput("The file is empty.")
    titles = _titles(first)
    columns = _headers(first[titles])
    header = overrules.header
    if header is None:
        header = headers.any_known(columns) or not is_data(columns)
    notes = [
        f"“{shown(_only(row), 60)}” stands before the table and is left out." for row in first[:titles]
    ] + notes
    return _table(format, columns, header=header, before=before + titles, notes=tuple(notes), **more)


def _check_is_text(text: str) -> None:
    controls = sum(1 for sign in text if sign in _CONTROLS)
    if controls > 2 and controls > len(text) // 20:
        raise InvalidInput("This is not a text file. Save the table as CSV and upload that.")


def _titles(first: list[list[Cell]]) -> int:
    """How many of the first records are titles above the table: one cell each, and the header after them."""
    for position, row in enumerate(first):
        names = [shown(cell, 200) for cell in row if not is_blank(cell)]
        known = headers.any_known(names)
        if known or len(names) > 1:
            return position if known else 0
    return 0


def _only(row: list[Cell]) -> Cell:
    return next(cell for cell in row if not is_blank(cell))


def _table(format: str, columns: tuple[str, ...], *, header: bool = True, **more: Any) -> Table:
    """A table of these columns, called by their numbers where they have no names.

    Raises InvalidInput where there are too many.
    """
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"The file has {len(columns):,} columns; at most {MOST_COLUMNS:,} are taken.")
    if not header:
        columns = tuple("" for _ in columns)
    named = tuple(column or nameless(position) for position, column in enumerate(columns))
    return Table(format, named, header=header, **more)


def _headers(row: list[Cell]) -> tuple[str, ...]:
    columns = [" ".join(shown(cell).split()) for cell in row]
    while columns and not columns[-1]:
        columns.pop()  # lines that end in a delimiter
    return tuple(columns)


def rows(file: BinaryIO, table: Table) -> Iterator[list[Cell]]:
    """The records after the header, blank ones left out: row 1 is the first one.

    Raises InvalidInput where a file turns out to be damaged or larger than it may be.
    """
    with containers.opened(file, table.part) as found:
        records = _records(found.file, table)
        if table.format in (DELIMITED, EXCEL):
            for _ in range(table.before + table.header):
                next(records, None)
        yield from records


def _records(file: BinaryIO, table: Table) -> Iterator[list[Cell]]:
    if table.format == NDJSON:
        return json_lines.records(file, table.encoding, table.columns)
    if table.format == EXCEL:
        return workbooks.records(file, table.sheet or "", MOST_COLUMNS)
    if table.format == PARQUET:
        return parquet.records(file)
    return delimited.records(file, table.encoding, table.delimiter)
