"""A program under guard, as seen by the process that asked for it."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

GUARD = Path(__file__).with_name("guard.py")
_LOG_LIMIT = 10 * 1024 * 1024
_TAIL = 4000


class Process:
    """A running program. Its output goes to `log`; it ends when `stop` is called or this process dies."""

    def __init__(self, guard: subprocess.Popen[bytes], pid: int, log: Path, log_start: int) -> None:
        self._guard = guard
        self._log_start = log_start
        self.log = log
        self.pid = pid

    @property
    def status(self) -> int | None:
        """None while it runs, else its exit status (128 + n for signal n)."""
        return self._guard.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        status = self._guard.wait(timeout)
        self._make_sure_it_is_gone()
        return status

    def ask_to_stop(self) -> None:
        """Ask it to end, and have it killed when it does not; returns at once."""
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()

    def stop(self) -> int:
        """Ask it to end and wait until it has; the guard's grace bounds the wait."""
        self.ask_to_stop()
        return self.wait()

    def output(self) -> str:
        """The last lines that this run of the program wrote."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._log_start, size - _TAIL))
                return file.read().decode(errors="replace").strip()
        except OSError:
            return ""

    def _make_sure_it_is_gone(self) -> None:
        # Only a killed guard can leave its program behind, and on Linux not even that one.
        if self._guard.returncode < 0 and sys.platform == "darwin":
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)


def launch(
    command: Sequence[str | Path],
    log: Path,
    *,
    grace: float,
    environment: Mapping[str, str] | None = None,
    inherited: Sequence[int] = (),
) -> Process:
    """Start a program under guard.

    `grace` is in seconds, from the request to end to the kill. `inherited` are file descriptors that its
    guard keeps open until the program has ended. Raises OSError if the program can't be run at all.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with _appending(log) as output:
        start = output.tell()
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(grace), *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=None if environment is None else dict(environment),
            pass_fds=tuple(inherited),
            start_new_session=True,  # Ctrl-C is for the process that asked; it stops the parts in order
        )
    with guard.stdout or contextlib.nullcontext(io.BytesIO()) as stdout:
        line = stdout.readline()
    process = Process(guard, int(line or 0), log, start)
    if not line:
        process.ask_to_stop()
        guard.wait()
        raise OSError((process.output().splitlines() or ["it could not be run"])[-1])
    return process


def _appending(log: Path) -> IO[bytes]:
    """The log, opened at its end; a long one is put aside first, and only one such is kept."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))
    file = log.open("ab")
    file.seek(0, os.SEEK_END)
    return file
