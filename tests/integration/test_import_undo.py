"""Taking an import back: after it the store is as before, but for what others have touched since."""

import io
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm import directory, imports, ingest
from crm.errors import IllegalTransition, NotFound
from crm.ingestion import imports as reading
from crm.moment import utc_now
from crm.stores import journal, streams
from crm.stores.connection import Document, Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles
from workers.consumer import Stopping

ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])
ROWS = 20_000 if os.environ.get("CRM_FULL_SIZE") == "1" else 2_000
RECORDS = ("customers", "orders", "products")


@pytest.fixture
def worker(stores: Stores):
    with working(stores, ROLES):
        yield


def imported(stores: Stores, content: str, **more: Any) -> str:
    """The id of an import that has finished."""
    import_id = ingest.start_import(
        stores, io.BytesIO(content.encode()), filename="shop.csv", account_id="someone", now=utc_now(),
        **({"kind": None} | more),
    )  # fmt: skip
    until(lambda: ingest.import_status(stores, import_id)["finishedAt"])
    return import_id


def undone(stores: Stores, import_id: str) -> Document:
    imports.undo_import(stores, import_id, account_id="someone", now=utc_now())
    until(lambda: ingest.import_status(stores, import_id)["state"] == "undone")
    return ingest.import_status(stores, import_id)


def posted(stores: Stores, *, customers: Any = (), orders: Any = ()) -> None:
    """Records by the API, persisted."""
    ingest.accept_customers(stores, customers, now=utc_now())
    ingest.accept_orders(stores, orders, now=utc_now())
    until(lambda: not streams.backlog(stores, streams.CUSTOMERS, *streams.ORDERS))


def everything(stores: Stores) -> list[Document]:
    return [one for name in RECORDS for one in stores.db[name].find().sort("_id")]


SHOP = "customer id,name,email,city,total spent,tags\n" + "".join(
    f"c{one},Person {one},p{one}@x.example,{'Pune' if one % 2 else ''},{one % 7 * 100},a;b\n"
    for one in range(300)
)
CHANGED = "customer id,name,email,city,total spent,tags\n" + "".join(
    f"c{one},Person {one},q{one}@x.example,Mumbai,{one % 5 * 50},c\n"
    if one % 3
    else f"c{one},Person {one},p{one}@x.example,{'Pune' if one % 2 else ''},{one % 7 * 100},a;b\n"
    for one in range(200, 500)
)  # fmt: skip
ORDERS = "order id,email,date,total,status\n" + "".join(
    f"o{one},p{one % 400}@x.example,2025-0{one % 9 + 1}-11,{one}.25,paid\n" for one in range(900)
)
AMENDED = "order id,email,date,total,status\n" + "".join(
    f"o{one},p{one % 410}@x.example,2025-0{one % 9 + 1}-11,{one}.25,{'cancelled' if one % 2 else 'paid'}\n"
    for one in range(600, 1200)
)
PRODUCTS = ("sku,name,price\n1,Mug,9\n2,Cup,7\n", "sku,name,price\n2,Cup,8\n3,Pot,30\n")


@pytest.mark.parametrize(
    ("there", "again"),
    [([], SHOP), ([SHOP], CHANGED), ([SHOP], ORDERS), ([SHOP, ORDERS], AMENDED), (PRODUCTS[:1], PRODUCTS[1]),
     ([SHOP, ORDERS], CHANGED), ([], ORDERS), ([SHOP], SHOP)],
    ids=["new", "changed", "orders", "amended", "products", "with-orders", "orders-alone", "unchanged"],
)  # fmt: skip
def test_after_an_undo_every_record_is_as_it_was(
    stores: Stores, worker: None, there: list[str], again: str
) -> None:
    for content in there:
        imported(stores, content)
    before = everything(stores)
    status = undone(stores, imported(stores, again))
    assert everything(stores) == before
    assert status["undo"]["kept"] == 0
    assert stores.db.importJournal.count_documents({"importId": status["_id"]}) == 0


