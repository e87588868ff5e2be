"""Cells that people open in a spreadsheet."""

import csv
import io
from datetime import UTC, datetime

import pytest

from crm.spreadsheets import cell, csv_pieces, may_be_guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_text_that_begins_like_a_formula_is_led_by_an_apostrophe(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (-12.5, "-12.5"),
        (True, "true"),
        ("a=b", "a=b"),
        (["vip", "new"], "vip, new"),
        (["=evil"], "'=evil"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
    ],
)
def test_other_values_are_written_as_they_are(value, expected):
    assert cell(value) == expected


def test_a_table_reads_back_as_it_was():
    rows = [[number, 'a "quoted", text\nof two lines'] for number in range(1201)]
    pieces = list(csv_pieces(["n", "text"], rows))
    read = list(csv.reader(io.StringIO("".join(pieces), newline="")))
    assert len(pieces) == 3
    assert read == [["n", "text"], *[[str(number), text] for number, text in rows]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+91 98765", "'=1+1", "''-2", "\tx", "＝1", "'t Hooft", "'", "", "a'=b"]
)
def test_what_is_downloaded_comes_back_as_it_was(text):
    assert unguarded(cell(text)) == text
    assert may_be_guarded(cell(text)) or cell(text) == text


def test_a_table_of_nothing_but_apostrophes_is_looked_at_once():
    assert not may_be_guarded("'" * 500_000)
    assert may_be_guarded("'" * 500_000 + "=1")


@pytest.mark.parametrize("text", ["x,'=1", "a\nb,''-2", "''", "'a,=b", "='", "x'y", "' =1", "a,'＝1", "'\t"])
def test_the_quick_look_finds_what_is_changed_from_any_place_on(text):
    assert may_be_guarded(text) == any(unguarded(text[at:]) != text[at:] for at in range(len(text)))
