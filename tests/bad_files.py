"""A case of bad or odd input, and what goes into one: lines of files, and files that are more than lines."""

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import openpyxl

Expected = dict[str, Any] | str
"""Fields that a row's record has, or the code of why the row is refused."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table. The file either `fails` with a sentence like this, or its rows become `rows`.

    `says` is in what the import notes. `stored` is what the rows are in MongoDB, where the reader alone
    does not decide: (collection, documents' fields in the order of their ids).
    """

    title: str
    happens: str
    content: Callable[[], bytes]
    rows: Sequence[Expected] = ()
    fails: str | None = None
    says: str | None = None
    kind: str | None = None
    refused: int | None = None
    stored: tuple[str, Sequence[dict[str, Any]]] | None = None


PEOPLE = "name,email"
ASHA = "Asha,asha@x.example"
ORDERS = "order id,email,date,total"


def text(*lines: str, encoding: str = "utf-8", end: str = "\n") -> Callable[[], bytes]:
    return lambda: end.join((*lines, "")).encode(encoding)


def person(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


def day(*of: int) -> datetime:
    return datetime(*of, tzinfo=UTC)  # type: ignore[arg-type,misc]


def order(date: str = "2025-01-31", total: str = "5", reference: str = "A1") -> str:
    return f'{reference},a@x.example,{date},"{total}"'


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 8


def workbook(*rows: Sequence[Any]) -> Callable[[], bytes]:
    def content() -> bytes:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue()

    return content


def zipped(*names: str) -> Callable[[], bytes]:
    def content() -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name in names:
                archive.writestr(name, f"{PEOPLE}\n{ASHA}\n")
        return target.getvalue()

    return content


def bomb() -> bytes:
    return gzip.compress(f"{PEOPLE}\n".encode() + b"a" * 100_000_000)


def cut_short() -> bytes:
    rows = "".join(f"Person {number},p{number}@x.example\n" for number in range(5000))
    return gzip.compress(f"{PEOPLE}\n{rows}".encode())[:-2000]
