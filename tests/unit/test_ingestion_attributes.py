"""A file's unknown columns: the attributes they become, of which type, and how their values are read."""

import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from crm.fields import Field, FieldType
from crm.ingestion import files, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.guesses import Guess
from crm.ingestion.reading import Reading
from crm.ingestion.records import Refusal
from crm.ingestion.rows import Reader

TEXT, NUMBER, DATE, YES_NO, TAGS = (
    FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN, FieldType.TAGS,
)  # fmt: skip


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("colour", ["red", "", "n/a"], TEXT),
        ("score", ["12", "-3.5", "", "n/a", "1,234.50"], NUMBER),
        ("score", ["₹1,234", "(12.00)"], NUMBER),
        ("score", [5, 5.5, None], NUMBER),
        ("score", ["12", "high"], TEXT),
        ("weight", ["12 kg"], TEXT),
        ("seat", ["A12", "B3"], TEXT),
        ("plan", ["01", "02"], TEXT),
        ("card", ["4111111111111111"], TEXT),
        ("Post code", ["560001", "110001"], TEXT),
        ("crm_id", ["1", "2"], TEXT),
        ("renews", ["2026-03-01", "2026-03-02T10:00:00Z"], DATE),
        ("renews", ["28/02/2026", "03/04/2026"], DATE),
        ("renews", ["1 Mar 2026", "-"], DATE),
        ("renews", [datetime(2026, 3, 1)], DATE),  # noqa: DTZ001  # a spreadsheet's dates have no zone
        ("renews", ["2026-03-01", "soon"], TEXT),
        ("member", ["yes", "No", ""], YES_NO),
        ("member", [True, False], YES_NO),
        ("member", ["0", "1"], NUMBER),
        ("isMember", ["0", "1"], YES_NO),
        ("likes", ["tea;go", "go", "chess"], TAGS),
        ("likes", ["tea|go", "tea"], TAGS),
        ("likes", [["tea"], ["go"]], TAGS),
        ("note", ["well; perhaps", "no idea"], TEXT),
        ("empty", ["", " ", "n/a", None, []], None),
        ("address", [{"street": "x"}], None),
        ("notes", ["short", "x" * 501], None),
    ],
)
def test_cells_suggest_a_type(header: str, cells: list[Any], kind: FieldType | None):
    guess = Guess(header)
    for cell in cells:
        guess.see(cell)
    assert guess.type == kind


def reading_of(
    content: str, choices: Choices | None = None, known: dict[str, Field] | None = None
) -> Reading:
    return uploads.read(io.BytesIO(content.encode()), choices or Choices(), known or {})


def taken(content: str, choices: Choices | None = None, known: dict[str, Field] | None = None) -> list[Any]:
    """Each row's attributes, or the field and the code of why it is refused."""
    reading = reading_of(content, choices, known)
    reader = Reader(reading)
    found: list[Any] = []
    for cells in files.rows(io.BytesIO(content.encode()), reading.table):
        try:
            found.append(reader.record(cells).get("attributes", {}))
        except Refusal as refusal:
            found.append((refusal.field, refusal.code))
    return found


CONTENT = (
    "email;Favourite Colour;score;renews;isMember;likes\n"
    "a@x.example; Red ;1,5;28/02/2026;1;tea;\n"
    "b@x.example;n/a;n/a;03/04/2026;;\n"
)


def test_unknown_columns_of_customers_become_attributes_of_their_type():
    columns = reading_of(CONTENT).columns
    assert [(one.field, one.attribute) for one in columns[1:]] == [
        ("attributes.Favourite Colour", TEXT), ("attributes.score", NUMBER), ("attributes.renews", DATE),
        ("attributes.isMember", YES_NO), ("attributes.likes", TEXT),
    ]  # fmt: skip
    assert columns[1].taken_as == "new attribute “Favourite Colour”, text"


def test_values_are_read_as_the_column_writes_them_and_words_for_nothing_are_not_given():
    assert taken(CONTENT) == [
        {"Favourite Colour": "Red", "score": 1.5, "renews": datetime(2026, 2, 28, tzinfo=UTC),
         "isMember": True, "likes": "tea"},
        {"Favourite Colour": "n/a", "renews": datetime(2026, 4, 3, tzinfo=UTC)},
    ]  # fmt: skip


def test_a_known_attribute_keeps_its_type_and_a_value_that_is_not_of_it_refuses_its_row():
    known = {"favouritecolour": Field("favouriteColour", NUMBER, "favourite colour", key="a7")}
    (column,) = reading_of(CONTENT, None, known).columns[1:2]
    assert (column.field, column.attribute, column.key) == ("attributes.favouriteColour", NUMBER, "a7")
    assert column.taken_as == "attribute “favouriteColour”, number"
    first, second = taken(CONTENT, None, known)
    assert first == ("favouriteColour", "not_a_number")
    assert "a7" not in second  # n/a is no number that was given


