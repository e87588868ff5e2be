"""The same large file twice changes nothing; undone, with a worker killed in between, all is as before."""

import io
import os
from collections.abc import Callable

import pytest

from crm import imports, ingest
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import journal
from crm.stores.connection import Document, Stores
from tests.acceptance.worker_process import worker
from tests.waiting import until

ROWS = 1_000_000 if os.environ.get("CRM_FULL_SIZE") == "1" else 10_000
THERE = ROWS // 100  # customers whom we have before, and whom the file changes
_LONG = 1800.0


def people(count: int, city: str) -> str:
    rows = (
        f"K{one},Person {one},p{one}@x.example,{city},{one % 700}.5,2024-01-{one % 28 + 1:02}"
        for one in range(count)
    )
    return "\n".join(["customer id,name,email,city,total spent,signup date", *rows])


def orders(count: int) -> str:
    rows = (f"o{one},p{one}@x.example,2099-01-{one % 28 + 1:02},{one}.25" for one in range(count))
    return "\n".join(["order id,email,date,total", *rows])


def imported(stores: Stores, content: str) -> Document:
    file = io.BytesIO(content.encode())
    import_id = ingest.start_import(
        stores, file, kind=None, filename="shop.csv", account_id=None, now=utc_now()
    )
    return until(reached(stores, import_id, "finished"), timeout=_LONG)


def reached(stores: Stores, import_id: str, state: str) -> Callable[[], Document | None]:
    def look() -> Document | None:
        status = ingest.import_status(stores, import_id)
        return status if status["state"] == state else None

    return look


def everything(stores: Stores) -> list[Document]:
    return [one for name in ("customers", "orders") for one in stores.db[name].find().sort("_id")]


@pytest.mark.slow
def test_a_file_twice_changes_nothing_and_undone_the_store_is_as_before(
    endpoints: Endpoints, stores: Stores
) -> None:
    content = people(ROWS, "Pune")
    with worker(endpoints, stores, "imports", "ingest") as process:
        imported(stores, people(THERE, "Agra"))
        imported(stores, orders(THERE // 2))
        before = everything(stores)
        first = imported(stores, content)
        assert (first["counts"]["created"], first["counts"]["updated"]) == (ROWS - THERE, THERE)
        again = imported(stores, content)
        assert (
            again["message"] == f"Nothing changed: all {ROWS:,} customers were already there as in this file."
        )
        imports.undo_import(stores, first["_id"], account_id=None, now=utc_now())
        entries = journal.left(stores, first["_id"])
        until(lambda: journal.left(stores, first["_id"]) < entries, interval=0.001, timeout=_LONG)
        process.kill()
        process.wait()
    with worker(endpoints, stores, "imports", "ingest"):
        status = until(reached(stores, first["_id"], "undone"), timeout=_LONG)
    assert (status["undo"]["removed"], status["undo"]["restored"]) == (ROWS - THERE, THERE)
    assert status["undo"]["kept"] == 0
    assert everything(stores) == before
