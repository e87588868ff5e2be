"""Memory of processes, as Linux counts it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_MB = 1024  # kB in one
_EVERY = 0.1


def proportional(pid: int) -> float:
    """Memory in MB, pages shared with others counted in shares (Pss)."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def anonymous(pid: int) -> float:
    """Memory in MB that is its own and no file's."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Anonymous:")


def highest(pid: int) -> float:
    """The most memory in MB that it had (VmHWM) since its start, or since `forget_highest`."""
    return _field(Path(f"/proc/{pid}/status"), "VmHWM:")


def forget_highest(pid: int) -> None:
    """Begin anew to keep the most memory of a process of our own."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def mapped(pid: int, folder: Path) -> float:
    """MB of the files of a folder that it has mapped: what processes share of the product's own data."""
    total, within = 0.0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        word = line.split(maxsplit=1)[0]
        if not word.endswith(":"):
            within = str(folder) in line
        elif within and word == "Rss:":
            total += _kilobytes(line) / _MB
    return total


def _field(path: Path, name: str) -> float:
    line = next(line for line in path.read_text().splitlines() if line.startswith(name))
    return _kilobytes(line) / _MB


def _kilobytes(line: str) -> int:
    return int(line.split()[1])


@dataclass(slots=True)
class Course:
    """Memory of processes over a run: for each of them `(progress, MB)`, progress being 0 to 1."""

    seen: dict[int, list[tuple[float, float]]] = field(default_factory=dict)

    def growth(
        self, early: tuple[float, float] = (0.2, 0.3), late: tuple[float, float] = (0.9, 1.0)
    ) -> float:
        """The largest factor between what a process had early on and late; medians of both spans."""
        return max(_typical(seen, late) / _typical(seen, early) for seen in self.seen.values())


def _typical(seen: Sequence[tuple[float, float]], span: tuple[float, float]) -> float:
    low, high = span
    middle = (low + high) / 2
    within = sorted(megabytes for progress, megabytes in seen if low <= progress <= high)
    return within[len(within) // 2] if within else min(seen, key=lambda one: abs(one[0] - middle))[1]


@contextmanager
def followed(pids: Sequence[int], progress: Callable[[], float]) -> Iterator[Course]:
    """Look at these processes ten times a second while the block runs."""
    course, done = Course({pid: [] for pid in pids}), threading.Event()

    def look() -> None:
        while not done.is_set():
            far = progress()
            for pid in pids:
                with suppress(OSError, StopIteration):
                    course.seen[pid].append((far, proportional(pid)))
            time.sleep(_EVERY)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield course
    finally:
        done.set()
        thread.join()
