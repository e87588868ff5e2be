"""One writer a folder: a lock that the system lets go of when its holder ends, however it ends."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def held(path: Path) -> Iterator[Callable[[], bool]]:
    """Asks whether the lock is ours, for the length of the block; it is not where another process has it.

    A lock whose file was removed is nobody's: the next process would make a file of its own, and lock that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:

        def still() -> bool:
            try:
                return os.path.samestat(os.fstat(file.fileno()), path.stat())
            except FileNotFoundError:
                return False

        try:
            _try(file.fileno())
        except OSError:
            yield lambda: False
        else:
            yield still
