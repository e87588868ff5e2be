"""Processor time of processes: what a figure costs, which other work on the machine hardly changes."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def spent(pids: Iterable[int]) -> float:
    """Seconds that these processes have computed since their start; those that have ended count nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(words[11]) + int(words[12])
    return total / _TICK


def of_machine() -> tuple[float, float]:
    """Seconds that all processors of the machine have computed since its start, and that they were idle."""
    words = Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    user, nice, system, idle, waiting, *interrupts = (int(word) / _TICK for word in words)
    return user + nice + system + sum(interrupts), idle + waiting


class Meter:
    """Processor time of groups of processes from now on, of all other work on the machine, and of none."""

    def __init__(self, groups: Mapping[str, Iterable[int]]) -> None:
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self._start = self._now()

    def each(self, count: int) -> str:
        """Microseconds of each group for each of `count` things, as a sentence part."""
        now = self._now()
        costs = {name: (now[name] - self._start[name]) / count * 1e6 for name in now}
        return ", ".join(f"{name} {cost:.0f}" for name, cost in costs.items()) + " µs each"

    def _now(self) -> dict[str, float]:
        found = {name: spent(pids) for name, pids in self._groups.items()}
        busy, idle = of_machine()
        return {**found, "others": busy - sum(found.values()), "idle": idle}
