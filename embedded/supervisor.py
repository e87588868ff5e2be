"""The parts of one installation: who may start them, in which order they start and end, and where they are.

In the data folder:

| file | holds |
|---|---|
| `web.lock` | held by the process that runs this installation; its note is that process's URL |
| `parts.lock` | held by every part's guard, so that a new start waits for the last one's parts to end |
| `running.json` | `{mongodbUri, redisUrl, url, pid}` while it runs, for workers and scripts |
| `mongod/`, `valkey/` | the data |
| `log/` | what each part wrote |
"""

import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from embedded import ports
from embedded.errors import AlreadyRunning, CannotStart, PortTaken
from embedded.lockfile import LockFile
from embedded.mongod import Mongod
from embedded.part import Part, Program, say
from embedded.valkey import Valkey

RUNNING_FILE = "running.json"
_LAST_RUN_TO_END = 60.0  # seconds; longer than the longest grace
_PORT_TRIES = 5


class Supervisor:
    """Holds a data folder and runs the parts that live in it.

    `claim` comes first, unless every store is somebody else's and only workers are to run here.
    """

    def __init__(self, data_dir: Path, url: str) -> None:
        self.data_dir = data_dir.resolve()
        self.url = url
        self._web = LockFile(self.data_dir / "web.lock")
        self._parts_lock = LockFile(self.data_dir / "parts.lock")
        self._stores: list[Part] = []
        self._workers: list[Part] = []

    def claim(self) -> None:
        """Make the data folder ours. Raises AlreadyRunning, with the other's URL, where it is not free."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            claimed = self._web.acquire()
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.data_dir} can't be written ({error.strerror}). Set CRM_DATA_DIR to "
                "one that can."
            ) from error
        if not claimed:
            raise AlreadyRunning(
                f"Mini-CRM is already running on {self.data_dir}, at {self._web.read() or 'an unknown URL'}. "
                "Open that, or set CRM_DATA_DIR and CRM_PORT to run another beside it."
            )
        self._web.write(self.url)
        self._running_file.unlink(missing_ok=True)  # of a run that was killed
        if not self._parts_lock.acquire():
            say("waiting for the last run's parts to end")
            if not self._parts_lock.acquire(_LAST_RUN_TO_END):
                raise CannotStart(f"Parts of an earlier run still use {self.data_dir}; end them first.")

    def start_stores(self, *, mongodb: bool, redis: bool, cache_gb: float | None = None) -> None:
        """Start the stores asked for, side by side, and write down where they are. Raises CannotStart."""
        starts = []
        if mongodb:
            gigabytes = cache_gb or default_cache_gb()
            starts.append(_Start(self._part, lambda port: Mongod(self._folder("mongod"), port, gigabytes)))
        if redis:
            starts.append(_Start(self._part, lambda port: Valkey(self._folder("valkey"), port)))
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        self._stores = [start.part for start in starts if start.part]
        for start in starts:
            if start.error:
                raise start.error
        self._write_running()

    def start_workers(self, programs: Sequence[Program]) -> None:
        """Start workers and keep them running. Raises CannotStart."""
        for program in programs:
            part = self._part(program)
            self._workers.append(part)
            part.start()

    def stop(self) -> None:
        """End the workers, then the stores, and let go of the data folder. May be called twice."""
        if self._web.held:
            self._running_file.unlink(missing_ok=True)
        for group in (self._workers, self._stores):
            threads = [threading.Thread(target=part.stop) for part in group]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self._workers, self._stores = [], []
        self._parts_lock.release()
        self._web.release()

    @property
    def _running_file(self) -> Path:
        return self.data_dir / RUNNING_FILE

    def _folder(self, name: str) -> Path:
        return self.data_dir / name

    def _part(self, program: Program) -> Part:
        log = self.data_dir / "log" / f"{program.name}.log"
        shared = self._parts_lock.held and os.name == "posix"  # elsewhere no process can inherit a lock
        return Part(program, log, inherited=[self._parts_lock.descriptor] if shared else [])

    def _write_running(self) -> None:
        note: dict[str, str | int] = {"url": self.url, "pid": os.getpid()}
        for part in self._stores:
            match part.program:
                case Mongod() as mongod:
                    note["mongodbUri"] = mongod.address
                case Valkey() as valkey:
                    note["redisUrl"] = valkey.address
        fresh = self._running_file.with_suffix(".new")
        fresh.write_text(json.dumps(note, indent=2) + "\n")
        fresh.replace(self._running_file)


class _Start(threading.Thread):
    """One store being started, on the port it had last time if that is free."""

    def __init__(self, part_of: Callable[[Program], Part], store: Callable[[int], Mongod | Valkey]) -> None:
        super().__init__(daemon=True)
        self._part_of = part_of
        self._store = store
        self.part: Part | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        for _ in range(_PORT_TRIES):
            self.error = None
            folder = self._store(0).folder
            store = self._store(ports.remembered(folder))
            part = self._part_of(store)
            try:
                part.start()
            except PortTaken as error:  # somebody was faster: look for another one
                self.error = error
            except Exception as error:  # whatever it is, it belongs to the thread that asked
                self.error = error
                return
            else:
                ports.remember(folder, store.port)
                self.part = part
                return


def default_cache_gb() -> float:
    """Memory for MongoDB's cache: an eighth of the machine's, from a quarter to two GB."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return 0.5
    return round(min(2.0, max(0.25, memory / 8)), 2)
