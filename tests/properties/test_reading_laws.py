"""Laws of reading files: whatever comes in is a table or refused with a sentence; tables keep their cells."""

import csv
import gzip
import io
import string
from datetime import UTC
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import InvalidInput
from crm.ingestion import delimited, files, moments, numbers, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.reading import Reading
from crm.ingestion.records import Refusal
from crm.ingestion.refused import Refused
from crm.ingestion.rows import Reader, named
from tests.unit.test_ingestion_blocks import (
    FAMILIES,
    HEADERS,
    SOUND,
    STYLES,
    at_once,
    one_by_one,
    reading_of,
)
from tests.unit.test_ingestion_formats import CSV, as_parquet, as_xlsx, zipped

PIECES = st.sampled_from(
    [
        *(
            b"email",
            b"name",
            b"order id",
            b"total",
            b"date",
            b"a@x.example",
            b"$where",
            b"=1+1",
            b" ",
            b"inf",
        ),
        *(b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b'"', b'""', b"#", b"sep=;", b"-", b"(", b")"),
        *(b"1,234", b"03/04/2025", b"45658", b"9" * 30, b"E+11", b"{", b'{"email": "a@x.example"}', b"[{"),
        *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", "é".encode()),
        *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"PAR1"),
    ]
)
CONTENTS = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join))
CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"), max_size=12
) | st.sampled_from(['"', '""', ",", "\n", "a\r\nb", ";", "\t", "#x"])
WRITTEN = st.text(string.digits + " .,'-+()₹€$/:TZeE\u00a0", max_size=20)


@settings(max_examples=400, deadline=None)
@given(
    content=CONTENTS, packed=st.booleans(), kind=st.sampled_from([None, "customers", "orders", "products"])
)
def test_whatever_comes_in_is_read_or_refused_with_a_sentence(
    content: bytes, packed: bool, kind: str | None
) -> None:
    file = io.BytesIO(gzip.compress(content) if packed else content)
    try:
        preview = uploads.preview(file, choices=Choices(kind=kind), first=3, zone=UTC)
        if preview.reading is None:
            return
        reading = Reading.of(orjson.loads(orjson.dumps(preview.reading.document())))
        reader = Reader(reading)
        for cells in files.rows(file, reading.table):
            orjson.dumps(named(reading.table.columns, cells))
            try:
                orjson.dumps(reader.record(cells))
            except Refusal as refusal:
                orjson.dumps([refusal.code, refusal.reason])
    except InvalidInput as error:
        assert error.message.encode()


@settings(max_examples=200, deadline=None)
@given(
    table=st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=8)),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_that_was_written_is_read_as_it_was(
    table: list[list[str]], delimiter: str, encoding: str, end: str
) -> None:
    width = len(table[0]) if table else 2
    header = ["email", "name", "city", "country", "phone"][:width]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [header, *table]
    )
    file = io.BytesIO(text.getvalue().encode(encoding))
    found = files.inspect(file)
    assert (found.delimiter, found.columns) == (delimiter, tuple(header))
    assert [list(row) for row in files.rows(file, found)] == [
        row for row in table if any(map(str.strip, row))
    ]


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=60), lengths=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_where_a_text_is_cut_into_pieces_changes_no_record(
    pieces: list[bytes], lengths: tuple[int, int]
) -> None:
    text = b"".join(pieces)

    def cut(length: int) -> list[tuple[type, list[str]]]:
        try:
            found = delimited.records(io.BytesIO(text), "utf-8", ",", piece=length)
            return [(type(cells), list(cells)) for cells in found]
        except InvalidInput:
            return []

    assert cut(lengths[0]) == cut(lengths[1]) == cut(10_000)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[str, list[list[Any]], dict[str, dict[str, Any]]]:
    """A kind, rows of a file of it, and how some of its columns are written: these have cells of all sorts,
    the others nothing or the same in all rows."""
    kind = draw(st.sampled_from(list(HEADERS)))
    names = HEADERS[kind].split(";")
    styles = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(STYLES), min_size=1, max_size=3))
    family = st.sampled_from(FAMILIES).flatmap(lambda cells: st.lists(st.sampled_from(cells), min_size=1))
    columns = [
        st.sampled_from(draw(family)) if name in styles else st.just(draw(st.sampled_from(["", SOUND[name]])))
        for name in names
    ]
    rows = draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=5))
    for row in rows:
        match draw(st.integers(0, 15)):
            case 0:
                del row[draw(st.integers(0, len(names))) :]
            case 1:
                row.append(draw(st.sampled_from(["", " ", "x"])))
    return kind, rows, styles


@settings(max_examples=300, deadline=None)
@given(block=blocks(), times=st.sampled_from([1, 3]))
def test_a_block_is_understood_as_its_rows_one_by_one(
    block: tuple[str, list[list[Any]], dict[str, dict[str, Any]]], times: int
) -> None:
    kind, rows, styles = block
    reading = reading_of(kind, styles)
    assert at_once(reading, rows * times) == one_by_one(reading, rows * times)


@settings(max_examples=500, deadline=None)
@given(written=WRITTEN)
def test_a_number_that_is_read_without_a_decimal_sign_is_the_same_with_the_one_it_has(written: str) -> None:
    try:
        number = numbers.read(written)
    except Refused:
        return
    says = numbers.evidence(written)
    assert says is not None
    assert numbers.read(written, says if says in (numbers.POINT, numbers.COMMA) else None) == number


@settings(max_examples=500, deadline=None)
@given(written=WRITTEN, way=st.sampled_from([None, *moments.WAYS]))
def test_whatever_is_written_is_a_moment_or_refused(written: str, way: str | None) -> None:
    try:
        at = moments.read(written, way=way)
    except Refused as refused:
        assert refused.reason
    else:
        assert moments.EARLIEST_YEAR <= at.year <= moments.LATEST_YEAR
        assert at.tzinfo is UTC


BASES = {
    "xlsx": as_xlsx(),
    "parquet": as_parquet(),
    "zip": zipped(("a.csv", CSV * 20)),
    "gzip": gzip.compress(CSV * 20, mtime=0),
}


@settings(max_examples=200, deadline=None)
@given(
    what=st.sampled_from(list(BASES)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=4), st.integers(0, 4)), min_size=1),
)
def test_a_file_that_was_damaged_anywhere_is_read_or_refused(
    what: str, changes: list[tuple[float, bytes, int]]
) -> None:
    content = bytearray(BASES[what])
    for place, put, instead in changes[:5]:
        at = int(place * len(content))
        content[at : at + instead] = put
    file = io.BytesIO(bytes(content))
    try:
        found = files.inspect(file)
        for cells in files.rows(file, found):
            named(found.columns, cells)
    except InvalidInput as error:
        assert error.message.encode()
