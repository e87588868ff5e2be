"""Refused rows, corrected and resubmitted alone: nothing is lost and the books of the import balance."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from crm import imports, ingest
from crm.errors import IllegalTransition, InvalidInput
from crm.ingestion.corrections import Corrected
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Document, Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles

ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])
PEOPLE = (
    "customer id,name,email,age\n"
    "c1,Asha,asha@x.example,30\n"
    "c2,Ravi,nobody,31\n"
    "c3,Mia,mia@x.example,old\n"
    "c4,Dev,dev@x.example,-1\n"
    "c5,Eve,asha@x.example,40\n"
)


@pytest.fixture
def worker(stores: Stores) -> Iterator[None]:
    with working(stores, ROLES):
        yield


def imported(stores: Stores, content: str, **more: Any) -> str:
    import_id = ingest.start_import(
        stores, io.BytesIO(content.encode()), filename="shop.csv", account_id="someone", now=utc_now(),
        **({"kind": None} | more),
    )  # fmt: skip
    until(lambda: ingest.import_status(stores, import_id)["finishedAt"])
    return import_id


def correct(stores: Stores, import_id: str, rows: Any) -> list[Corrected]:
    return imports.correct(stores, import_id, rows, now=utc_now())


def settled(stores: Stores, import_id: str) -> Document:
    """The import when none of its corrections is on its way any more; its books balance all the time."""

    def looked() -> bool:
        counts = ingest.import_status(stores, import_id)["counts"]
        assert counts["read"] == counts["accepted"] + counts["rejected"]
        return not any(one["sent"] for one in imports.list_rejections(stores, import_id, limit=500).items)

    until(looked)
    return ingest.import_status(stores, import_id)


def counts(status: Document) -> list[int]:
    return [status["counts"][name] for name in ("read", "accepted", "created", "updated", "rejected")]


def test_corrected_rows_are_resubmitted_alone_and_count_to_their_import(stores: Stores, worker: None) -> None:
    import_id = imported(stores, PEOPLE)
    assert counts(ingest.import_status(stores, import_id)) == [5, 1, 1, 0, 4]
    results = correct(
        stores,
        import_id,
        {2: {"email": "ravi@x.example"}, 3: ["c3", "Mia", "mia@x.example", "still old"], 4: {"age": "12"}},
    )
    assert [(one.row, one.accepted, one.field, one.code) for one in results] == [
        (2, True, None, None), (3, False, "age", "not_a_number"), (4, True, None, None),
    ]  # fmt: skip
    status = settled(stores, import_id)
    assert counts(status) == [5, 3, 3, 0, 2]
    assert status["message"] == "3 customers: 3 created. 2 rows refused."
    left = imports.list_rejections(stores, import_id).items
    assert [(one["row"], one["field"]) for one in left] == [(3, "age"), (5, "email")]
    assert [cell["value"] for cell in left[0]["values"]] == ["c3", "Mia", "mia@x.example", "still old"]
    assert {one["importId"] for one in stores.db.customers.find()} == {import_id}


def test_a_row_that_is_refused_on_the_way_comes_back_with_its_new_reason(
    stores: Stores, worker: None
) -> None:
    import_id = imported(stores, PEOPLE)
    [result] = correct(stores, import_id, {5: {"email": "ASHA@x.example", "name": "Eva"}})
    assert result.accepted
    status = settled(stores, import_id)
    assert counts(status) == [5, 1, 1, 0, 4]
    kept = imports.list_rejections(stores, import_id, field="email", code="taken").items
    assert [(one["row"], one["values"][1]["value"]) for one in kept] == [(5, "Eva")]
    correct(stores, import_id, {5: {"email": "eve@x.example"}})
    assert counts(settled(stores, import_id)) == [5, 2, 2, 0, 3]


def test_rejections_are_found_by_their_reason_and_page_by_page(stores: Stores, worker: None) -> None:
    rows = "".join(f"p{one}@x.example,{'old' if one % 3 else one}\n" for one in range(30)) + "nobody,3\n"
    import_id = imported(stores, f"email,age\n{rows}")
    assert imports.rejection_reasons(stores, import_id) == [
        {"field": "age", "code": "not_a_number", "rows": 20},
        {"field": "email", "code": "invalid_email", "rows": 1},
    ]
    page = imports.list_rejections(stores, import_id, field="age", code="not_a_number", limit=15)
    rest = imports.list_rejections(
        stores, import_id, field="age", code="not_a_number", limit=15, cursor=page.next
    )
    assert (len(page.items), len(rest.items), rest.next) == (15, 5, None)


def test_a_correction_sent_twice_takes_effect_once(stores: Stores) -> None:
    with working(stores, ROLES):
        import_id = imported(stores, PEOPLE)
    correct(stores, import_id, {2: {"email": "ravi@x.example"}})
    [again] = correct(stores, import_id, {2: {"email": "other@x.example"}})
    assert (again.accepted, again.code) == (False, "not_refused")
    with working(stores, ROLES):
        assert counts(settled(stores, import_id)) == [5, 2, 2, 0, 3]
    assert sorted(one["email"] for one in stores.db.customers.find()) == ["asha@x.example", "ravi@x.example"]


def test_a_correction_whose_publication_was_lost_is_published_again(stores: Stores) -> None:
    with working(stores, ROLES):
        import_id = imported(stores, PEOPLE)
    correct(stores, import_id, {2: {"email": "ravi@x.example"}, 4: {"age": "3"}})
    stores.redis.delete(streams.key(stores, streams.CUSTOMERS))
    for _ in range(2):
        imports.resend_lost_corrections(stores, now=utc_now() + timedelta(minutes=1))
    with working(stores, ROLES):
        assert counts(settled(stores, import_id)) == [5, 3, 3, 0, 2]


def test_corrected_orders_without_references_are_told_apart(stores: Stores, worker: None) -> None:
    good = "a@x.example,2025-01-01,10\n"
    import_id = imported(stores, "email,date,amount\n" + good + "a@x.example,2025-01-01,ten\n" * 3)
    correct(stores, import_id, {2: {"amount": "10"}, 3: {"amount": "10"}})
    correct(stores, import_id, {4: {"amount": "10"}})
    status = settled(stores, import_id)
    assert counts(status) == [4, 4, 4, 0, 0]
    [customer] = stores.db.customers.find()
    assert (customer["orderCount"], customer["totalSpent"]) == (4, 40)


def test_corrected_rows_keep_the_choices_of_their_import(stores: Stores, worker: None) -> None:
    imported(stores, "email,name\na@x.example,Asha\n")
    import_id = imported(
        stores,
        "email,name,total spent\na@x.example,Anna,-3\nb@x.example,Ben,-3\n",
        existing="skip",
        totals="ignore",
    )
    correct(stores, import_id, {1: {"total spent": "3"}, 2: {"total spent": "3"}})
    settled(stores, import_id)
    found = {one["name"]: one["totalSpent"] for one in stores.db.customers.find()}
    assert found == {"Asha": 0, "Ben": 0}


def test_undoing_an_import_takes_its_corrections_back_too(stores: Stores, worker: None) -> None:
    import_id = imported(stores, PEOPLE)
    correct(stores, import_id, {2: {"email": "ravi@x.example"}})
    settled(stores, import_id)
    imports.undo_import(stores, import_id, account_id=None, now=utc_now())
    until(lambda: ingest.import_status(stores, import_id)["state"] == "undone")
    assert stores.db.customers.count_documents({}) == 0
    with pytest.raises(IllegalTransition):
        correct(stores, import_id, {3: {"age": "3"}})


def test_nonsense_is_refused(stores: Stores, worker: None) -> None:
    import_id = imported(stores, PEOPLE)
    with pytest.raises(InvalidInput):
        correct(stores, import_id, {2: {"$where": "1"}})
    with pytest.raises(InvalidInput):
        correct(stores, import_id, {row: ["x"] for row in range(501)})
    with pytest.raises(InvalidInput):
        imports.list_rejections(stores, import_id, cursor="x")
    [result] = correct(stores, import_id, {1: ["c1", "Asha", "x@x.example", "30"]})
    assert not result.accepted


def test_a_row_tells_every_cell_at_fault_and_after_a_correction_those_that_are_left(
    stores: Stores, worker: None
) -> None:
    import_id = imported(stores, "customer id,name,email,age,joined\nc1,Asha,nobody,old,31/02/2025\n")

    def faults() -> list[tuple[str, str]]:
        [row] = imports.list_rejections(stores, import_id).items
        assert row["field"] == row["faults"][0]["field"]
        return [(one["field"], one["reason"]) for one in row["faults"]]

    assert [field for field, _ in faults()] == ["email", "age", "accountCreated"]
    assert ("age", "“old” is not a number") in faults()
    correct(stores, import_id, {1: {"email": "asha@x.example", "joined": ""}})
    assert faults() == [("age", "“old” is not a number")]
    [done] = correct(stores, import_id, {1: {"age": "30"}})
    assert done.accepted
    assert settled(stores, import_id)["counts"]["created"] == 1
