"""A worker that is killed in the middle of an import loses nothing and counts nothing twice."""

import io
import os
import random
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from crm import ingest
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import streams
from crm.stores.connection import Document, Stores
from tests.acceptance.worker_process import worker
from tests.waiting import until

ROWS = 50_000 if os.environ.get("CRM_FULL_SIZE") == "1" else 5_000
PEOPLE = ROWS // 10
_KILLS = 3


def orders_csv() -> str:
    """Orders of skewed customers, a good part of which look like others but for their reference."""
    chance = random.Random(5)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    lines = ["order id,email,date,total"]
    for number in range(ROWS):
        person = int(PEOPLE * chance.random() ** 2)
        day = (start + timedelta(days=chance.randrange(365))).date()
        lines.append(f"o{number:06},p{person}@x.example,{day},{chance.randrange(100_000) / 100}")
    return "\n".join(lines)


def pending(stores: Stores) -> int:
    """Entries of orders that a worker has taken and not acknowledged."""
    found = 0
    for name in streams.ORDERS:
        key = streams.key(stores, name)
        if stores.redis.exists(key):
            found += sum(group["pending"] for group in stores.redis.xinfo_groups(key))
    return found


def kill_with_entries_in_hand(stores: Stores, process: subprocess.Popen[bytes]) -> None:
    """Stop the worker while it has entries in hand, see that it has, and kill -9 it."""

    def stopped_with_entries() -> bool:
        if not pending(stores):
            return False
        process.send_signal(signal.SIGSTOP)
        if pending(stores):
            return True
        process.send_signal(signal.SIGCONT)
        return False

    until(stopped_with_entries, interval=0.001, timeout=120)
    process.kill()
    process.wait()
    assert pending(stores) > 0


@pytest.mark.slow
def test_every_row_is_there_once_after_kills_in_the_middle(endpoints: Endpoints, stores: Stores) -> None:
    content = orders_csv()
    import_id = ingest.start_import(
        stores,
        io.BytesIO(content.encode()),
        kind="orders",
        filename="orders.csv",
        account_id=None,
        now=utc_now(),
    )
    for kill in range(_KILLS):
        with worker(endpoints, stores, "imports", "ingest") as process:
            share = ROWS * kill / _KILLS  # later and later in the import
            until(lambda share=share: stores.db.orders.estimated_document_count() >= share, timeout=120)
            kill_with_entries_in_hand(stores, process)
    with worker(endpoints, stores, "imports", "ingest"):
        status = until(lambda: ended(stores, import_id), timeout=300)
    assert status["state"] == "finished"
    assert status["counts"] == {
        "read": ROWS, "accepted": ROWS, "created": ROWS, "updated": 0, "unchanged": 0, "rejected": 0,
    }  # fmt: skip
    check_books(stores, content)


def ended(stores: Stores, import_id: str) -> Document | None:
    status = ingest.import_status(stores, import_id)
    return status if status["finishedAt"] else None


def check_books(stores: Stores, content: str) -> None:
    """Every row of the file once, every customer the sum of his rows, nothing left on the streams."""
    rows = [line.split(",") for line in content.splitlines()[1:]]
    orders = {one["_id"]: one for one in stores.db.orders.find()}
    assert {reference: orders[reference]["total"] for reference, *_ in rows} == {
        reference: float(total) for reference, _, _, total in rows
    }
    assert len(orders) == len(rows)
    customers = {one["folded"]["email"]: one for one in stores.db.customers.find()}
    expected: dict[str, list[tuple[float, str]]] = {}
    for _, email, day, total in rows:
        expected.setdefault(email, []).append((float(total), day))
    assert customers.keys() == expected.keys()
    for email, his in expected.items():
        customer = customers[email]
        assert customer["orderCount"] == len(his)
        assert customer["totalSpent"] == customer["totalOrderValue"] == round(sum(one for one, _ in his), 4)
        assert customer["firstPurchaseDate"].date().isoformat() == min(day for _, day in his)
        assert customer["lastOrdered"].date().isoformat() == max(day for _, day in his)
    assert pending(stores) == 0
    assert not [name for name in streams.ORDERS if stores.redis.exists(streams.dead_key(stores, name))]
