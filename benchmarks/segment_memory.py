"""What the snapshot takes of memory: its files once, and what processes keep beside them."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import memory
from benchmarks.figure import note

_MB = 1024 * 1024


def in_all(folder: Path, use: Callable[[Path], object], workers_before: Mapping[int, float]) -> float:
    """MB of the files, of what a web process has of its own after `use`, and of the workers' growth.

    Pages of files are shared by all who map them; what is a process' own counts for each. `workers_before`
    is what workers (by process id) had of their own before there was a snapshot.
    """
    files = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / _MB
    reader = _in_a_process_of_its_own(folder, use)
    workers = sum(max(0.0, memory.anonymous(pid) - before) for pid, before in workers_before.items())
    note(f"snapshot: files {files:.0f}, a web process beside them {reader:.0f}, workers {workers:.0f} MB")
    return files + reader + workers


def _in_a_process_of_its_own(folder: Path, use: Callable[[Path], object]) -> float:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_grown, args=(theirs, folder, use))
    process.start()
    grown: float = ours.recv()
    process.join()
    return grown


def _grown(line: Connection, folder: Path, use: Callable[[Path], object]) -> None:
    before = memory.anonymous(os.getpid())
    use(folder)
    line.send(memory.anonymous(os.getpid()) - before)