def test_the_same_file_twice_changes_nothing_and_undone_all_is_as_before(
    stores: Stores, worker: None
) -> None:
    rows = "".join(f"Person {one},p{one}@x.example,{one}\n" for one in range(ROWS))
    content = f"name,email,total spent\n{rows}"
    first = imported(stores, content)
    after_one = stores.db.customers.count_documents({"importId": first})
    second = ingest.import_status(stores, imported(stores, content))
    assert second["message"] == f"Nothing changed: all {ROWS:,} customers were already there as in this file."
    assert second["counts"]["unchanged"] == after_one == ROWS
    assert imports.undo_estimate(stores, first) == {"removed": ROWS, "restored": 0, "kept": 0}
    status = undone(stores, first)
    assert everything(stores) == []
    assert status["message"] == f"Undone: {ROWS:,} customers removed."


def test_imports_undone_in_turn_lead_back_to_the_beginning(stores: Stores, worker: None) -> None:
    ids = [imported(stores, content) for content in (SHOP, ORDERS, CHANGED, AMENDED)]
    for import_id in reversed(ids):
        assert undone(stores, import_id)["undo"]["kept"] == 0
    assert everything(stores) == []


def test_what_was_touched_since_is_left_alone_and_listed(stores: Stores, worker: None) -> None:
    first = imported(stores, SHOP)
    posted(
        stores,
        customers=[{"externalId": "c1", "city": "Delhi"}, {"externalId": "c2", "name": "Person 2"}],
        orders=[{"orderReference": "o1", "customerId": "c3", "totalAmount": 10}],
    )
    assert imports.undo_estimate(stores, first) == {"removed": 298, "restored": 0, "kept": 2}
    status = undone(stores, first)
    assert {one["externalId"] for one in stores.db.customers.find()} == {"c1", "c3"}
    assert (status["undo"]["removed"], status["undo"]["kept"]) == (298, 2)
    assert status["message"] == "Undone: 298 customers removed. 2 were touched since and are left alone."
    page = imports.kept(stores, first, limit=1)
    rest = imports.kept(stores, first, limit=1, cursor=page.next)
    assert {(one["label"], one["reason"]) for one in page.items + rest.items} == {
        ("Person 1", "it was changed since"),
        ("Person 3", "orders of this customer came since"),
    }
    assert rest.next is None


def test_totals_stay_exact_when_orders_go_and_others_came_since(stores: Stores, worker: None) -> None:
    imported(stores, "email,total spent,orders\na@x.example,100,2\n")
    first = imported(
        stores, "order id,email,date,total\no1,a@x.example,2099-01-01,10\no2,a@x.example,2099-01-05,20\n"
    )
    posted(stores, orders=[{"orderReference": "o3", "customerEmail": "a@x.example", "totalAmount": 5,
                            "createdAt": "2099-01-03T00:00:00Z"}])  # fmt: skip
    undone(stores, first)
    [customer] = stores.db.customers.find()
    assert (customer["orderCount"], customer["totalSpent"], customer["totalOrderValue"]) == (3, 105, 105)
    third = datetime(2099, 1, 3, tzinfo=UTC)
    assert customer["firstPurchaseDate"] == customer["lastOrdered"] == third


def test_an_order_changed_since_stays_with_its_customer(stores: Stores, worker: None) -> None:
    first = imported(stores, "order id,email,total\no1,a@x.example,10\no2,b@x.example,20\n")
    posted(stores, orders=[{"orderReference": "o1", "status": "refunded"}])
    status = undone(stores, first)
    [customer] = stores.db.customers.find()
    assert [one["_id"] for one in stores.db.orders.find()] == ["o1"]
    assert (customer["email"], customer["orderCount"], customer["totalSpent"]) == ("a@x.example", 1, 0)
    assert status["undo"]["kept"] == 2


