"""A file from the upload to MongoDB: read in blocks, resumed after a crash, changing nothing twice."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from crm import ingest
from crm.errors import IllegalTransition, InvalidInput, NotFound, NotYet
from crm.ingestion import imports
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Document, Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles
from workers.consumer import Stopping

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])


def start(
    stores: Stores,
    content: str | bytes,
    *,
    kind: str | None = None,
    filename: str = "shop.csv",
    confirm: bool = False,
) -> str:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return ingest.start_import(
        stores, file, kind=kind, filename=filename, account_id="someone", now=utc_now(), confirm=confirm
    )


def finish(stores: Stores, *import_ids: str) -> list[Document]:
    """Let a worker run until these imports have ended; their states."""
    with working(stores, ROLES):
        until(lambda: all(one["finishedAt"] for one in statuses(stores, *import_ids)))
    return statuses(stores, *import_ids)


def statuses(stores: Stores, *import_ids: str) -> list[Document]:
    return [ingest.import_status(stores, one) for one in import_ids]


def imported(stores: Stores, content: str | bytes, **more: Any) -> Document:
    return finish(stores, start(stores, content, **more))[0]


def customers_csv(count: int) -> str:
    rows = (f"Person {number},p{number}@x.example,2024-01-{number % 28 + 1:02}" for number in range(count))
    return "\n".join(["name,email,accountCreated", *rows])


def orders_csv(count: int, people: int) -> str:
    rows = (
        f"o{one},p{one % people}@x.example,2025-01-{one % 28 + 1:02},{one % 900}.25" for one in range(count)
    )
    return "\n".join(["orderId,customerEmail,orderDate,total", *rows])


def everything(stores: Stores) -> list[Document]:
    return [
        one | {"version": 0} for name in ("customers", "orders") for one in stores.db[name].find().sort("_id")
    ]


def test_customers_and_orders_come_in_and_the_same_files_again_change_nothing(stores: Stores) -> None:
    files = [customers_csv(60), orders_csv(5200, 60)]
    first = finish(stores, *[start(stores, content) for content in files])
    assert [(one["kind"], one["state"], one["message"]) for one in first] == [
        ("customers", "finished", "60 customers: 60 created."),
        ("orders", "finished", "5,200 orders: 5,200 created."),
    ]
    before = everything(stores)
    assert sum(one["orderCount"] for one in stores.db.customers.find()) == 5200
    again = finish(stores, *[start(stores, content) for content in files])
    assert [one["message"] for one in again] == [
        "Nothing changed: all 60 customers were already there as in this file.",
        "Nothing changed: all 5,200 orders were already there as in this file.",
    ]
    assert everything(stores) == before


def test_orders_by_id_wait_for_the_customers_file_before_them(stores: Stores) -> None:
    people = start(stores, "customer id,name\n1,Asha\n2,Ravi\n")
    orders = start(stores, "order id,customer id,total\nA1,1,10\nA2,2,5\n")
    with pytest.raises(NotYet):
        ingest.run_import(stores, orders, clock=utc_now, pause=lambda _: None)
    assert [one["counts"]["rejected"] for one in finish(stores, people, orders)] == [0, 0]


def test_bad_rows_are_kept_with_their_reason_and_good_ones_come_in(stores: Stores) -> None:
    content = (
        "name,email,age,Where $from\n"
        "Asha,asha@x.example,30,x\n"
        "=cmd|'/C calc'!A0,nobody,30,x\n"
        "Ravi,ravi@x.example,old,x\n"
        "Too,many@x.example,1,x,y\n"
    )
    status = imported(stores, content)
    assert status["counts"] == {
        "read": 4, "accepted": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 3,
    }  # fmt: skip
    assert [(one["row"], one["field"], one["code"]) for one in status["rejections"]] == [
        (2, "email", "invalid_email"),
        (3, "age", "not_a_number"),
        (4, "record", "too_many_cells"),
    ]
    assert status["message"] == "1 customer: 1 created. 3 rows refused."
    assert status["notes"] == ["New custom attribute: “Where $from” (text)."]
    rows = list(csv.reader(io.StringIO("".join(ingest.import_rejections_csv(stores, status["_id"])))))
    assert rows[0] == ["name", "email", "age", "Where $from", "row", "field", "code", "reason"]
    assert rows[1][:6] == ["'=cmd|'/C calc'!A0", "nobody", "30", "x", "2", "email"]


def test_rows_refused_only_in_mongodb_have_their_own_values_too(stores: Stores) -> None:
    status = imported(stores, 'order id,customer id,total\nA1,17,"₹1,000"\n')
    assert status["counts"]["rejected"] == 1
    assert status["message"] == "Nothing was imported: 1 row refused."
    [kept] = stores.db.rejections.find()
    assert (kept["row"], kept["code"]) == (1, "unknown_customer")
    assert [one["value"] for one in kept["values"]] == ["A1", "17", "₹1,000"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"name,email\n", "no rows"),
        (b"colour,size\nred,9\n", "Nothing tells"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0", "picture"),
        (b"PK\x03\x04xlsx", "zip or Excel file is cut short"),
    ],
)
def test_a_file_nothing_can_be_made_of_fails_with_a_sentence(
    stores: Stores, content: bytes, said: str
) -> None:
    status = imported(stores, content)
    assert status["state"] == "failed"
    assert said in status["message"]


def test_orders_without_references_are_told_apart_and_come_again_as_the_same(stores: Stores) -> None:
    content = "email,date,amount\n" + "a@x.example,2025-01-01,10\n" * 3 + "a@x.example,2025-01-02,10\n"
    assert imported(stores, content)["counts"]["created"] == 4
    assert imported(stores, content)["counts"]["unchanged"] == 4


def test_a_reader_that_stops_is_followed_from_its_last_checkpoint(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BLOCK", 100)
    import_id = start(stores, "email,date,amount\n" + "a@x.example,2025-01-01,10\n" * 1050)
    stops = iter([False, False, True])

    def pause(_: float) -> None:
        if next(stops):
            raise Stopping

    with pytest.raises(Stopping):
        ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert ingest.import_status(stores, import_id)["counts"]["read"] == 300
    [status] = finish(stores, import_id)
    assert status["counts"]["created"] == status["counts"]["read"] == 1050
    [customer] = stores.db.customers.find()
    assert (customer["orderCount"], customer["totalSpent"]) == (1050, 10500)


def test_a_block_published_twice_takes_effect_once(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BLOCK", 100)
    import_id = start(stores, customers_csv(250))

    def pause(_: float) -> None:
        raise Stopping

    with pytest.raises(Stopping):
        ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    # As if it had died after publishing the first block and before ticking it off.
    stores.db.imports.update_one({"_id": import_id}, {"$set": {"rows": 0, "published": 0}})
    with pytest.raises(Stopping):
        ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert stores.redis.xlen(streams.key(stores, streams.CUSTOMERS)) == 2
    [status] = finish(stores, import_id)
    assert status["counts"]["created"] == status["counts"]["read"] == 250
    assert stores.redis.xlen(streams.dead_key(stores, streams.CUSTOMERS)) == 0


def test_a_reader_that_was_followed_ticks_nothing_off_any_more(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BLOCK", 100)
    import_id = start(stores, customers_csv(250))
    nested = []

    def pause(_: float) -> None:
        if not nested:
            nested.append(1)
            with pytest.raises(NotYet):
                ingest.run_import(stores, import_id, clock=utc_now, pause=lambda _: None)
            assert ingest.import_status(stores, import_id)["state"] == "importing"

    ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert ingest.import_status(stores, import_id)["counts"]["read"] == 250


def test_a_cancelled_import_says_what_was_in_by_then(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BLOCK", 100)
    import_id = start(stores, customers_csv(500))

    def pause(_: float) -> None:
        [(_, fields)] = stores.redis.xrange(streams.key(stores, streams.CUSTOMERS))
        ingest.persist(stores, [streams.payload(fields)], now=utc_now())
        ingest.cancel_import(stores, import_id, now=NOW)

    ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    assert ingest.import_status(stores, import_id)["message"] == (
        "Cancelled after 100 customers: 100 created. Undo the import to take that back."
    )


def test_a_cancelled_import_stops_and_says_so(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BLOCK", 100)
    import_id = start(stores, customers_csv(500))

    def pause(_: float) -> None:
        ingest.cancel_import(stores, import_id, now=NOW)

    ingest.run_import(stores, import_id, clock=utc_now, pause=pause)
    status = ingest.import_status(stores, import_id)
    assert (status["state"], status["message"]) == ("cancelled", "Cancelled. Nothing was written.")
    with working(stores, ROLES):
        until(lambda: streams.backlog(stores, streams.CUSTOMERS) == 0)
    assert stores.db.customers.count_documents({}) == 0
    with pytest.raises(IllegalTransition):
        ingest.cancel_import(stores, import_id, now=NOW)
    with pytest.raises(NotFound):
        ingest.cancel_import(stores, "nothing", now=NOW)


def test_a_batch_that_is_given_up_is_booked_as_refused(stores: Stores) -> None:
    import_id = start(stores, customers_csv(3))
    with pytest.raises(NotYet):
        ingest.run_import(stores, import_id, clock=utc_now, pause=lambda _: None)
    [(entry, fields)] = stores.redis.xrange(streams.key(stores, streams.CUSTOMERS))
    for _ in range(2):
        ingest.give_up(stores, streams.payload(fields))
    stores.redis.xdel(streams.key(stores, streams.CUSTOMERS), entry)
    [status] = finish(stores, import_id)
    assert status["counts"]["rejected"] == 3
    assert "could not be stored" in status["rejections"][0]["reason"]


def test_an_import_that_is_given_up_says_what_to_do(stores: Stores) -> None:
    import_id = start(stores, customers_csv(3))
    ingest.fail_import(stores, import_id, now=NOW)
    found = ingest.import_status(stores, import_id)
    assert found["state"] == "failed"
    assert "upload the file once more" in found["message"]


def test_a_small_file_does_not_wait_for_the_readers_of_long_ones(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_MOST_UNDER_WAY", 0)  # so that nobody gets on who has published
    with working(stores, roles.KINDS["imports"]):
        long = [start(stores, customers_csv(12_000)) for _ in range(roles.READERS)]
        until(lambda: all(published(stores, one) for one in long))
        short = start(stores, customers_csv(5), confirm=True)
        until(lambda: ingest.import_status(stores, short)["state"] == "asking")
        assert {ingest.import_status(stores, one)["state"] for one in long} == {"reading"}


@pytest.mark.parametrize(("reading", "share"), [(0, 64), (1, 64), (3, 21), (40, 8)])
def test_imports_that_are_read_at_once_share_the_room_on_the_streams(
    stores: Stores, reading: int, share: int
) -> None:
    others = [{"_id": "tried", "state": "reading", "confirm": "asked"}, {"_id": "done", "state": "finished"}]
    stores.db.imports.insert_many([*others, *({"state": "reading"} for _ in range(reading))])
    assert imports.room(stores) == share


def published(stores: Stores, import_id: str) -> bool:
    found = stores.db.imports.find_one({"_id": import_id}, {"published": 1})
    return bool(found and found["published"])


def test_an_import_that_was_never_announced_is_taken_up(stores: Stores) -> None:
    import_id = start(stores, customers_csv(3))
    stores.redis.delete(streams.key(stores, streams.SMALL_IMPORTS))
    stores.db.imports.update_one({"_id": import_id}, {"$set": {"announcedAt": NOW}})
    [status] = finish(stores, import_id)
    assert status["state"] == "finished"


def test_imports_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    ids = [start(stores, "x") for _ in range(3)]
    page = ingest.list_imports(stores, limit=2)
    assert [one["_id"] for one in page.items] == ids[:0:-1]
    rest = ingest.list_imports(stores, limit=2, cursor=page.next)
    assert ([one["_id"] for one in rest.items], rest.next) == ([ids[0]], None)


def test_a_kind_that_there_is_not_is_refused(stores: Stores) -> None:
    with pytest.raises(InvalidInput):
        start(stores, "x", kind="invoices")


def test_a_short_file_is_in_before_a_long_one_that_came_first_ends(stores: Stores) -> None:
    long = start(stores, customers_csv(150_000))
    with working(stores, ROLES):
        until(lambda: ingest.import_status(stores, long)["state"] == "reading", timeout=120)
        short = start(stores, "email\nfirst@x.example\n")
        until(lambda: ingest.import_status(stores, short)["state"] == "finished", timeout=120)
        states = [ingest.import_status(stores, one)["state"] for one in (long, short)]
        ingest.cancel_import(stores, long, now=NOW)
    assert states == ["reading", "finished"]
