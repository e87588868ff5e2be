"""A private MongoDB: one mongod on loopback, as a replica set of one, so that transactions work."""

import importlib.util
import os
import platform
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from embedded.errors import CannotStart, PortTaken
from embedded.process import Process

REPLICA_SET = "crm"
_NOT_INITIATED = 94
_POLL = 0.02
_ENGINE = (
    # Spare journal files made ahead would cost 200 MB on disk and half a second at the first start.
    "log=(prealloc=false)",
    # Orders change customers all over the collection. By default a fifth of the cache may hold changed pages;
    # past that every update of another page writes a page out first, which costs four times the update. What
    # is in the cache alone is in the journal as well, and on disk with the next checkpoint, within a minute.
    "eviction_dirty_target=60,eviction_dirty_trigger=75,eviction_updates_target=30,eviction_updates_trigger=50",
)


@dataclass(frozen=True, slots=True)
class Mongod:
    """A mongod to run: its data folder, its port, and the memory its cache may take, in GB."""

    folder: Path
    port: int
    cache_gb: float = 0.5

    name: ClassVar[str] = "mongod"
    grace: ClassVar[float] = 30.0  # seconds; a clean end writes a checkpoint, which takes about one

    @property
    def address(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    def command(self) -> list[str]:
        """The command line. Raises CannotStart where this machine has no mongod."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return [
            str(binary()),
            *("--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--replSet", REPLICA_SET, "--oplogSize", "1024", "--nounixsocket"),
            *("--wiredTigerCacheSizeGB", f"{self.cache_gb:g}"),
            *("--quiet", "--slowms", "1000"),
            # Keeping five minutes of history would halve the rate of random updates.
            *("--setParameter", "minSnapshotHistoryWindowInSeconds=0"),
            # A worker killed inside a transaction would otherwise block its customers for a minute.
            *("--setParameter", "transactionLifetimeLimitSeconds=3"),
            # There is no other member to hand over to: end at once when asked to.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--wiredTigerEngineConfigString", ",".join(_ENGINE)),
        ]

    def environment(self) -> None:
        """Ours."""

    def await_ready(self, process: Process, timeout: float = 60.0) -> None:
        """Wait until it takes writes. Raises CannotStart or PortTaken when it will not."""
        deadline = time.monotonic() + timeout
        client: MongoClient[dict[str, Any]] = MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=200, connectTimeoutMS=2000
        )
        with client:
            while not self._is_primary(client, process.pid):
                if process.status is not None:
                    raise _explain(process)
                if time.monotonic() > deadline:
                    raise CannotStart(f"mongod did not get ready in {timeout:.0f} s; see {process.log}")
                time.sleep(_POLL)

    def _is_primary(self, client: MongoClient[dict[str, Any]], pid: int) -> bool:
        try:
            hello = client.admin.command("hello")
            if not hello.get("isWritablePrimary"):
                self._form_replica_set(client)
                return False
            # Who answers may be another server that had the port before ours.
            return int(client.admin.command("serverStatus")["pid"]) == pid
        except PyMongoError:
            return False

    def _form_replica_set(self, client: MongoClient[dict[str, Any]]) -> None:
        """Make this server a set of one, or tell the set of one that its port is another today."""
        host = f"127.0.0.1:{self.port}"
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != _NOT_INITIATED:
                raise
            config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]}
            client.admin.command("replSetInitiate", config)
            return
        if config["members"][0]["host"] != host:
            config["members"][0]["host"] = host
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def binary() -> Path:
    """The mongod of this machine: one on PATH wins over the one from the packages."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    package = importlib.util.find_spec("fiftyone")
    for place in package.submodule_search_locations or [] if package else []:
        for name in ("mongod", "mongod.exe"):
            found = Path(place) / "db" / "bin" / name
            if found.exists():
                if not os.access(found, os.X_OK):
                    found.chmod(0o755)
                return found
    raise CannotStart(
        f"There is no MongoDB for this machine ({platform.system()} {platform.machine()}) among the "
        "packages. Install MongoDB 6.0 or newer so that `mongod` is on PATH, or set MONGODB_URI to a "
        "replica set of your own."
    )


def _explain(process: Process) -> CannotStart:
    output = process.output()
    if "error while loading shared libraries" in output:
        library = output.split("error while loading shared libraries:", 1)[1].split(":", 1)[0].strip()
        return CannotStart(
            f"mongod needs the system library {library}, which is missing. Install it (the packages libcurl4 "
            "and libssl on Debian and Ubuntu), install a MongoDB of your own, or set MONGODB_URI."
        )
    if "SocketException" in output and "Address already in use" in output:
        return PortTaken("mongod found its port taken.")
    if "DBPathInUse" in output:
        return CannotStart(f"Another mongod uses the same data folder; see {process.log}")
    return CannotStart(f"mongod ended with status {process.status} before it was ready; see {process.log}")
