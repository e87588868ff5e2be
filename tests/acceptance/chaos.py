"""Servers and workers that are killed at random, with work in hand each time, and started again.

chaos = Chaos(stores, {MONGOD: mongod, VALKEY: valkey}, herd, names, seed=7)
chaos.strike(WORKER, more=sender.allow)    # waits until workers have entries in hand, and kills one of them
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm.settings import Endpoints
from crm.stores import streams
from crm.stores.connection import Stores
from embedded import ports
from embedded.mongod import Mongod
from embedded.process import launch
from embedded.valkey import Valkey
from tests.acceptance.programs import VendorService, Web
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
WORKER, VALKEY, MONGOD, VENDOR, WEB = "worker", "valkey", "mongod", "vendor", "web"


@dataclass
class Server:
    """A part of a test's own, which can be killed and started again on its data."""

    program: Mongod | Valkey | VendorService | Web
    folder: Path

    def start(self) -> None:
        log = self.folder / f"{self.program.name}.log"
        environment = self.program.environment()
        command = self.program.command()
        self.process = launch(command, log, grace=self.program.grace, environment=environment)
        self.program.await_ready(self.process)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.stop()


@contextmanager
def running(program: Mongod | Valkey | VendorService | Web, folder: Path) -> Iterator[Server]:
    """A part that is started, and stopped at the end."""
    server = Server(program, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Server, Server]]:
    """A mongod and a Valkey, in this order."""
    with (
        running(Mongod(folder / "mongod", ports.free(), cache_gb=0.25), folder) as mongod,
        running(Valkey(folder / "valkey", ports.free()), folder) as valkey,
    ):
        yield mongod, valkey


@dataclass
class Herd:
    """So many worker processes of these kinds; each that is killed has a successor."""

    endpoints: Endpoints
    stores: Stores
    kinds: Sequence[str]
    size: int
    folder: Path
    claim_after: float = 1.0
    max_attempts: int = 2
    _alive: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _started: int = 0

    def __enter__(self) -> "Herd":
        for _ in range(self.size):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._alive:
            process.terminate()
        for process in self._alive:
            process.wait(60)

    def _start(self) -> None:
        environment = os.environ | {
            "MONGODB_URI": self.endpoints.mongodb_uri,
            "REDIS_URL": self.endpoints.redis_url,
            "CRM_DATABASE": self.stores.db.name,
            "CRM_PREFIX": self.stores.prefix,
            "CRM_DATA_DIR": str(self.folder),
            "CRM_CLAIM_AFTER": str(self.claim_after),
            "CRM_MAX_ATTEMPTS": str(self.max_attempts),
        }
        self._started += 1
        with (self.folder / f"worker-{self._started}.log").open("wb") as log:
            self._alive.append(
                subprocess.Popen(
                    [sys.executable, "-m", "workers", *self.kinds],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No worker moves within it, so that what is in hand stays in hand."""
        for process in self._alive:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in self._alive:
                process.send_signal(signal.SIGCONT)

    def kill(self, pid: int) -> None:
        """Kill -9 this one and start another in its place."""
        [victim] = [process for process in self._alive if process.pid == pid]
        victim.kill()
        victim.wait()
        self._alive.remove(victim)
        self._start()

    def all_run(self) -> bool:
        """Whether none has ended of itself."""
        return all(process.poll() is None for process in self._alive)


@dataclass
class Chaos:
    """Strikes at what works on the streams `names`. `seed` decides whom a strike among workers hits.

    `servers` has the other parts by name.
    """

    stores: Stores
    servers: Mapping[str, Server]
    herd: Herd
    names: Sequence[str]
    seed: int
    held: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def strike(self, victim: str, more: Callable[[], None]) -> None:
        """Kill -9 a worker or a server while workers have entries in hand, and start it again.

        `more` brings more work, for when there is none in hand. How many entries were in hand is in `held`.
        """

        def struck() -> bool:
            if not self._holders():
                more()
                return False
            with self.herd.frozen():
                holders = self._holders()
                if holders:
                    self.held.append(sum(holders.values()))
                    self._kill(victim, holders)
            return bool(holders)

        until(struck, interval=0.005, timeout=120)
        if victim != WORKER:
            self.servers[victim].start()

    def _kill(self, victim: str, holders: dict[int, int]) -> None:
        if victim == WORKER:
            self.herd.kill(self._chance.choice(sorted(holders)))
        else:
            self.servers[victim].kill()

    def _holders(self) -> dict[int, int]:
        """Process id of each living worker that has entries in hand → how many."""
        found: dict[int, int] = {}
        for consumers in self._consumers():
            for one in consumers:
                pid = int(one["name"].decode().split("-")[-2])
                if one["pending"] and any(pid == process.pid for process in self.herd._alive):
                    found[pid] = found.get(pid, 0) + int(one["pending"])
        return found

    def _consumers(self) -> list[Any]:
        pipe = self.stores.redis.pipeline(transaction=False)
        for name in self.names:
            pipe.xinfo_consumers(streams.key(self.stores, name), streams.GROUP)
        found = pipe.execute(raise_on_error=False)
        return [one for one in found if isinstance(one, list)]
