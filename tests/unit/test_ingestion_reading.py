"""A file's columns: what they go to, how their values are written, and what nobody could tell."""

import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from crm.errors import InvalidInput
from crm.ingestion import files, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.reading import Reading
from crm.ingestion.records import Record, Refusal
from crm.ingestion.rows import Reader

REFUSED = "row,field,code,reason"


def reading_of(content: str | bytes, choices: Choices | None = None) -> Reading:
    data = content.encode() if isinstance(content, str) else content
    return uploads.read(io.BytesIO(data), choices or Choices())


def records(content: str, choices: Choices | None = None) -> list[Record | str]:
    """Each row's record, or the code of why it is refused."""
    file = io.BytesIO(content.encode())
    reading = reading_of(content, choices)
    reader = Reader(reading)
    found: list[Record | str] = []
    for cells in files.rows(file, reading.table):
        try:
            found.append(reader.record(cells))
        except Refusal as refusal:
            found.append(refusal.code)
    return found


def orders(*rows: str, header: str = "order id;email;date;total") -> str:
    return "\n".join([header, *rows])


def values(content: str, field: str, choices: Choices | None = None) -> list[Any]:
    return [one[field] if isinstance(one, dict) else one for one in records(content, choices)]


APRIL_3, MARCH_4 = datetime(2025, 4, 3, tzinfo=UTC), datetime(2025, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("decisive", "way", "at"), [("28/02/2025", "dmy", APRIL_3), ("02/28/2025", "mdy", MARCH_4)]
)
def test_another_row_of_the_column_says_which_is_the_day(decisive: str, way: str, at: datetime) -> None:
    content = orders("1;a@x.example;03/04/2025;1.5", f"2;a@x.example;{decisive};1.5")
    assert reading_of(content).columns[2].dates == way
    assert values(content, "createdAt")[0] == at


def test_a_row_far_down_decides_too() -> None:
    rows = [f"{number};a@x.example;03/04/2025;1.5" for number in range(3000)]
    assert reading_of(orders(*rows, "x;a@x.example;28/02/2025;1.5")).columns[2].dates == "dmy"


def test_an_undecided_date_is_asked_and_never_guessed() -> None:
    content = orders("1;a@x.example;03/04/2025;1.5", "2;a@x.example;2025-01-31;1.5")
    [asked] = reading_of(content).asks
    assert (asked.header, asked.asks) == ("date", "03/04/2025")
    assert values(content, "createdAt") == ["ambiguous_date", datetime(2025, 1, 31, tzinfo=UTC)]


def test_a_column_that_contradicts_itself_decides_nothing() -> None:
    content = orders("1;a@x.example;03/04/2025;1", "2;a@x.example;28/02/2025;1", "3;a@x.example;02/28/2025;1")
    at = datetime(2025, 2, 28, tzinfo=UTC)
    assert values(content, "createdAt") == ["ambiguous_date", at, at]


def test_a_person_may_say_which_is_the_day_and_in_which_zone() -> None:
    content = orders("1;a@x.example;03/04/2025 10:00;1", "2;a@x.example;03/04/25;1")
    said = Choices(columns={2: {"dates": "dmy", "zone": "Asia/Kolkata"}})
    assert reading_of(content, said).asks == ()
    assert values(content, "createdAt", said) == [
        datetime(2025, 4, 3, 4, 30, tzinfo=UTC),
        datetime(2025, 4, 2, 18, 30, tzinfo=UTC),
    ]


def test_days_in_spreadsheet_numbers_are_dates_where_the_whole_column_has_them() -> None:
    assert values(orders("1;a@x.example;45658;1", "2;a@x.example;45658.5;1"), "createdAt") == [
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 1, 1, 12, tzinfo=UTC),
    ]
    mixed = orders("1;a@x.example;45658;1", "2;a@x.example;2025-01-01;1")
    assert values(mixed, "createdAt") == ["not_a_date", datetime(2025, 1, 1, tzinfo=UTC)]


