"""Documents on this machine's disk for as long as one piece of work needs them, found by id or by key.

A private SQLite database in a temporary file, which is gone with the process, however it ends. What it holds
of the file in memory is bounded.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC

import bson
from bson.codec_options import CodecOptions

from crm.stores.connection import Document

_CACHE_KB = 48 * 1024
_AT_ONCE = 500
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


class Scratch:
    """Documents and names in a temporary SQLite file, so that memory does not grow with them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, documents: Iterable[Document]) -> None:
        """Keep documents by their `_id`, in the place of earlier ones."""
        rows = ((one["_id"], bson.encode(one)) for one in documents)
        self._connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?)", rows)

    def name(self, keys: Iterable[tuple[str, str]]) -> None:
        """Let documents be found by keys, the latest of a key being meant: `(key, _id)`."""
        self._connection.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", keys)

    def named(self, keys: Collection[str]) -> dict[str, str]:
        """Key → id of the document that had it latest."""
        found: dict[str, str] = {}
        for some in _some(keys):
            marks = ",".join("?" * len(some))
            query = f"SELECT key, id FROM names WHERE key IN ({marks})"  # noqa: S608  # question marks only
            found |= dict(self._connection.execute(query, some))
        return found

    def get(self, ids: Collection[str]) -> dict[str, Document]:
        """Those of these documents that are here."""
        found: dict[str, Document] = {}
        for some in _some(ids):
            marks = ",".join("?" * len(some))
            query = f"SELECT id, document FROM documents WHERE id IN ({marks})"  # noqa: S608  # the same
            found |= {one: bson.decode(raw, _AWARE) for one, raw in self._connection.execute(query, some)}
        return found


def _some(values: Collection[str]) -> Iterator[list[str]]:
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))


@contextmanager
def opened() -> Iterator[Scratch]:
    """An empty scratch, removed at the end."""
    connection = sqlite3.connect("", isolation_level=None)  # no name: a temporary file of its own
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        connection.execute("CREATE TABLE documents (id TEXT PRIMARY KEY, document BLOB) WITHOUT ROWID")
        connection.execute("CREATE TABLE names (key TEXT PRIMARY KEY, id TEXT) WITHOUT ROWID")
        connection.execute("BEGIN")  # one for all: what is never kept needs no commit
        yield Scratch(connection)
    finally:
        connection.close()
