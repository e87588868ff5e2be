"""Uploaded files, from the upload until a worker has read them and as long as rows are shown: GridFS."""

import io
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

from gridfs import GridFSBucket
from gridfs.errors import NoFile

from crm.stores.connection import Document, Stores

_NAME = "spool"
_CHUNK = 1024 * 1024
_ANY = datetime(2000, 1, 1, tzinfo=UTC)


def save(
    stores: Stores, file: BinaryIO, file_id: str, filename: str, *, waits: Document | None = None
) -> int:
    """Copy a file to the spool, piece by piece. Returns its size in bytes.

    `waits` (`{accountId, at}`) is kept with a file that no import has taken yet.
    """
    bucket = GridFSBucket(stores.db, _NAME, chunk_size_bytes=_CHUNK)
    with bucket.open_upload_stream_with_id(file_id, filename, metadata=waits) as target:
        target.write(file)
    return int(target.length)


def waiting(stores: Stores, account_id: str) -> list[Document]:
    """Files of an account that no import has taken, the first one first: `{_id, filename, length}`."""
    query = {"metadata.accountId": account_id}
    fields = {"filename": 1, "length": 1}
    return list(stores.db[f"{_NAME}.files"].find(query, fields).sort("_id"))


def take(stores: Stores, file_id: str, account_id: str) -> Document | None:
    """Give a file of this account to an import, once; the file, or None when it does not wait any more."""
    query = {"_id": file_id, "metadata.accountId": account_id}
    return stores.db[f"{_NAME}.files"].find_one_and_update(query, {"$unset": {"metadata": ""}})


def drop_waiting(stores: Stores, *, before: datetime | None = None, file_id: str | None = None) -> int:
    """Remove files that no import has taken: those from before then, or one of them. How many that were."""
    query: Document = (
        {"metadata.at": {"$lt": before}} if before else {"_id": file_id, "metadata.at": {"$gt": _ANY}}
    )
    bucket = GridFSBucket(stores.db, _NAME)
    found = [one["_id"] for one in stores.db[f"{_NAME}.files"].find(query, {"_id": 1})]
    for one in found:
        with suppress(NoFile):
            bucket.delete(one)
    return len(found)


def open_file(stores: Stores, file_id: str) -> BinaryIO | None:
    """A file of the spool, readable and seekable, or None when it is gone."""
    source = raw(stores, file_id)
    return None if source is None else io.BufferedReader(source, _CHUNK)


def raw(stores: Stores, file_id: str) -> io.RawIOBase | None:
    """The same without a buffer."""
    try:
        return _Reader(GridFSBucket(stores.db, _NAME).open_download_stream(file_id))
    except NoFile:
        return None


class _Reader(io.RawIOBase):
    """GridFS's reader as the standard library's readers want one."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._source.seek(offset, whence))

    def tell(self) -> int:
        return int(self._source.tell())

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
