"""Workers live through restarts of their stores: what was on its way arrives, once."""

import io
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crm import ingest
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from embedded import ports
from embedded.mongod import Mongod
from embedded.process import launch
from embedded.valkey import Valkey
from tests.acceptance.test_kill_import import ROWS, check_books, ended, orders_csv
from tests.acceptance.worker_process import worker
from tests.waiting import until


@dataclass
class Server:
    """A store of this test's own, which can be killed and started again on its data."""

    program: Mongod | Valkey
    folder: Path

    def start(self) -> None:
        log = self.folder / f"{self.program.name}.log"
        self.process = launch(self.program.command(), log, grace=self.program.grace)
        self.program.await_ready(self.process)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.stop()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    started: list[Server] = []
    try:
        for program in (
            Mongod(tmp_path / "mongod", ports.free(), cache_gb=0.25),
            Valkey(tmp_path / "valkey", ports.free()),
        ):
            server = Server(program, tmp_path)
            server.start()
            started.append(server)
        yield started[0], started[1]
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def own(servers: tuple[Server, Server]) -> Iterator[tuple[Endpoints, Stores]]:
    endpoints = Endpoints(servers[0].program.address, servers[1].program.address)
    stores = connect(endpoints, database=f"test_{uuid.uuid4().hex[:8]}", prefix="test:")
    indexes.ensure(stores)
    yield endpoints, stores
    stores.close()


@pytest.mark.slow
def test_an_import_outlives_kills_of_valkey_and_mongod(
    servers: tuple[Server, Server], own: tuple[Endpoints, Stores]
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
        for number, server in enumerate((servers[1], servers[0], servers[1], servers[0])):
            share = ROWS * number / 5
            until(lambda share=share: stores.db.orders.estimated_document_count() >= share, timeout=120)
            server.kill()
            server.start()
        status = until(lambda: ended(stores, import_id), timeout=300)
        assert process.poll() is None
    assert status["counts"]["created"] == status["counts"]["read"] == ROWS
    check_books(stores, content)
