"""Where figures are taken: private stores in a temporary folder, set up as the product sets them up.

`bare_stage` has stores and, once asked for, workers; `whole_stage` is the whole product as a person starts
it, web process included. Nothing of either is left at the end.
"""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cpu
from benchmarks.cpu import Meter
from benchmarks.crew import Crew, crew
from crm.columnar.shelf import ASKED, Shelf
from crm.settings import Endpoints, Settings
from crm.stores import groups, indexes, streams
from crm.stores.connection import Stores, connect
from embedded.supervisor import Supervisor
from embedded.worker import Worker
from tests import surroundings
from tests.acceptance.installation import ROOT, Installation, processes, started

WORKERS = 2
DATABASE, PREFIX = "crm", "crm:"
ADMINISTRATOR = ("admin@shop.example", "a-long-password-of-benchmarks")
_LOOK = 0.02
_QUIET_FOR, _QUIET = 1.5, 0.1  # s, and the share of one core that idle workers stay below
_STORES = {"mongod": "--dbpath\0", "valkey": "--appendonly\0"}  # name → what its command line has
_KEPT = ("accounts", "apiKeys", "audit", "installation")


@dataclass(frozen=True, slots=True)
class Stage:
    """Stores to measure on, and where they are. `web` is the web process' installation, if there is one."""

    stores: Stores
    data_dir: Path
    crew: Crew
    web: Installation | None = None

    def worker_pids(self) -> list[int]:
        found = processes(self.data_dir).items()
        return [pid for pid, command in found if "-m\0workers\0" in command and "guard.py" not in command]

    def meter(self, **more: Iterable[int]) -> Meter:
        """Processor time of the stage's processes, and of groups of others, from now on."""
        found = {name: [self._store_pid(mark)] for name, mark in _STORES.items()}
        found["workers"] = self.worker_pids()
        web = {"web": [self.web.process.pid]} if self.web else {}
        found["bench"] = [os.getpid()]
        return Meter({**found, **web, **more})

    def _store_pid(self, mark: str) -> int:
        found = processes(self.data_dir).items()
        return next(pid for pid, command in found if mark in command and "guard.py" not in command)

    @contextmanager
    def held_workers(self) -> Iterator[None]:
        """Hold the workers still, so that they do not share the machine, or begin all at once."""
        pids = self.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def without_workers(self) -> Iterator[None]:
        """Hold the workers still, and wait until they are quiet again.

        What changed meanwhile they bring into the snapshot, which is no part of what is measured next.
        """
        with self.held_workers():
            yield
        self.await_quiet()

    @contextmanager
    def somebody_looks(self) -> Iterator[None]:
        """The workers keep the snapshot up to date for somebody, even while much comes in."""
        folder = Settings(data_dir=self.data_dir).snapshot_dir
        Shelf(folder).ask()
        try:
            yield
        finally:
            (folder / ASKED).unlink()

    def await_quiet(self) -> None:
        """Wait until the workers have next to nothing to do."""
        pids = self.worker_pids()

        def quiet() -> bool:
            before = cpu.spent(pids)
            time.sleep(_QUIET_FOR)
            return cpu.spent(pids) - before < _QUIET * _QUIET_FOR

        await_true(quiet, timeout=3600)

    def clear(self) -> None:
        """Forget all customers, orders and campaigns, the bare loops' too."""
        for name in self.stores.db.list_collection_names():
            if name not in _KEPT:
                self.stores.db.drop_collection(name)
        indexes.ensure(self.stores)

    def await_idle(self, names: tuple[str, ...] = (), timeout: float = 3600) -> None:
        """Wait until these streams (by default those of ingestion) have nothing that is not acknowledged."""
        names = names or (*streams.FILES, streams.CUSTOMERS, streams.PRODUCTS, *streams.ORDERS)
        await_true(lambda: not streams.backlog(self.stores, *names), timeout)


def await_true(condition: Callable[[], bool], timeout: float = 60, look: float = _LOOK) -> None:
    """Wait for a condition. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout:.0f} s")
        time.sleep(look)


@contextmanager
def bare_stage(workers: int = WORKERS) -> Iterator[Stage]:
    """Stores and worker processes that wait for work."""
    surroundings.forget()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        supervisor = Supervisor(Path(folder), "")
        supervisor.claim()
        try:
            supervisor.start_stores(mongodb=True, redis=True)
            variables = {"CRM_DATA_DIR": str(supervisor.data_dir)}
            supervisor.start_workers(
                [Worker(f"worker-{number}", "workers", ROOT, variables) for number in range(workers)]
            )
            with _stage(supervisor.data_dir, workers) as stage:
                yield stage
        finally:
            supervisor.stop()


@contextmanager
def whole_stage(workers: int = WORKERS, **more: str) -> Iterator[Stage]:
    """The product, with one route more (`benchmarks/web.py`), an administrator and these workers.

    `more` are settings by the names of their variables.
    """
    surroundings.forget()
    email, password = ADMINISTRATOR
    environment = {
        **more,
        "CRM_WORKERS": str(workers),
        "CRM_ADMIN_EMAIL": email,
        "CRM_ADMIN_PASSWORD": password,
        "PYTHONPATH": str(ROOT),
    }
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        started(Path(folder) / "data", environment=environment, script="benchmarks/web.py") as web,
        _stage(web.data_dir, workers, web) as stage,
    ):
        yield stage


@contextmanager
def _stage(data_dir: Path, workers: int, web: Installation | None = None) -> Iterator[Stage]:
    running = json.loads((data_dir / "running.json").read_text())
    endpoints = Endpoints(running["mongodbUri"], running["redisUrl"])
    stores = connect(endpoints, DATABASE, PREFIX)
    with crew(endpoints, DATABASE, PREFIX, WORKERS) as hands:
        indexes.ensure(stores)
        await_true(lambda: len(groups.alive(stores)) == workers)
        yield Stage(stores, data_dir, hands, web)
    stores.close()
