"""Rows of the table of bad input that MongoDB decides, and what is kept of every refused row."""

import csv
import io

import pytest

from crm import ingest
from crm.stores.connection import Stores
from tests.bad_files import Case
from tests.bad_input import CASES
from tests.integration.test_imports import finish, imported, start


@pytest.mark.parametrize("case", [one for one in CASES if one.stored], ids=lambda one: one.title)
def test_what_is_stored_is_what_the_table_says(stores: Stores, case: Case) -> None:
    assert case.stored
    status = imported(stores, case.content(), kind=case.kind)
    assert status["state"] == "finished"
    assert status["counts"]["rejected"] == (case.refused or 0)
    collection, expected = case.stored
    found = list(stores.collection(collection).find().sort("_id"))
    assert [{name: one.get(name) for name in of} for one, of in zip(found, expected, strict=True)] == list(
        expected
    )


def test_every_refused_row_of_the_table_is_kept_and_can_be_downloaded(stores: Stores) -> None:
    cases = [one for one in CASES if any(isinstance(row, str) for row in one.rows)]
    ids = [start(stores, one.content(), kind=one.kind) for one in cases]
    for case, status in zip(cases, finish(stores, *ids), strict=True):
        codes = [row for row in case.rows if isinstance(row, str)]
        assert [one["code"] for one in status["rejections"]] == codes, case.title
        sheet = csv.reader(io.StringIO("".join(ingest.import_rejections_csv(stores, status["_id"]))))
        cells = [cell for row in sheet for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))], case.title
