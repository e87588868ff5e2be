"""Workers live through restarts of their stores: what was on its way arrives, once."""

import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import ingest
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from tests.acceptance.chaos import Server, servers
from tests.acceptance.test_kill_import import ROWS, check_books, ended, orders_csv
from tests.acceptance.worker_process import worker
from tests.waiting import until


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with servers(tmp_path) as started:
        yield started


@pytest.fixture
def own(own_servers: tuple[Server, Server]) -> Iterator[tuple[Endpoints, Stores]]:
    endpoints = Endpoints(own_servers[0].program.address, own_servers[1].program.address)
    stores = connect(endpoints, database=f"test_{uuid.uuid4().hex[:8]}", prefix="test:")
    indexes.ensure(stores)
    yield endpoints, stores
    stores.close()


@pytest.mark.slow
def test_an_import_outlives_kills_of_valkey_and_mongod(
    own_servers: tuple[Server, Server], own: tuple[Endpoints, Stores]
) -> None:
    endpoints, stores = own
    content = orders_csv()
    import_id = ingest.start_import(
        stores,
        io.BytesIO(content.encode()),
        kind="orders",
        filename="orders.csv",
        account_id=None,
        now=utc_now(),
    )
    with worker(endpoints, stores, "imports", "ingest") as process:
        for number, server in enumerate((own_servers[1], own_servers[0]) * 2):
            share = ROWS * number / 5
            until(lambda share=share: stores.db.orders.estimated_document_count() >= share, timeout=120)
            server.kill()
            server.start()
        status = until(lambda: ended(stores, import_id), timeout=300)
        assert process.poll() is None
    assert status["counts"]["created"] == status["counts"]["read"] == ROWS
    check_books(stores, content)
