"""Files in files: gzip, and zip with one file in it, opened in bounded memory and never beyond measure."""

import gzip
import io
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from crm.errors import FieldError, InvalidInput

GZIP, ZIP = "gzip", "zip"
LARGEST = 8 * 1024**3  # bytes that may come out of one file
_FREE = 64 * 1024**2  # bytes that may come out of however little
_MOST_TIMES = 200  # larger than what is packed; tables shrink to a tenth or a twentieth
_PIECE = 1024 * 1024
_NAMED = 5  # members in a message
_OFFICE = "[Content_Types].xml"
_WORKBOOK = "xl/workbook.xml"
_PK, _EMPTY, _GZ, _PARQUET = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"PAR1"
DAMAGED = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What readers of formats raise for files that are not what they say. Errors of MongoDB are none of these."""


class SeveralFiles(InvalidInput):
    """A zip holds more than one file; `names` are those that may be chosen."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"There are {len(names)} files in this zip file ({_listed(names)}). "
            "Choose one of them, or upload it alone."
        )
        self.names = names


class NoSuchFile(InvalidInput):
    """A zip does not hold the file that is asked for."""

    def __init__(self, names: list[str]) -> None:
        reason = f"there is no such file in the zip file: {_listed(names)}"
        super().__init__("The file can't be read as you say.", [FieldError("part", reason)])


def _listed(names: list[str]) -> str:
    listed = ", ".join(name[:60] for name in names[:_NAMED])
    return f"{listed} …" if len(names) > _NAMED else listed


@dataclass(frozen=True, slots=True)
class Opened:
    """The innermost file, seekable, how it was packed, and under what name."""

    file: BinaryIO
    packing: str | None = None
    part: str | None = None


@contextmanager
def opened(file: BinaryIO, part: str | None = None) -> Iterator[Opened]:
    """What is in a file: the file itself, what its gzip holds, or the one file (or `part`) of its zip.

    Raises InvalidInput for what is damaged, cut short, encrypted or far larger than it says; while it is
    read too.
    """
    file.seek(0)
    beginning = file.read(4)
    file.seek(0)
    with ExitStack() as stack:
        if beginning.startswith(_GZ):
            inner = _reader(gzip.GzipFile(fileobj=file), file, "gzip file")
            yield Opened(_random_access(stack, inner), GZIP)
        elif beginning in (_PK, _EMPTY) and (member := _member(file, part)) is not None:
            archive = stack.enter_context(zipfile.ZipFile(file))
            with _understood_as_damage("zip file"):
                source = archive.open(member)
            yield Opened(_random_access(stack, _reader(source, file, "zip file")), ZIP, member.filename)
        else:
            file.seek(0)
            yield Opened(file)


def is_workbook(file: BinaryIO) -> bool:
    """Whether a file that begins as a zip is an Excel workbook."""
    with _understood_as_damage("zip or Excel file"), zipfile.ZipFile(file) as archive:
        return _WORKBOOK in archive.namelist()


def check_sizes(file: BinaryIO, largest: dict[str, int]) -> None:
    """Raises InvalidInput where members of a zip say they are larger than they may be: `{name: bytes}`."""
    with _understood_as_damage("Excel file"), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    _check_expansion(sum(one.file_size for one in members), sum(one.compress_size for one in members))
    for member in members:
        if member.file_size > largest.get(member.filename, LARGEST):
            raise InvalidInput(
                "The Excel file is too large to be read as such. Save it as CSV and upload that."
            )


def _member(file: BinaryIO, part: str | None) -> zipfile.ZipInfo | None:
    """The file in a zip that is meant; None where the zip is an office document and meant as a whole."""
    with _understood_as_damage("zip or Excel file"), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    names = {one.filename for one in members}
    if _OFFICE in names or "mimetype" in names:
        if _WORKBOOK not in names:
            raise InvalidInput(
                "This is an office document, not a table. Save it as xlsx or CSV and upload that."
            )
        return None
    members = [one for one in members if not one.is_dir() and not _is_hidden(one.filename)]
    if not members:
        raise InvalidInput("There is no file in this zip file.")
    files = [one.filename for one in members]
    if part is not None:
        members = [one for one in members if one.filename == part]
        if not members:
            raise NoSuchFile(files)
    if len(members) > 1:
        raise SeveralFiles(files)
    if members[0].flag_bits & 1:
        raise InvalidInput("The zip file has a password. Unpack it and upload what is in it.")
    _check_expansion(members[0].file_size, members[0].compress_size)
    return members[0]


def _is_hidden(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name.startswith(".") or path.parts[0] == "__MACOSX"


def _check_expansion(size: int, packed: int) -> None:
    if size > LARGEST or (size > _FREE and size > _MOST_TIMES * max(packed, 1)):
        raise InvalidInput("Far more is packed into this file than a table would hold; it is not unpacked.")


@contextmanager
def _understood_as_damage(what: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        cut = isinstance(error, EOFError) or "not a zip file" in str(error)
        how = "cut short" if cut else "damaged"
        raise InvalidInput(f"The {what} is {how}. Upload it once more, from where it is whole.") from None


def _reader(source: Any, packed: BinaryIO, what: str) -> BinaryIO:
    return io.BufferedReader(_Unpacking(source, packed, what), _PIECE)


class _Unpacking(io.RawIOBase):
    """What comes out of a packed file, as long as it stays within measure of what went in."""

    def __init__(self, source: Any, packed: BinaryIO, what: str) -> None:
        self._source = source
        self._packed = packed
        self._what = what

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with _understood_as_damage(self._what):
            return int(self._source.seek(offset, whence))

    def tell(self) -> int:
        return int(self._source.tell())

    def readinto(self, buffer: Any) -> int:
        with _understood_as_damage(self._what):
            piece = self._source.read(len(buffer))
        _check_expansion(self._source.tell(), self._packed.tell())
        buffer[: len(piece)] = piece
        return len(piece)


def _random_access(stack: ExitStack, file: BinaryIO) -> BinaryIO:
    """Formats that are read here and there are unpacked to a temporary file first; others are not."""
    beginning = file.read(4)
    file.seek(0)
    if beginning.startswith(_GZ):
        raise InvalidInput("There is a packed file in this packed file. Unpack it and upload what is in it.")
    if beginning not in (_PK, _PARQUET):
        return file
    whole = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115  # closed by the stack
    shutil.copyfileobj(file, whole, _PIECE)
    if beginning == _PK and not is_workbook(whole):
        raise InvalidInput("There is a packed file in this packed file. Unpack it and upload what is in it.")
    whole.seek(0)
    return whole
