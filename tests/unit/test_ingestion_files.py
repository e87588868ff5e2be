"""Files of many makes: what they are read as, and what is said of those that can't be read."""

import io

import pytest

from crm.errors import InvalidInput
from crm.ingest import preview_file
from crm.ingestion import files, uploads
from crm.ingestion.rows import Reader


def read(content: bytes) -> list[list[str]]:
    file = io.BytesIO(content)
    return list(files.rows(file, files.inspect(file)))


@pytest.mark.parametrize(
    "content",
    [
        b"name,email\nZo\xc3\xab,z@x.example\n",
        b"\xef\xbb\xbfname,email\r\nZo\xc3\xab,z@x.example\r\n",
        "name;email\nZoë;z@x.example".encode(),
        "name\temail\rZoë\tz@x.example\r".encode(),
        "name|email\nZoë|z@x.example".encode(),
        "name,email\nZoë,z@x.example".encode("cp1252"),
        "name,email\nZoë,z@x.example".encode("utf-16"),
        "Our people\n\nname;email\nZoë;z@x.example\n".encode(),
        "sep=|\nname|email\nZoë|z@x.example\n".encode(),
        b'\n\n"name","email"\n\nZo\xc3\xab,"z@x.example"\n,\n',
    ],
)
def test_encodings_delimiters_and_line_ends_are_found(content: bytes) -> None:
    assert read(content) == [["Zoë", "z@x.example"]]


def test_headers_may_be_dates_beside_one_that_is_known() -> None:
    table = files.inspect(io.BytesIO(b"email,2024-01-31,2024-02-29\na@x.example,1,2\n"))
    assert table.columns == ("email", "2024-01-31", "2024-02-29")


def test_a_letter_far_down_decides_the_encoding_too() -> None:
    content = b"name,email\n" + b"Asha,a@x.example\n" * 10_000 + "Zoë,z@x.example\n".encode("cp1252")
    assert read(content)[-1] == ["Zoë", "z@x.example"]


def test_quotes_hold_delimiters_and_line_breaks() -> None:
    assert read(b'name,email\n"Rao, Asha\nand sons",a@x.example\n') == [
        ["Rao, Asha\nand sons", "a@x.example"]
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "picture"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"name,email\n\0\0\0\1", "not a text file"),
        (b",".join(b"c%d" % number for number in range(3000)) + b"\n", "3,000 columns"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        preview_file(io.BytesIO(content), "upload.csv")


def test_the_preview_shows_rows_as_they_are_understood() -> None:
    content = (
        b"Order ID,E-mail,Date,Amount,Items,Colour\n"
        b'A1,a@x.example,2025-01-02,"1,234.50","[{""name"": ""Mug"", ""quantity"": 2}]",red\n'
        b"A2,nobody,2025-01-02,1,,\n"
    )
    preview = preview_file(io.BytesIO(content), "orders.csv")
    assert preview.kind == "orders"
    assert preview.mapping == {
        "Order ID": "orderReference",
        "E-mail": "customerEmail",
        "Date": "createdAt",
        "Amount": "total",
        "Items": "products",
    }
    assert preview.rows[0]["total"] == 1234.5
    assert preview.rows[0]["products"] == "2 × Mug"
    assert preview.rows[1] == {
        "orderReference": "A2",
        "customerEmail": "nobody",
        "createdAt": "2025-01-02",
        "total": "1",
        "problem": "E-mail: “nobody” is not an e-mail address",
    }
    assert preview.problems == ("The column “Colour” is not understood and will be left out.",)


def test_a_file_without_a_key_can_not_be_imported() -> None:
    preview = preview_file(io.BytesIO(b"name,city\nAsha,Pune\n"), "people.csv", kind="customers")
    assert preview.mapping == {}
    assert "e-mail address or an external id" in preview.problems[0]


def test_a_file_of_the_other_kind_is_told() -> None:
    preview = preview_file(io.BytesIO(b"orderId,email,total\n1,a@x.example,2\n"), "x.csv", kind="products")
    assert "looks like a file of orders" in preview.problems[0]


def _references(content: bytes) -> list[str]:
    file = io.BytesIO(content)
    reading = uploads.read(file)
    reader = Reader(reading)
    return [reader.record(cells)["orderReference"] for cells in files.rows(file, reading.table)]


def test_orders_without_a_reference_get_the_same_one_again_and_like_rows_all_count() -> None:
    content = (
        b"email,date,amount\na@x.example,2025-01-02,5\na@x.example,2025-01-02,5\nb@x.example,2025-01-02,5\n"
    )
    first = _references(content)
    assert len(set(first)) == 3
    assert _references(content.replace(b"email,date,amount", b"E-Mail , Date, Amount")) == first
