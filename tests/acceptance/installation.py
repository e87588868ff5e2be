"""A whole installation in processes of its own, as a person starts it; and a look at those processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from embedded import ports
from tests.surroundings import signals_heard
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
_STOP_WITHIN = 60.0
_START_WITHIN = 90.0  # far beyond what a start takes, for machines that do other things as well


@dataclass
class Installation:
    """A started `streamlit run app.py`: its process, data folder, port and what it has printed."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    port: int
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def printed(self) -> str:
        return self.output.read_text()

    def running(self) -> dict[str, Any]:
        """The running.json of the data folder."""
        return json.loads((self.data_dir / "running.json").read_text())

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def health(self) -> dict[str, Any]:
        """What /api/health says, or nothing where it does not answer."""
        try:
            return dict(httpx.get(f"{self.url}/api/health", timeout=15).json())
        except (httpx.TransportError, ValueError):
            return {}

    def await_started(self) -> None:
        """Wait until the URL is printed, which is when it answers."""
        until(lambda: self.url in self.printed() or self.process.poll() is not None, timeout=_START_WITHIN)
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.poll()}: {self.printed()}")

    def pid(self, part: str) -> int | None:
        """Process id of a part (`mongod`, `valkey` or `worker`), None while it is down."""
        marks = {
            "mongod": f"--dbpath\0{self.data_dir}/mongod",
            "valkey": f"--dir\0{self.data_dir}/valkey",
            "worker": "-m\0workers",
        }
        for pid, command in processes(self.data_dir).items():
            if marks[part] in command and "guard.py" not in command:
                return pid
        return None

    def kill(self, part: str) -> int:
        """Kill -9 a part and return its former process id."""
        pid = until(lambda: self.pid(part))
        os.kill(pid, signal.SIGKILL)
        return pid

    def await_replaced(self, part: str, former: int, timeout: float = 90) -> None:
        until(lambda: self.pid(part) not in (None, former), timeout=timeout)

    def interrupt(self) -> int:
        """Ctrl-C, and wait for the end; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_STOP_WITHIN)

    def await_nothing_left(self) -> None:
        until(lambda: not processes(self.data_dir), timeout=_STOP_WITHIN)


def processes(data_dir: Path) -> dict[int, str]:
    """Every live process that belongs to this data folder: its id and command line (\\0 between words).

    Parts carry the folder in their command line or, like the worker, in their environment.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        mark = f"CRM_DATA_DIR={data_dir}\0".encode()
        if command and (str(data_dir).encode() in command or mark in environment + b"\0"):
            found[int(entry.name)] = command.decode(errors="replace")
    return found


def start(
    data_dir: Path,
    *,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    script: str = "app.py",
) -> Installation:
    """`streamlit run app.py` (or another script that serves the product) on this data folder; no waiting."""
    data_dir.mkdir(parents=True, exist_ok=True)
    port = port or ports.free()
    output = data_dir.parent / f"output-{port}-{len(list(data_dir.parent.iterdir()))}.txt"
    with output.open("wb") as file, signals_heard():
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script],
            cwd=ROOT,
            env={**os.environ, "CRM_DATA_DIR": str(data_dir), "CRM_PORT": str(port), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Installation(process, data_dir, port, output)


@contextmanager
def started(
    data_dir: Path, *, environment: Mapping[str, str] | None = None, script: str = "app.py"
) -> Iterator[Installation]:
    """A running installation, which is stopped at the end, and leaves nothing behind."""
    installation = start(data_dir, environment=environment, script=script)
    try:
        installation.await_started()
        yield installation
    finally:
        if installation.process.poll() is None:
            installation.process.terminate()
            try:
                installation.process.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                installation.process.kill()
                installation.process.wait()
        installation.await_nothing_left()
