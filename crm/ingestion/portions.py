"""How many batches share a transaction.

The more records, the fewer of them are the only one of their customer, and the less each costs: orders of
100,000 skewed customers took 35 µs of processor by 4,000 and 31 by 8,000. But MongoDB ends a transaction
after three seconds, which on an overrun machine is little. So it is time that decides, as the last one took.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from crm.ingestion.batches import Batch

LASTS = 0.5
"""Seconds that a transaction should take."""

LEAST, MOST = 500, 8_000
"""Records. A batch that has more stands alone."""

OF_AN_IMPORT = 2_000
"""Records of an import at most: an undo takes each transaction back in one of its own, which takes longer."""


class _Pace(threading.local):
    """How many records the next transaction of this thread may have."""

    records = 2_000

    def took(self, records: int, seconds: float, most: int = MOST) -> None:
        self.records = min(max(int(records * LASTS / max(seconds, 1e-6)), LEAST), most)


_pace = _Pace()


def portions(found: Iterable[Batch], clock: Callable[[], float] = time.monotonic) -> Iterator[list[Batch]]:
    """Neighbours that share a transaction, which is to be done before the next portion is asked for."""
    waiting = deque(found)
    while waiting:
        portion = [waiting.popleft()]
        count = len(portion[0].records)
        most = _pace.records if portion[0].import_id is None else min(_pace.records, OF_AN_IMPORT)
        while waiting and count + len(waiting[0].records) <= most:
            count += len(waiting[0].records)
            portion.append(waiting.popleft())
        began, most = (
            clock(),
            _pace.records,
        )  # one that fails, perhaps since it took too long, never raises it
        try:
            yield portion
            most = MOST
        finally:
            _pace.took(count, clock() - began, most)