def test_a_row_is_refused_once_for_all_that_is_wrong_with_it():
    known = {"score": Field("score", FieldType.NUMBER, "Score", key="k1")}
    content = "email,age,score,visits\nasha,34,high,-1\nravi@x.example,old,n/a,\nmeera@x.example,old,low,2\n"
    reading = reading_of(content, known=known)
    reader, reasons = Reader(reading), []
    for cells in files.rows(io.BytesIO(content.encode()), reading.table):
        with pytest.raises(Refusal) as refused:
            reader.record(cells)
        reasons.append((refused.value.field, refused.value.reason))
    assert reasons == [
        (
            "email",
            "“asha” is not an e-mail address · visitCount: “-1” is negative · score: “high” is not a number",
        ),
        ("age", "“old” is not a number"),
        ("age", "“old” is not a number · score: “low” is not a number"),
    ]


def test_of_a_row_without_sense_the_first_cells_at_fault_are_named():
    fields = [
        "email",
        "age",
        "birthday",
        "phone",
        "total spent",
        "total order value",
        "order count",
        "visits",
    ]
    fields += ["last active", "last ordered", "first purchase", "member since", "inactive"]
    content = f"{','.join(fields)}\n{','.join(['9.19E+11x'] * len(fields))}\n"
    reading = reading_of(content)
    [cells] = files.rows(io.BytesIO(content.encode()), reading.table)
    with pytest.raises(Refusal) as refused:
        Reader(reading).record(cells)
    assert refused.value.field == "email"
    assert refused.value.reason.count(" · ") == 10
    assert refused.value.reason.endswith("more")


def test_columns_that_can_be_no_attributes_are_left_out():
    names = ["email", "", "_id", "bucket", "Colour", "colour", "x" * 61, "empty"]
    content = ",".join(names) + "\na@x.example,1,2,3,red,blue,4,\n"
    fields = [column.field for column in reading_of(content).columns]
    assert fields == ["email", None, None, None, "attributes.Colour", None, None, None]


def test_a_person_may_leave_a_column_out_or_name_its_attribute_and_type():
    said = {1: {"field": None}, 2: {"field": "attributes.points", "attribute": "text"}}
    content = "email,colour,score\na@x.example,red,5\n"
    assert taken(content, Choices(columns=said)) == [{"points": "5"}]


def test_orders_and_files_without_headers_have_no_attributes():
    orders = reading_of("orderId,email,total,gift wrap\n1,a@x.example,2,yes\n")
    assert [column.field for column in orders.columns][-1] is None
    bare = reading_of("a@x.example,Asha,red\nb@x.example,Bo,blue\n", Choices(kind="customers"))
    assert all(column.attribute is None for column in bare.columns)


def test_all_rows_have_a_say_in_the_type_of_a_new_attribute():
    rows = [f"p{number}@x.example,{number}" for number in range(1500)]
    content = "\n".join(["email,score", *rows, "last@x.example,none of these"])
    reading = reading_of(content)
    assert reading.columns[1].attribute == NUMBER
    seen, examples = uploads.all_seen(reading, io.BytesIO(content.encode()))
    assert seen.columns[1].attribute == TEXT
    assert examples == {"score": ("0", "1", "2", "3", "4")}


def test_a_reading_with_attributes_is_the_same_after_it_was_stored():
    reading = reading_of(CONTENT)
    assert Reading.of(orjson.loads(orjson.dumps(reading.document()))) == reading


def test_a_header_such_as_q1_is_no_amount():
    fields = [column.field for column in reading_of("email,Q1,n2\na@x.example,5,6\n").columns]
    assert fields == ["email", "attributes.Q1", "attributes.n2"]


def test_a_column_that_was_left_out_of_a_file_like_this_one_stays_out():
    recall = Choices(kind="customers", columns={1: {"field": None}})
    file = io.BytesIO(b"email,colour,size\na@x.example,red,5\n")
    columns = uploads.read(file, Choices(), {}, lambda _: recall).columns
    assert [column.field for column in columns] == ["email", None, "attributes.size"]


def test_a_preview_shows_known_and_new_attributes_by_their_names():
    known = {"colour": Field("colour", TEXT, "colour", key="a7")}
    file = io.BytesIO(b"email,Colour,likes\na@x.example,red,tea\nb@x.example,blue,tea;go\n")
    found = uploads.preview(file, known=known, first=5, zone=UTC)
    assert found.rows[1] == {"email": "b@x.example", "colour": "blue", "likes": "tea, go"}


def test_a_column_with_a_text_too_long_for_an_attribute_is_left_out_however_late_it_comes():
    rows = [f"p{number}@x.example,fine" for number in range(2500)]
    content = "\n".join(["email,notes", *rows, f"last@x.example,{'x' * 600}"])
    reading = reading_of(content)
    assert reading.columns[1].attribute == TEXT
    seen, _ = uploads.all_seen(reading, io.BytesIO(content.encode()))
    assert (seen.columns[1].field, seen.columns[1].attribute) == (None, None)
