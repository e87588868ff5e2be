"""What is said at an upload: try it first, what becomes of customers we have, whether their totals count."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm import imports, ingest
from crm.errors import IllegalTransition, InvalidInput, NotYet
from crm.ingestion import imports as reading
from crm.ingestion import progress
from crm.moment import utc_now
from crm.stores.connection import Document, Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles
from workers.consumer import Stopping

ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])
COLLECTIONS = ("customers", "orders", "products", "importBatches", "importJournal")


@pytest.fixture
def worker(stores: Stores) -> Iterator[None]:
    with working(stores, ROLES):
        yield


def started(stores: Stores, content: str, **more: Any) -> str:
    choices = {"kind": None, "account_id": "someone"} | more
    return ingest.start_import(
        stores, io.BytesIO(content.encode()), filename="shop.csv", now=utc_now(), **choices
    )


def imported(stores: Stores, content: str, **more: Any) -> Document:
    return ended(stores, started(stores, content, **more))


def ended(stores: Stores, import_id: str) -> Document:
    until(lambda: ingest.import_status(stores, import_id)["finishedAt"])
    return ingest.import_status(stores, import_id)


def asking(stores: Stores, content: str, **more: Any) -> Document:
    """An import that was tried and asks."""
    import_id = started(stores, content, confirm=True, **more)
    until(lambda: ingest.import_status(stores, import_id)["state"] in ("asking", "failed"))
    return ingest.import_status(stores, import_id)


def everything(stores: Stores) -> list[Document]:
    return [one for name in COLLECTIONS for one in stores.db[name].find().sort("_id")]


def counts(status: Document) -> list[int]:
    return [status["counts"][name] for name in ("read", "created", "updated", "unchanged", "rejected")]


THERE = (
    "customer id,email,name,city\nc1,a@x.example,Asha,Pune\nc2,b@x.example,Ravi,\nc3,c@x.example,Mia,Goa\n"
)
# Row by row: as it is, changed, new, the new one again and changed, refused, an address of another, one that
# takes the address which the second row gave up, and one who is refused for what the first of these did.
MIXED = (
    "customer id,email,name,city\n"
    "c1,a@x.example,Asha,Pune\n"
    "c2,z@x.example,Ravi,Delhi\n"
    "c4,d@x.example,Dev,Agra\n"
    "c4,d@x.example,Dev,Surat\n"
    "c4,d@x.example,Dev,Surat\n"
    "c5,nobody,Eve,Agra\n"
    "c6,c@x.example,Fay,Agra\n"
    "c7,b@x.example,Gus,Agra\n"
    "c8,b@x.example,Hal,Agra\n"
)


def test_a_dry_run_says_what_would_be_and_writes_nothing(stores: Stores, worker: None) -> None:
    imported(stores, THERE)
    before = everything(stores)
    status = asking(stores, MIXED)
    assert counts(status) == [9, 2, 2, 2, 3]
    assert [(one["row"], one["code"]) for one in status["rejections"]] == [
        (6, "invalid_email"), (7, "taken"), (9, "taken"),
    ]  # fmt: skip
    assert status["message"] == (
        "Of 6 customers, 2 would be created, 2 would be changed, 2 would stay as they are. "
        "3 rows would be refused. Nothing is written yet."
    )
    assert everything(stores) == before
    rows = "".join(ingest.import_rejections_csv(stores, status["_id"])).splitlines()
    assert [row.split(",")[0] for row in rows] == ["customer id", "c5", "c6", "c8"]


@pytest.mark.parametrize("existing", ["update", "fill", "skip"])
def test_what_a_dry_run_says_is_what_then_happens(
    stores: Stores, worker: None, existing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(stores, THERE)
    monkeypatch.setattr(reading, "BLOCK", 2)  # rows that refer to rows of earlier blocks
    status = asking(stores, MIXED, existing=existing)
    monkeypatch.undo()
    imports.confirm_import(stores, status["_id"], now=utc_now())
    done = ended(stores, status["_id"])
    assert done["state"] == "finished"
    assert done["counts"] == status["counts"]
    assert done["rejections"] == status["rejections"]


ORDERS = (
    "order id,customer id,customer email,total,status\n"
    "o1,c1,,10,paid\n"
    "o1,c1,,10,paid\n"
    "o1,c1,,10,cancelled\n"
    "o2,c9,,10,paid\n"
    "o3,,new@x.example,10,paid\n"
    "o4,,new@x.example,30,paid\n"
)


def test_a_dry_run_of_orders_makes_neither_orders_nor_customers(stores: Stores, worker: None) -> None:
    imported(stores, THERE)
    before = everything(stores)
    status = asking(stores, ORDERS)
    assert counts(status) == [6, 3, 1, 1, 1]
    assert everything(stores) == before
    imports.confirm_import(stores, status["_id"], now=utc_now())
    assert counts(ended(stores, status["_id"])) == [6, 3, 1, 1, 1]
    assert stores.db.customers.count_documents({}) == 4


def test_a_dry_run_of_products_counts_them_too(stores: Stores, worker: None) -> None:
    imported(stores, "sku,name,price\n1,Mug,9\n2,Cup,7\n")
    status = asking(stores, "sku,name,price\n1,Mug,9\n2,Cup,8\n3,Pot,8\n3,Pot,9\n")
    assert counts(status) == [4, 1, 2, 1, 0]


def test_a_dry_run_that_would_change_nothing_says_so(stores: Stores, worker: None) -> None:
    imported(stores, THERE)
    assert asking(stores, THERE)["message"].startswith("Nothing would change: all 3 customers are")
    assert asking(stores, "email\nnobody\n")["message"].startswith("Nothing would be imported: 1 row")


def test_an_import_that_asks_can_be_let_go_without_a_trace(stores: Stores, worker: None) -> None:
    status = asking(stores, MIXED)
    ingest.cancel_import(stores, status["_id"], now=utc_now())
    status = ingest.import_status(stores, status["_id"])
    assert (status["state"], status["message"]) == ("cancelled", "Cancelled. Nothing was written.")
    assert everything(stores) == []
    assert stores.db.rejections.count_documents({}) == 0
    with pytest.raises(IllegalTransition):
        imports.confirm_import(stores, status["_id"], now=utc_now())


def test_a_dry_run_of_a_file_nothing_can_be_made_of_fails(stores: Stores, worker: None) -> None:
    assert asking(stores, "colour,size\nred,9\n")["state"] == "failed"


def test_a_dry_run_that_stops_begins_anew(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK", 2)
    import_id = started(stores, MIXED, confirm=True)
    stops = iter([False, True])

    def pause(_: float) -> None:
        if next(stops, False):
            raise Stopping

    with pytest.raises(Stopping):
        ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert ingest.import_status(stores, import_id)["counts"]["read"] == 4
    ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert counts(ingest.import_status(stores, import_id)) == [9, 5, 1, 1, 2]


def test_orders_wait_for_customers_of_the_same_person_that_are_still_to_be_confirmed(stores: Stores) -> None:
    people = started(stores, THERE, confirm=True)
    ingest.run_import(stores, people, clock=utc_now, pause=lambda _: None)
    mine, of_another = (
        started(stores, ORDERS, confirm=True, account_id=account) for account in ("someone", "another")
    )
    with pytest.raises(NotYet):
        ingest.run_import(stores, mine, clock=utc_now, pause=lambda _: None)
    assert ingest.import_status(stores, mine)["waitsFor"] == people
    ingest.run_import(stores, of_another, clock=utc_now, pause=lambda _: None)
    assert ingest.import_status(stores, of_another)["state"] == "asking"


def test_customers_we_have_are_changed_filled_or_left(stores: Stores, worker: None) -> None:
    for existing, expected in (
        ("skip", ("Ravi", None, 0)),
        ("fill", ("Ravi", "Delhi", 500)),
        ("update", ("Ravindra", "Delhi", 700)),
    ):
        stores.db.customers.delete_many({})
        imported(stores, THERE)
        spent = 700 if existing == "update" else 500
        imported(stores, f"customer id,name,city,total spent\nc2,Ravindra,Delhi,{spent}\n", existing=existing)
        customer = stores.db.customers.find_one({"externalId": "c2"}) or {}
        assert (customer["name"], customer.get("city"), customer["totalSpent"]) == expected


def test_filling_leaves_totals_that_are_there(stores: Stores, worker: None) -> None:
    imported(stores, "email,total spent\na@x.example,100\n")
    imported(stores, "order id,email,total,date\no1,b@x.example,10,2020-01-01\n")
    again = "email,total spent,first purchase\na@x.example,900,2019-01-01\nb@x.example,900,2019-01-01\n"
    imported(stores, again, existing="fill")
    found = {one["email"]: one for one in stores.db.customers.find()}
    assert [found[one]["totalSpent"] for one in ("a@x.example", "b@x.example")] == [100, 10]
    assert {one["firstPurchaseDate"] for one in found.values()} == {datetime(2019, 1, 1, tzinfo=UTC)}


def test_totals_can_be_left_out(stores: Stores, worker: None) -> None:
    content = "email,total spent,orders,last order\na@x.example,100,4,2024-05-01\n"
    imported(stores, content, totals="ignore")
    [customer] = stores.db.customers.find()
    assert (customer["totalSpent"], customer["orderCount"]) == (0, 0)
    assert customer["lastOrdered"] == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "choices", [{"existing": "replace"}, {"totals": "double"}, {"kind": "orders", "existing": "skip"}]
)
def test_a_choice_that_there_is_not_is_refused(stores: Stores, choices: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        started(stores, "x", **choices)


def test_the_pace_is_told_from_where_the_reader_began() -> None:
    pace = {"since": utc_now(), "rows": 1000, "share": 0.2, "rowsNow": 3000, "shareNow": 0.6}
    assert progress.rate(pace, pace["since"] + timedelta(seconds=10)) == {
        "rowsPerSecond": 200, "secondsLeft": 10,
    }  # fmt: skip
    assert progress.rate(None, utc_now()) == progress.rate(pace, pace["since"])


def test_a_dry_run_makes_no_attribute_known_and_the_import_then_does(stores: Stores, worker: None) -> None:
    content = "email,Shoe size\na@x.example,41\nb@x.example,38\n"
    status = asking(stores, content)
    assert stores.db.attributes.count_documents({}) == 0
    imports.confirm_import(stores, status["_id"], now=utc_now())
    assert ended(stores, status["_id"])["counts"] == status["counts"]
    [attribute] = stores.db.attributes.find()
    assert [one["attributes"][attribute["_id"]] for one in stores.db.customers.find().sort("email")] == [
        41,
        38,
    ]
