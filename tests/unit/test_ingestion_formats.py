"""The same table in every format and packing is the same records; what is damaged is said to be so."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import orjson
import pyarrow
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pyarrow import parquet

from crm.errors import InvalidInput
from crm.ingestion import containers, files, uploads
from crm.ingestion.cells import Spoiled
from crm.ingestion.choices import Choices
from crm.ingestion.records import Record, Refusal
from crm.ingestion.rows import Reader
from crm.ingestion.sheet_rows import SheetRows

CSV = b"order id,email,date,total\nA1,asha@x.example,2025-01-31,12.5\nA2,ravi@x.example,2025-02-01,3\n"
JANUARY_31, FEBRUARY_1 = datetime(2025, 1, 31, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
RECORDS = [
    {"orderReference": "A1", "customerEmail": "asha@x.example", "createdAt": JANUARY_31, "total": 12.5},
    {"orderReference": "A2", "customerEmail": "ravi@x.example", "createdAt": FEBRUARY_1, "total": 3.0},
]


def records(content: bytes, choices: Choices | None = None) -> list[Record | str]:
    file = io.BytesIO(content)
    reading = uploads.read(file, choices or Choices())
    reader = Reader(reading)
    found: list[Record | str] = []
    for cells in files.rows(file, reading.table):
        try:
            found.append(reader.record(cells))
        except Refusal as refusal:
            found.append(refusal.code)
    return found


def xlsx(*sheets: list[list[Any]], titles: tuple[str, ...] = ("Orders", "Other")) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in zip(titles, sheets, strict=False):
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def as_xlsx() -> bytes:
    return xlsx(
        [
            ["order id", "email", "date", "total"],
            ["A1", "asha@x.example", datetime(2025, 1, 31), 12.5],  # noqa: DTZ001
            [None, None, None, None],
            ["A2", "ravi@x.example", datetime(2025, 2, 1), 3],  # noqa: DTZ001
        ]
    )


def as_ndjson() -> bytes:
    lines = [
        {"orderId": "A1", "email": "asha@x.example", "date": "2025-01-31", "total": 12.5},
        {"total": 3, "orderId": "A2", "email": "ravi@x.example", "date": "2025-02-01"},
    ]
    return b"\n".join(map(orjson.dumps, lines))


def as_parquet() -> bytes:
    table = pyarrow.table(
        {
            "order id": ["A1", "A2"],
            "email": ["asha@x.example", "ravi@x.example"],
            "date": [datetime(2025, 1, 31).date(), datetime(2025, 2, 1).date()],  # noqa: DTZ001
            "total": [Decimal("12.50"), Decimal("3.00")],
        }
    )
    target = io.BytesIO()
    parquet.write_table(table, target)
    return target.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


FORMATS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: CSV,
    "tsv": lambda: CSV.replace(b",", b"\t"),
    "ndjson": as_ndjson,
    "xlsx": as_xlsx,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read_as_the_same_records(format: str) -> None:
    assert records(FORMATS[format]()) == RECORDS


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read_from_gzip_and_zip_too(format: str) -> None:
    content = FORMATS[format]()
    assert records(gzip.compress(content)) == RECORDS
    assert records(zipped(("__MACOSX/._x", b"junk"), ("orders/", b""), ("orders/x.bin", content))) == RECORDS


def test_a_zip_of_several_files_asks_for_one() -> None:
    content = zipped(("a.csv", CSV), ("march/b.csv", CSV))
    with pytest.raises(InvalidInput, match=r"2 files in this zip file \(a.csv, march/b.csv\)\. Choose one"):
        records(content)
    assert records(content, Choices(file=files.Overrules(part="march/b.csv"))) == RECORDS


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip-cut": (lambda: gzip.compress(CSV * 100)[:-20], "gzip file is cut short"),
    "gzip-cut-with-a-mark": (
        lambda: gzip.compress(b"\xef\xbb\xbf" + CSV * 9000)[:-20],
        "gzip file is cut short",
    ),
    "gzip-checksum": (lambda: gzip.compress(CSV)[:-8] + b"\0" * 8, "gzip file is damaged"),
    "zip-cut": (lambda: zipped(("a.csv", CSV * 100))[:-40], "zip or Excel file is cut short"),
    "xlsx-cut": (lambda: as_xlsx()[:-40], "zip or Excel file is cut short"),
    "parquet-cut": (lambda: as_parquet()[:-40], "Parquet file is damaged"),
    "zip-empty": (lambda: zipped(), "no file in this zip"),
    "gzip-in-gzip": (lambda: gzip.compress(gzip.compress(CSV)), "packed file in this packed file"),
    "zip-in-gzip": (lambda: gzip.compress(zipped(("a.csv", CSV))), "packed file in this packed file"),
    "word": (
        lambda: zipped(("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")),
        "office document",
    ),
    "xlsx-of-nothing": (
        lambda: zipped(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>")),
        "Excel file is damaged",
    ),
    "xls": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old Excel"),
    "json-list": (lambda: orjson.dumps([{"email": "a@x.example"}]), "one JSON list"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_damaged_is_said_to_be_before_anything_is_read(what: str) -> None:
    content, said = DAMAGED[what][0](), DAMAGED[what][1]
    with pytest.raises(InvalidInput, match=said):
        uploads.read(io.BytesIO(content))


def test_a_gzip_bomb_is_left_after_its_first_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_FREE", 1024 * 1024)
    bomb = gzip.compress(b"name,email\n" + b"a" * 100_000_000)
    with pytest.raises(InvalidInput, match="Far more is packed"):
        uploads.read(io.BytesIO(bomb))


def test_a_zip_bomb_is_known_by_what_it_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_FREE", 1024 * 1024)
    bomb = zipped(("a.csv", b"name,email\n" + b"a" * 50_000_000))
    with pytest.raises(InvalidInput, match="Far more is packed"):
        uploads.read(io.BytesIO(bomb))


def test_a_workbook_bomb_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_FREE", 1024 * 1024)
    strings = ("xl/sharedStrings.xml", b"a" * 50_000_000)
    bomb = zipped(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>"), strings)
    with pytest.raises(InvalidInput, match="Far more is packed"):
        uploads.read(io.BytesIO(bomb))


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_said() -> None:
    content = bytearray(zipped(("a.csv", b"name,email\n" + b"a" * 1_000_000)))
    size = (1_000_011).to_bytes(4, "little")
    at = content.rindex(size)
    content[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(InvalidInput, match="zip file is damaged"):
        uploads.read(io.BytesIO(bytes(content)))


def test_a_part_that_a_zip_has_not_is_refused_with_those_that_it_has() -> None:
    content = zipped(("march/a.csv", b"email\na@x.example\n"), ("b.csv", b"email\nb@x.example\n"))
    with pytest.raises(InvalidInput) as refused:
        uploads.read(io.BytesIO(content), Choices(file=files.Overrules(part="a.csv")))
    assert [(one.field, one.reason) for one in refused.value.fields] == [
        ("part", "there is no such file in the zip file: march/a.csv, b.csv")
    ]


def test_a_cover_sheet_is_passed_over() -> None:
    content = xlsx([["Report of March"], ["Made by", "Asha"]], [["Email", "City"], ["a@x.example", "Pune"]])
    assert records(content) == [{"email": "a@x.example", "city": "Pune"}]


def test_of_several_sheets_the_first_with_something_in_it_is_read_and_it_is_said() -> None:
    table = [["email", "name"], ["a@x.example", "Asha"]]
    other = [["email", "name"], ["r@x.example", "Ravi"]]
    content = xlsx([], table, other, titles=("Empty", "People", "More"))
    assert records(content) == [{"email": "a@x.example", "name": "Asha"}]
    assert records(content, Choices(file=files.Overrules(sheet="More"))) == [
        {"email": "r@x.example", "name": "Ravi"}
    ]
    reading = uploads.read(io.BytesIO(content))
    assert uploads.notes(reading)[0] == "The sheet “People” is read; “More” is not."


def test_numbers_of_a_workbook_are_text_numbers_or_dates_as_their_field_is() -> None:
    header = ["customer id", "phone", "email", "signup date", "total spent"]
    content = xlsx([header, [17, 919800000000, "a@x.example", 45658, 1.234]])
    assert records(content) == [
        {
            "externalId": "17",
            "phone": "919800000000",
            "email": "a@x.example",
            "accountCreated": datetime(2025, 1, 1, tzinfo=UTC),
            "totalSpent": 1.234,
        }
    ]


def test_a_formula_has_its_saved_value_or_is_refused() -> None:
    content = xlsx([["email", "total spent"], ["a@x.example", "=1+1"], ["b@x.example", 2]])
    assert records(content) == ["formula", {"email": "b@x.example", "totalSpent": 2.0}]
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(saved, "w") as target:
        for one in source.infolist():
            data = source.read(one).replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
            target.writestr(one, data.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))
    assert records(saved.getvalue())[0] == {"email": "a@x.example", "totalSpent": 2.0}


def test_a_name_that_only_a_late_object_has_is_a_column_too() -> None:
    lines = [{"email": f"p{number}@x.example"} for number in range(2000)]
    content = b"\n".join(map(orjson.dumps, [*lines, {"email": "a@x.example", "phone": "123"}]))
    assert records(content)[-1] == {"email": "a@x.example", "phone": "123"}


def test_lines_that_are_no_objects_are_refused_alone() -> None:
    content = b'{"email": "a@x.example"}\n{"email": \n[1]\n\n{"email": "b@x.example", "name": {"$gt": ""}}\n'
    assert records(content) == [{"email": "a@x.example"}, "not_json", "not_an_object", "not_text"]


def test_products_come_as_lists_where_the_format_has_them() -> None:
    table = pyarrow.table(
        {
            "orderId": ["A1"],
            "email": ["a@x.example"],
            "items": [[{"name": "Mug", "quantity": 2, "price": 4.5}]],
        }
    )
    target = io.BytesIO()
    parquet.write_table(table, target)
    [order] = records(target.getvalue())
    assert isinstance(order, dict)
    assert order["products"] == [{"name": "Mug", "quantity": 2, "price": 4.5}]
    assert order["total"] == 9


def test_cells_of_a_workbook_are_those_that_openpyxl_reads() -> None:
    book = openpyxl.Workbook(write_only=True)  # which writes text beside each cell
    sheet = book.create_sheet("Orders")
    shared = openpyxl.load_workbook(io.BytesIO(xlsx([[1]])))
    rich = CellRichText("a", TextBlock(InlineFont(b=True), "b"))
    rows = [
        ["email", "date", "total"],
        ["a@x.example", datetime(2025, 1, 31, 10, 30), 12.5, True, None, "", "ü  "],  # noqa: DTZ001
        [],
        [None, date(2025, 1, 31), 1e300, False, time(10, 30), timedelta(days=2), rich, -3],
        ["#N/A", "=1+1", 17, *[None] * 700, "far"],
    ]
    for row in rows:
        sheet.append(row)
        shared.active.append(row)
    for one in (book, shared):
        target = io.BytesIO()
        one.save(target)
        read = openpyxl.load_workbook(target, read_only=True, data_only=True).worksheets[0]
        expected = [_filled(row) for row in read.iter_rows(values_only=True)]
        found = filter(None, map(_filled, SheetRows(read, 2000)))
        assert list(found) == list(filter(None, expected))


def _filled(row: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(at, cell) for at, cell in enumerate(row) if cell is not None]


def sheet_of(*rows: str) -> bytes:
    """A workbook whose sheet has these rows of XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([[1]]))) as source, zipfile.ZipFile(target, "w") as made:
        for one in source.infolist():
            data = source.read(one)
            if one.filename == "xl/worksheets/sheet1.xml":
                start, end = data.index(b"<sheetData>"), data.index(b"</sheetData>")
                data = data[:start] + b"<sheetData>" + "".join(rows).encode() + data[end:]
            made.writestr(one, data)
    return target.getvalue()


