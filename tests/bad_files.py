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


NO_TEXT: tuple[Case, ...] = (
    Case(
        "A picture, a PDF or another program's file renamed .csv",
        "The import fails and says what it is.",
        png,
        fails="This is a picture, not a table.",
    ),
    Case(
        "A web page or XML renamed .xls, as some shops export",
        "The import fails and says what to do.",
        text("", "<HTML><body><table><tr><td>email</td></tr>", "<tr><td>asha@x.example</td></tr></table>"),
        fails="This is a web page or XML",
    ),
    Case(
        "An Excel file renamed .csv",
        "Read as what it is: names of files say nothing.",
        workbook(["name", "email"], ["Asha", "asha@x.example"]),
        [person("Asha")],
    ),
    Case(
        "A zip of several files",
        "Named: on the page one is chosen; by the API the import fails unless `part` names one.",
        zipped("a.csv", "b.csv"),
        fails="There are 2 files in this zip file (a.csv, b.csv).",
    ),
    Case(
        "A gzip bomb",
        "Left after the first 64 MB; nothing is imported.",
        bomb,
        fails="Far more is packed into this file than a table would hold",
    ),
    Case(
        "A gzip or zip file that is cut short or damaged",
        "Nothing of it is imported: it is read to its end before the first row is taken.",
        cut_short,
        fails="The gzip file is cut short.",
    ),
)
"""Files that are packed, or something else than their name says."""
