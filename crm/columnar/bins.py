"""Orders put aside on disk by the part that their customers will be in.

All orders are read in the order in which they lie, which is many times as fast as customer by customer; all
at once they would take gigabytes. So each goes to its bin first, and a part is made of one bin at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from crm.columnar import parts
from crm.columnar.parts import Bought


@dataclass(slots=True)
class Bins:
    """Bin `n` has the orders of the customers with ids up to `ends[n]`, and above the end before it.

    Orders of customers beyond the last end are dropped. `folder` must be empty; `most` orders stay in memory.
    """

    folder: Path
    ends: Sequence[str]
    most: int = 100_000
    _waiting: list[Bought] = field(default_factory=list)
    _files: int = 0

    def add(self, orders: pl.DataFrame, lines: pl.DataFrame) -> None:
        """Put these aside."""
        self._waiting.append((orders, lines))
        if sum(orders.height for orders, _ in self._waiting) >= self.most:
            self._write()

    def take(self, number: int) -> list[Bought]:
        """All that this bin has, in the order in which it came; the bin is empty after it."""
        self._write()
        found: list[Bought] = []
        for path in sorted(self.folder.glob(f"{number}-*.orders")):
            of_lines = path.with_suffix(".lines")
            found.append((pl.read_ipc(path), pl.read_ipc(of_lines)))
            path.unlink()
            of_lines.unlink()
        return found

    def _write(self) -> None:
        if not self._waiting:
            return
        orders, lines = parts.bought_together(self._waiting)
        self._waiting.clear()
        self._files += 1
        ends = pl.Series(self.ends, dtype=pl.String)
        bins = ends.search_sorted(orders["customerId"].fill_null(""), side="left").to_numpy()
        row, of = lines["order"].to_numpy(), np.arange(len(bins), dtype=np.int32)
        for number in np.unique(bins[bins < len(ends)]):
            inside = bins == number
            of[inside] = np.arange(np.count_nonzero(inside))
            theirs = inside[row]
            moved = lines.filter(theirs).with_columns(pl.Series("order", of[row[theirs]]))
            path = self.folder / f"{number}-{self._files:09d}"
            orders.filter(inside).write_ipc(path.with_suffix(".orders"), compression="lz4")
            moved.write_ipc(path.with_suffix(".lines"), compression="lz4")