def test_an_address_that_somebody_else_has_by_now_is_not_taken_from_him(stores: Stores, worker: None) -> None:
    imported(stores, "customer id,email\nc1,a@x.example\n")
    second = imported(stores, "customer id,email\nc1,b@x.example\n")
    posted(stores, customers=[{"externalId": "c2", "email": "a@x.example"}])
    assert undone(stores, second)["undo"]["kept"] == 1
    assert {one["externalId"]: one["email"] for one in stores.db.customers.find()} == {
        "c1": "b@x.example", "c2": "a@x.example",
    }  # fmt: skip


def test_an_undo_that_stops_goes_on_where_it_was(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK", 30)
    with working(stores, ROLES):
        first = imported(stores, SHOP)
    entries = journal.left(stores, first)
    assert entries > 1
    imports.undo_import(stores, first, account_id=None, now=utc_now())
    stops = iter([True])

    def pause(_: float) -> None:
        if next(stops, False):
            raise Stopping

    with pytest.raises(Stopping):
        ingest.run_import(stores, first, clock=utc_now, pause=pause)
    assert journal.left(stores, first) == entries - 1
    for _ in range(2):
        ingest.run_import(stores, first, clock=utc_now, pause=pause)
    assert ingest.import_status(stores, first)["undo"]["removed"] == 300
    assert everything(stores) == []


def test_a_cancelled_import_is_undone_and_nothing_of_it_comes_later(stores: Stores) -> None:
    content = io.BytesIO(SHOP.encode())
    import_id = ingest.start_import(
        stores, content, kind=None, filename="shop.csv", account_id=None, now=utc_now()
    )
    with pytest.raises(Exception, match="not persisted yet"):
        ingest.run_import(stores, import_id, clock=utc_now, pause=lambda _: None)
    ingest.cancel_import(stores, import_id, now=utc_now())
    imports.undo_import(stores, import_id, account_id=None, now=utc_now())
    with working(stores, ROLES):
        until(lambda: ingest.import_status(stores, import_id)["state"] == "undone")
        until(lambda: streams.backlog(stores, streams.CUSTOMERS) == 0)
    assert everything(stores) == []


def test_only_what_has_ended_and_is_not_too_old_is_undone(stores: Stores) -> None:
    with pytest.raises(NotFound):
        imports.undo_import(stores, "nothing", account_id=None, now=utc_now())
    waiting = ingest.start_import(
        stores, io.BytesIO(b"x"), kind=None, filename="x", account_id=None, now=utc_now()
    )
    with pytest.raises(IllegalTransition, match="cancel it first"):
        imports.undo_import(stores, waiting, account_id=None, now=utc_now())
    ingest.cancel_import(stores, waiting, now=utc_now())
    with pytest.raises(IllegalTransition, match="30 days"):
        imports.undo_import(stores, waiting, account_id=None, now=utc_now() + timedelta(days=31))


def test_an_undo_that_was_never_announced_is_taken_up(stores: Stores) -> None:
    with working(stores, ROLES):
        first = imported(stores, SHOP)
    imports.undo_import(stores, first, account_id=None, now=utc_now())
    stores.redis.delete(streams.key(stores, streams.SMALL_IMPORTS))
    stores.db.imports.update_one({"_id": first}, {"$set": {"announcedAt": datetime(2026, 1, 1, tzinfo=UTC)}})
    with working(stores, ROLES):
        until(lambda: ingest.import_status(stores, first)["state"] == "undone")
    assert everything(stores) == []


def test_the_journal_forgets_who_is_erased(stores: Stores, worker: None) -> None:
    imported(stores, "email,name\na@x.example,Asha\n")
    second = imported(stores, "email,name\na@x.example,Asha Rao\n")
    [customer] = stores.db.customers.find()
    directory.erase_customer(stores, customer["_id"])
    [entry] = stores.db.importJournal.find({"importId": second})
    assert entry["before"] == []
    assert undone(stores, second)["state"] == "undone"
    assert everything(stores) == []