def test_a_formula_that_several_cells_share_is_named_as_each_has_it() -> None:
    content = sheet_of(
        '<row><c t="str"><v>email</v></c><c t="str"><v>total spent</v></c></row>',
        '<row><c t="str"><v>a@x.example</v></c>'
        '<c r="B2"><f t="shared" ref="B2:B3" si="0">1+C2</f><v>2</v></c></row>',
        '<row><c t="str"><v>b@x.example</v></c><c r="B3"><f t="shared" si="0"/></c></row>',
    )
    file = io.BytesIO(content)
    good, spoiled = files.rows(file, files.inspect(file))
    assert good == ["a@x.example", 2]
    assert isinstance(spoiled, Spoiled)
    assert (list(spoiled), spoiled.code) == (["b@x.example", "=1+C3"], "formula")


def test_rows_with_any_number_are_taken_as_they_stand() -> None:
    content = sheet_of(
        '<row r="1"><c r="A1" t="str"><v>email</v></c></row>',
        '<row r="1000000000"><c t="str"><v>a@x.example</v></c></row>',
        '<row r="5"><c t="str"><v>b@x.example</v></c></row>',
    )
    assert records(content) == [{"email": "a@x.example"}, {"email": "b@x.example"}]


@pytest.mark.parametrize("written", ["(12.00)", "-₹1,234.50", "5-", "-3"])
def test_a_negative_amount_is_refused_as_it_is_written(written: str) -> None:
    file = io.BytesIO(f'email,total spent\na@x.example,"{written}"\n'.encode())
    reading = uploads.read(file)
    [cells] = files.rows(file, reading.table)
    with pytest.raises(Refusal, match=re.escape(f"“{written}” is negative")):
        Reader(reading).record(cells)