def test_seconds_since_1970_are_dates_where_the_whole_column_has_them() -> None:
    content = orders("1;a@x.example;1735689600;1", "2;a@x.example;1735689600000;1")
    assert values(content, "createdAt") == [datetime(2025, 1, 1, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    ("rows", "totals"),
    [
        (["1,5", "1.234"], [1.5, 1234]),
        (["1.5", "1,234"], [1.5, 1234]),
        (["1.234,50", "1.234", "12"], [1234.5, 1234, 12]),
        (["1,234", "2,500"], ["ambiguous_number", "ambiguous_number"]),
        (["1.234", "7"], ["ambiguous_number", 7]),
        (["₹1,000", "2,500"], [1000, 2500]),
        (["€ 1,000", "0,5"], [1, 0.5]),
        (["1,5", "12.50"], [1.5, 12.5]),
        (["1 234,50", "1\u00a0234", "1'234"], [1234.5, 1234, 1234]),
    ],
)
def test_the_column_says_which_sign_is_the_decimal_one(rows: list[str], totals: list[Any]) -> None:
    content = orders(*[f"{number};a@x.example;2025-01-01;{total}" for number, total in enumerate(rows)])
    assert values(content, "total") == totals


def test_a_person_may_say_which_sign_is_the_decimal_one() -> None:
    content = orders("1;a@x.example;2025-01-01;1,234")
    assert values(content, "total", Choices(columns={3: {"decimal": ","}})) == [1.234]
    assert values(content, "total", Choices(columns={3: {"decimal": "."}})) == [1234]


def test_a_value_that_is_not_written_as_the_person_said_is_refused() -> None:
    content = orders("1;a@x.example;2025-01-01;12.50", "2;a@x.example;2025-01-01;12,50")
    assert values(content, "total", Choices(columns={3: {"decimal": ","}})) == ["not_a_number", 12.5]


def test_whole_numbers_have_no_decimals_to_ask_for() -> None:
    content = "email;orders;visits\na@x.example;1.234;1,234\n"
    assert reading_of(content).asks == ()
    assert records(content) == [{"email": "a@x.example", "orderCount": 1234, "visitCount": 1234}]


def test_columns_without_telling_names_are_taken_by_what_is_in_them() -> None:
    content = "Kontakt;Wann;Wieviel;Notiz\na@x.example;2025-01-31;12,50;x\nb@x.example;2025-02-01;1,5;y\n"
    reading = reading_of(content)
    assert reading.kind == "orders"
    assert [column.field for column in reading.columns] == ["customerEmail", "createdAt", "total", None]
    assert uploads.notes(reading)[0].startswith("“Kontakt” is taken as customerEmail")


def test_headers_that_only_customers_have_make_rows_customers() -> None:
    content = "Kontakt,signup date,total spent\na@x.example,2025-01-31,12.50\n"
    assert reading_of(content).kind == "customers"


def test_two_columns_that_look_alike_are_not_chosen_between() -> None:
    reading = reading_of("A;B\na@x.example;b@x.example\nc@x.example;d@x.example\n", Choices(kind="customers"))
    assert [column.field for column in reading.columns] == ["attributes.A", "attributes.B"]


def test_what_a_download_of_refused_rows_adds_does_not_tell_what_the_rows_are() -> None:
    content = f"Name,Kontakt,{REFUSED}\nAsha,a@x.example,1,age,not_a_number,“old” is no number\n"
    reading = reading_of(content)
    assert reading.kind == "customers"
    assert [column.field for column in reading.columns] == ["name", "email", None, None, None, None]


def test_what_a_download_of_refused_rows_adds_is_not_taken_by_what_is_in_it() -> None:
    taken = []
    for header, cell in (("Summe", "12.5"), ("Notiz", "x")):
        content = f"order id,email,date,{header},{REFUSED}\nA1,a@x.example,2025-01-31,{cell},7.0,date,x,y\n"
        reading = reading_of(content, Choices(kind="orders"))
        taken.append([column.field for column in reading.columns][3:])
    assert taken == [["total", None, None, None, None], [None] * 5]


def test_what_a_download_of_refused_rows_adds_is_not_listed_where_a_file_can_not_be_imported() -> None:
    content = f"Name,Stadt,{REFUSED}\nAsha,Pune,1,email,no_key,x\n"
    with pytest.raises(InvalidInput, match=r"the columns are “Name”, “Stadt”\. Customers need"):
        reading_of(content)
    with pytest.raises(InvalidInput, match=r"the columns are “Name”, “Stadt”\.$"):
        uploads.check(reading_of(content, Choices(kind="customers")))


def test_that_what_a_download_of_refused_rows_adds_is_left_out_is_nothing_to_say() -> None:
    reading = reading_of(f"order id,email,total,row,{REFUSED},{REFUSED}\n1,a@x.example,2,9,1,a,b,c,1,a,b,c\n")
    assert uploads.notes(reading) == ("The column “row” is not understood and will be left out.",)


def test_a_person_may_say_what_a_column_goes_to_and_leave_one_out() -> None:
    said = Choices(columns={0: {"field": "name"}, 2: {"field": None}})
    assert records("Wer,email,city\nAsha,a@x.example,Pune\n", said) == [
        {"name": "Asha", "email": "a@x.example"}
    ]


def test_a_reading_is_the_same_after_it_was_stored() -> None:
    reading = reading_of(orders("1;a@x.example;28/02/2025;1,5"))
    assert Reading.of(orjson.loads(orjson.dumps(reading.document()))) == reading


def test_a_field_that_a_person_gives_to_one_column_is_taken_from_another() -> None:
    said = Choices(columns={1: {"field": "email"}})
    reading = reading_of("email,work address\na@x.example,b@x.example\n", said)
    assert [column.field for column in reading.columns] == [None, "email"]


def test_what_was_said_of_an_earlier_file_holds_where_this_one_says_nothing_else() -> None:
    before = Choices(
        kind="orders", columns={2: {"dates": "dmy"}, 3: {"field": None}, 1: {"field": "customerId"}}
    )
    silent = orders("1;a@x.example;03/04/2025;1")
    reading = uploads.read(io.BytesIO(silent.encode()), recall=lambda headers: before)
    assert [column.field for column in reading.columns] == ["orderReference", "customerId", "createdAt", None]
    assert (reading.columns[2].dates, reading.asks) == ("dmy", ())
    telling = orders("1;a@x.example;03/04/2025;1", "2;a@x.example;02/28/2025;1")
    assert uploads.read(io.BytesIO(telling.encode()), recall=lambda headers: before).columns[2].dates == "mdy"
    now = Choices(columns={3: {"field": "total"}, 2: {"dates": "mdy"}})
    reading = uploads.read(io.BytesIO(silent.encode()), now, recall=lambda headers: before)
    assert (reading.columns[3].field, reading.columns[2].dates) == ("total", "mdy")
