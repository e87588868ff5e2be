"""Uploaded files, from the upload until a worker has read them and as long as rows are shown: GridFS."""

import io
from typing import Any, BinaryIO

from gridfs import GridFSBucket
from gridfs.errors import NoFile

from crm.stores.connection import Stores

_NAME = "spool"
_CHUNK = 1024 * 1024


def save(stores: Stores, file: BinaryIO, file_id: str, filename: str) -> int:
    """Copy a file to the spool, piece by piece. Returns its size in bytes."""
    bucket = GridFSBucket(stores.db, _NAME, chunk_size_bytes=_CHUNK)
    with bucket.open_upload_stream_with_id(file_id, filename) as target:
        target.write(file)
    return int(target.length)


def open_file(stores: Stores, file_id: str) -> BinaryIO | None:
    """A file of the spool, readable and seekable, or None when it is gone."""
    try:
        return io.BufferedReader(
            _Reader(GridFSBucket(stores.db, _NAME).open_download_stream(file_id)), _CHUNK
        )
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
