"""The keys of the messages that were taken, each once, in a file that outlives the program.

A line a key. It is written before the message is answered for, so a kill at any moment forgets none that
was; a line that a kill has cut short was never answered for, and is removed at the next start.
"""

import threading
from collections.abc import Iterable
from pathlib import Path


class Keys:
    """The idempotency keys that were taken, a line each in a file. A line cut short is dropped."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = path.open("a+b")
        self._file.seek(0)
        whole, _, cut = self._file.read().rpartition(b"\n")
        if cut:
            self._file.truncate(len(whole) + 1 if whole else 0)
        self._known = set(whole.decode().split("\n")) - {""}

    def take(self, keys: Iterable[str]) -> set[str]:
        """Remember these keys. Returns those that are new. Raises ValueError for one that is no line."""
        with self._lock:
            new = dict.fromkeys(key for key in keys if key not in self._known)
            if any(not key or not key.isprintable() for key in new):
                raise ValueError("a key is one line of text")
            self._file.write("".join(f"{key}\n" for key in new).encode())
            self._file.flush()
            self._known |= new.keys()
            return set(new)

    def known(self, keys: Iterable[str]) -> list[str]:
        """Those of these keys that were taken before, in their order."""
        with self._lock:
            return [key for key in keys if key in self._known]

    def close(self) -> None:
        self._file.close()
