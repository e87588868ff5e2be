"""Rows that are read together, column by column, are understood as each of them alone."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm.fields import FieldType
from crm.ingestion import moments, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.reading import Reading
from crm.ingestion.records import DATES, NUMBERS, WHOLE, Record, Refusal
from crm.ingestion.rows import Reader

HEADERS = {
    "customers": (
        "email;customer id;first name;last name;name;city;phone;gender;age;tags;total spent;visits;"
        "signup date;inactive;Shoe size;Motto;Since;Likes"
    ),
    "orders": (
        "order id;email;customer id;date;total;refunded;status;currency;sku;product;category;quantity;price;"
        "products"
    ),
    "products": "sku;name;category;price",
}
SOUND = {
    "email": "a@x.example", "customer id": "C1", "first name": "Asha", "last name": "Rao", "name": "A. Rao",
    "city": "Pune", "phone": "+91 98", "gender": "f", "age": "30", "tags": "a;b", "total spent": "5",
    "visits": "7", "signup date": "2025-01-31", "inactive": "no", "Shoe size": "42", "Motto": "-",
    "Since": "2025-01-31", "Likes": "a;b", "order id": "A1", "date": "2025-01-31", "total": "5",
    "refunded": "9", "status": "paid", "currency": "INR", "sku": "M", "product": "Mug", "category": "Pots",
    "quantity": "2", "price": "2.5", "products": '[{"sku": "M", "price": 2}]',
}  # fmt: skip
FAMILIES: tuple[list[Any], ...] = (
    ["12", "0", "3.50", "007", " 8 ", ".5", "7.", "3.00005", "2.123456", "9" * 9, "9" * 14, "1.234", "200"],
    ["12", "1,234", "1.234,50", "₹1,234.50", "(12.00)", "-1", "inf", "1e5", "1_000", "٣", "1.2.3", "."],
    ["2025-01-31", "2025-01-31T10:00:00Z", "2025-01-31 10:00", "2025-01-31T10:00:00.123456Z", "20250131"],
    ["2025-01-31", "03/04/2025", "31/12/2025", "45658", "1735689600", "2500-01-01", "0001-01-01T00:00+05:00"],
    ["a@x.example", "B@x.example ", "a.b+c@x-y.example", "ü@x.example", "a\u200b@x.example", "a@x-1.example"],
    ["a@x.example", "a@x", "a..b@x.example", "a@-x.example", "a@x-example", f"{'x' * 250}@x.example"],
    ["C1", "Asha", "", " ", "Pune", "Asha ", "x" * 501, "#7", "E+", "\u00a0", "x\u00a0y"],
    ["C1", "#N/A", "9.19E+11", "\x07", "\ud800", "a;b", "a,b", "[1]", '["a"]', '{"sku": "M", "qty": 0}'],
    [
        "paid",
        "Neu",
        "INR",
        "inr",
        "yes",
        "true",
        "1",
        "other",
        "n/a",
        "-",
        "?",
        '[{"name": "M", "price": 2}]',
    ],
    [None, 1, 1.0, True, False, 2.5, -3, [], ["a"], [{"name": "M"}], {"a": 1}, datetime(2025, 1, 31)],  # noqa: DTZ001
)
"""Cells that may stand in one column together."""
STYLES = [
    {"dates": way, "decimal": decimal, "zone": zone}
    for way in (None, *moments.WAYS)
    for decimal in (None, ".", ",")
    for zone in (None, "Asia/Kolkata")
]
_OWN = {
    "Shoe size": FieldType.NUMBER,
    "Motto": FieldType.TEXT,
    "Since": FieldType.DATE,
    "Likes": FieldType.TAGS,
}
_ZONE = ZoneInfo("Europe/Berlin")


def reading_of(kind: str, styles: Mapping[str, Mapping[str, Any]]) -> Reading:
    """A file with all of these columns, and how the values of some of them are written."""
    reading = uploads.read(io.BytesIO(HEADERS[kind].encode()), Choices(kind=kind))
    for at, name in enumerate(reading.table.columns):
        own = {"field": f"attributes.{name}", "attribute": _OWN[name]} if name in _OWN else {}
        reading = reading.with_column(at, **own, **styles.get(name, {}))
    return reading


def at_once(reading: Reading, rows: Sequence[Sequence[Any]]) -> list[str]:
    return _told(Reader(reading, _ZONE).records(rows))


def one_by_one(reading: Reading, rows: Sequence[Sequence[Any]]) -> list[str]:
    reader = Reader(reading, _ZONE)
    return _told([_one(reader, cells) for cells in rows])


def _one(reader: Reader, cells: Sequence[Any]) -> Record | Refusal:
    try:
        return reader.record(cells)
    except Refusal as refusal:
        return refusal


def _told(found: Sequence[Record | Refusal]) -> list[str]:
    """Records and refusals in a form in which 1, 1.0 and True differ."""
    return [
        repr((one.field, one.code, one.reason)) if isinstance(one, Refusal) else repr(sorted(one.items()))
        for one in found
    ]


def _styles_of(kind: str, name: str) -> list[dict[str, str | None]]:
    """The styles that make a difference to this column."""
    column = reading_of(kind, {}).columns[HEADERS[kind].split(";").index(name)]
    if column.field in DATES[kind] or column.attribute == FieldType.DATE:
        return [style for style in STYLES if style["decimal"] is None]
    if column.field in (*NUMBERS[kind], *WHOLE[kind]) or column.attribute == FieldType.NUMBER:
        return [style for style in STYLES if style["dates"] is style["zone"] is None]
    return STYLES[:1]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in HEADERS.items() for name in names.split(";")]
)
def test_a_cell_of_any_sort_is_read_alike_in_every_column(kind: str, name: str) -> None:
    names = HEADERS[kind].split(";")
    usual = [SOUND[one] if one in ("order id", "email", "total", "sku") else "" for one in names]
    at = names.index(name)
    rows = [[*usual[:at], cell, *usual[at + 1 :]] for family in FAMILIES for cell in family]
    for style in _styles_of(kind, name):
        reading = reading_of(kind, {name: style})
        reader = Reader(reading, _ZONE)
        assert [_told(reader.records([row]))[0] for row in rows] == one_by_one(reading, rows)


VARIED = {
    "customers": ("email", "customer id", "first name", "last name", "name", "Motto"),
    "orders": ("order id", "email", "customer id", "total", "refunded", "status", "sku", "product",
               "quantity", "price", "products"),
    "products": ("sku", "name"),
}  # fmt: skip
_CHOSEN = [
    (kind, frozenset(name for name, is_given in zip(names, chosen, strict=True) if is_given))
    for kind, names in VARIED.items()
    for chosen in product([True, False], repeat=len(names))
]


@pytest.mark.parametrize("kind", list(VARIED))
def test_columns_that_are_there_or_not_make_the_same_of_a_row(kind: str) -> None:
    names, whole = HEADERS[kind].split(";"), reading_of(kind, {})
    row = [SOUND[name] for name in names]
    for given in (chosen for of, chosen in _CHOSEN if of == kind):
        columns = tuple(
            column if name in given else replace(column, field=None, attribute=None)
            for name, column in zip(names, whole.columns, strict=True)
        )
        reading = replace(whole, columns=columns)
        assert at_once(reading, [row, row]) == one_by_one(reading, [row, row])


@pytest.mark.parametrize("kind", list(VARIED))
def test_cells_that_are_given_or_not_make_the_same_of_a_row(kind: str) -> None:
    names, reading = HEADERS[kind].split(";"), reading_of(kind, {})
    reader = Reader(reading, _ZONE)
    rows = [[SOUND[name] if name in given else "" for name in names] for of, given in _CHOSEN if of == kind]
    assert [_told(reader.records([row]))[0] for row in rows] == one_by_one(reading, rows)


def test_rows_that_say_the_same_of_tags_do_not_share_them() -> None:
    reading = reading_of("customers", {})
    row = [SOUND[name] for name in HEADERS["customers"].split(";")]
    first, second = Reader(reading, _ZONE).records([row, row])
    assert isinstance(first, dict) and isinstance(second, dict)
    first["tags"].append("changed")
    first["attributes"]["Likes"].append("changed")
    assert second["tags"] == second["attributes"]["Likes"] == ["a", "b"]
