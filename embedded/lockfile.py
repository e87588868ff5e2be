"""A file that one process at a time may hold. However the holder ends, the system lets go of it."""

import contextlib
import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

_POLL = 0.05
_NOTE_LIMIT = 4096


class LockFile:
    """An exclusive lock with a note from its holder to those who come later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    @property
    def descriptor(self) -> int:
        """The open file. A process that inherits it holds the lock as well."""
        if self._descriptor is None:
            raise ValueError(f"{self.path} is not held")
        return self._descriptor

    def acquire(self, timeout: float = 0.0) -> bool:
        """Take the lock, waiting up to `timeout` seconds for it; whether it was got."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + timeout
        while not _lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return False
            time.sleep(_POLL)
        self._descriptor = descriptor
        return True

    def write(self, note: str) -> None:
        """Leave a note, replacing the former one. Only the holder may."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, note.encode(), 0)

    def read(self) -> str:
        """The note of whoever holds the lock, or held it last."""
        with contextlib.suppress(OSError):
            return self.path.read_bytes()[:_NOTE_LIMIT].decode(errors="replace").strip()
        return ""

    def release(self) -> None:
        """Let go of it. Processes that inherited the descriptor hold it until they end."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _lock(descriptor: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            _lock_a_byte(descriptor)
    except OSError:
        return False
    return True


def _lock_a_byte(descriptor: int) -> None:
    """The same where there is no flock. The byte lies beyond the note, which stays readable."""
    import msvcrt

    os.lseek(descriptor, _NOTE_LIMIT, os.SEEK_SET)
    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
