"""One program that is kept running."""

import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from embedded.errors import CannotStart
from embedded.process import Process, launch

_STEADY = 30.0  # seconds; who ran that long is started again at once
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 15.0


class Program(Protocol):
    """What a part runs. `grace` is in seconds, from the request to end to the kill."""

    @property
    def name(self) -> str: ...

    @property
    def grace(self) -> float: ...

    def command(self) -> list[str]:
        """The command line. Raises CannotStart where this machine lacks the program."""
        ...

    def environment(self) -> Mapping[str, str] | None:
        """Its environment; None for ours."""
        ...

    def await_ready(self, process: Process) -> None:
        """Return when it does its work. Raises CannotStart when it will not."""
        ...


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(f"Mini-CRM: {line}", file=sys.stderr, flush=True)


class Part:
    """A program, started again whenever it ends, until it is stopped."""

    def __init__(self, program: Program, log: Path, inherited: Sequence[int] = ()) -> None:
        self.program = program
        self._log = log
        self._inherited = inherited
        self._process: Process | None = None
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"keep {program.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The program's process id at this moment."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Run it, return when it is ready, and keep it running. Raises CannotStart."""
        try:
            self._run()
        except CannotStart:
            self.stop()
            raise
        self._keeper.start()

    def stop(self) -> None:
        """End it and wait until it has ended; its grace bounds the wait."""
        self._stopping.set()
        with self._changing:
            process = self._process
        if process:
            process.stop()
        if self._keeper.is_alive():
            self._keeper.join()

    def _run(self) -> None:
        with self._changing:
            if self._stopping.is_set():
                return
            try:
                self._process = launch(
                    self.program.command(),
                    self._log,
                    grace=self.program.grace,
                    environment=self.program.environment(),
                    inherited=self._inherited,
                )
            except OSError as error:
                raise CannotStart(f"{self.program.name} can't be run: {error}; see {self._log}") from error
        self.program.await_ready(self._process)

    def _keep(self) -> None:
        delay = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._process.wait() if self._process else 0
            if self._stopping.is_set():
                return
            lived = time.monotonic() - began
            delay = 0.0 if lived > _STEADY else min(max(2 * delay, _FIRST_DELAY), _LONGEST_DELAY)
            say(f"{self.program.name} {_ending(status)}; starting it again")
            if self._stopping.wait(delay):
                return
            try:
                self._run()
            except CannotStart as error:
                self._give_up_on_this_run(error)

    def _give_up_on_this_run(self, error: CannotStart) -> None:
        if not self._stopping.is_set():
            say(error.message)
        if self._process:
            self._process.stop()


def _ending(status: int) -> str:
    try:
        return f"was ended by {signal.Signals(-status if status < 0 else status - 128).name}"
    except ValueError:
        return f"ended with status {status}"
