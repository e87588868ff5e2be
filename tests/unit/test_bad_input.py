"""Every row of the table of bad input, over the reader; and the table itself."""

import io
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from crm.errors import InvalidInput
from crm.ingestion import files, uploads
from crm.ingestion.choices import Choices
from crm.ingestion.records import Refusal
from crm.ingestion.rows import Reader, named
from tests import bad_input
from tests.bad_files import Case, Expected
from tests.bad_input import CASES

DOCS = Path(__file__).parents[2] / "docs"


def test_the_docs_have_the_table_as_it_is_tested() -> None:
    assert bad_input.table() in (DOCS / "bad-input.md").read_text()


@pytest.mark.parametrize("case", [one for one in CASES if not one.fails], ids=lambda one: one.title)
def test_good_rows_are_taken_and_bad_ones_refused(case: Case) -> None:
    file = io.BytesIO(case.content())
    reading = uploads.read(file, Choices(kind=case.kind))
    uploads.check(reading)
    reader = Reader(reading)
    found: list[Expected] = []
    for cells, expected in zip(files.rows(file, reading.table), case.rows, strict=True):
        named(reading.table.columns, cells)
        try:
            record = reader.record(cells)
        except Refusal as refusal:
            found.append(refusal.code)
        else:
            wanted: Any = expected if isinstance(expected, dict) else {}
            found.append({name: record.get(name) for name in wanted})
    assert found == list(case.rows)
    assert case.says is None or case.says in " ".join(_said(case))


def _said(case: Case) -> tuple[str, ...]:
    preview = uploads.preview(io.BytesIO(case.content()), choices=Choices(kind=case.kind), first=5, zone=UTC)
    return preview.problems


@pytest.mark.parametrize("case", [one for one in CASES if one.fails], ids=lambda one: one.title)
def test_a_file_that_can_not_be_read_fails_with_a_sentence(case: Case) -> None:
    with pytest.raises(InvalidInput) as error:
        uploads.read(io.BytesIO(case.content()))
    assert error.value.message.startswith(case.fails or "")


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.title)
def test_no_preview_of_anything_breaks(case: Case) -> None:
    try:
        preview = uploads.preview(io.BytesIO(case.content()), first=5, zone=UTC)
    except InvalidInput as error:
        assert error.message
    else:
        assert all(len(value) <= 60 for sample in preview.samples for value in sample)
