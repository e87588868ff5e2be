"""Processes that run bare loops at the same moment, as many as the product has workers."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any

from crm.settings import Endpoints
from crm.stores.connection import Stores, connect

_PATIENCE = 3600.0


@dataclass(frozen=True, slots=True)
class Loop:
    """`prepare(stores, share)` makes one process' batches; `write(stores, batch)` is what is measured."""

    prepare: Callable[[Stores, Any], list[Any]]
    write: Callable[[Stores, Any], None]


@dataclass(frozen=True, slots=True)
class Crew:
    """Processes that wait for a loop to run. Made by `crew`."""

    pids: tuple[int, ...]
    _lines: tuple[Connection, ...]
    _barrier: Barrier

    def run(
        self, loop: Loop, shares: Sequence[Any], begun: Callable[[], None], done: Callable[[], None]
    ) -> float:
        """Run a loop, one share a process; seconds from the common start to the last one's end.

        `begun` and `done` are called at these two moments. Raises BrokenBarrierError if a process failed.
        """
        for line, share in zip(self._lines, shares, strict=True):
            line.send((loop, share))
        self._barrier.wait(_PATIENCE)
        begun()
        started = time.perf_counter()
        self._barrier.wait(_PATIENCE)
        elapsed = time.perf_counter() - started
        done()
        return elapsed


@contextmanager
def crew(endpoints: Endpoints, database: str, prefix: str, size: int) -> Iterator[Crew]:
    """A crew for these stores, dismissed at the end."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(size + 1)
    lines = [context.Pipe() for _ in range(size)]
    processes = [
        context.Process(target=_serve, args=(endpoints, database, prefix, line, barrier), daemon=True)
        for _, line in lines
    ]
    for process in processes:
        process.start()
        threading.Thread(target=_call_off, args=(process, barrier), daemon=True).start()
    try:
        yield Crew(
            tuple(process.pid or 0 for process in processes), tuple(line for line, _ in lines), barrier
        )
    finally:
        for line, theirs in lines:
            line.close()
            theirs.close()
        for process in processes:
            process.join()


def _call_off(process: BaseProcess, barrier: Barrier) -> None:
    """Let nobody wait for a process that has failed."""
    process.join()
    if process.exitcode:
        barrier.abort()


def _serve(endpoints: Endpoints, database: str, prefix: str, line: Connection, barrier: Barrier) -> None:
    stores = connect(endpoints, database, prefix)
    try:
        while True:
            loop, share = line.recv()
            batches = loop.prepare(stores, share)
            barrier.wait(_PATIENCE)
            for batch in batches:
                loop.write(stores, batch)
            barrier.wait(_PATIENCE)
            del batches
    except EOFError:
        pass
    finally:
        stores.close()
