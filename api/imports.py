"""Imports: upload a file, follow it, read what it refused."""

import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, BinaryIO, Literal, cast

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, Field

from api import bodies, repeats
from api.answers import PageOf
from api.security import StoresDep, requires
from crm import auth, directory, imports, ingest, waiting_files
from crm.errors import FieldError, InvalidInput, TooLarge
from crm.ingestion.files import Overrules
from crm.ingestion.reading import Reading
from crm.moment import utc_now
from crm.stores.connection import Stores

router = APIRouter(prefix="/imports", tags=["imports"])

MAX_FILE = 2 * 1024**3  # bytes
_TOO_LARGE = f"A file may hold {MAX_FILE // 2**30} GB."
_IN_MEMORY = 1024 * 1024
_LONGEST_NAME = 200  # characters
_NAMELESS = "upload.csv"

Uploader = Annotated[auth.Account, Depends(requires("upload"))]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of how a file is to be read, as far as anything is."""

    encoding: str | None = None
    delimiter: Annotated[str | None, Query(description="One of , ; tab |")] = None
    header: Annotated[bool | None, Query(description="Whether the first line names the columns")] = None
    sheet: Annotated[str | None, Query(description="Of an Excel file")] = None
    part: Annotated[str | None, Query(description="The file's name in a zip file")] = None
    columns: Annotated[
        str | None,
        Query(
            description="JSON: column → field, null to leave it out, or an object with any of `field`, "
            "`attribute` (the type of a new one), `dates` (dmy, mdy, ymd, serial, epoch), `decimal` and "
            "`zone`; new attributes are `attributes.` and a name",
            examples=['{"Datum": {"field": "createdAt", "dates": "dmy", "zone": "Europe/Berlin"}}'],
        ),
    ] = None

    def reading(self, stores: Stores, file: BinaryIO, kind: str | None) -> Reading | None:
        """How the file is read with that, None where nothing is said. Raises InvalidInput."""
        if self == Said():
            return None
        overrules = Overrules(self.encoding, self.delimiter, self.header, self.part, self.sheet)
        columns = _columns(self.columns)
        return ingest.read_as_said(stores, file, kind=kind, overrules=overrules, columns=columns)


def _columns(written: str | None) -> dict[str, Any]:
    try:
        found = orjson.loads(written) if written else {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        problem = "must be a JSON object of column and field"
        raise InvalidInput("The file can't be read as you say.", [FieldError("columns", problem)])
    return found


@router.post(
    "",
    status_code=202,
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
async def upload(
    request: Request,
    stores: StoresDep,
    account: Uploader,
    said: Annotated[Said, Depends()],
    kind: Literal["customers", "orders", "products"] | None = None,
    filename: str = _NAMELESS,
    existing: Literal["update", "fill", "skip"] = "update",
    totals: Literal["take", "ignore"] = "take",
    confirm: bool = False,
    idempotency_key: repeats.Key = None,
) -> Any:
    """Upload a file as the body of the request. Its rows are validated and persisted by a worker.

    `existing` says what becomes of customers we have: what differs is changed, only what is empty is filled,
    or they are left as they are. `totals=ignore` leaves totals of customers out. With `confirm=true` nothing
    is written before `POST /api/imports/{id}/confirm`: in the state `asking` the import's counts and
    rejections are what it would do. `columns` says what columns go to and how they are written, and
    `encoding`, `delimiter`, `header`, `sheet` and `part` how the file is; what is not said the file says
    itself. 422 names each that does not fit the file. 429 while a hundred others wait.
    """
    await run_in_threadpool(imports.require_room, stores)
    filename = _name(filename)
    async with _received(request) as (file, digest):

        def start(_seed: str | None) -> dict[str, str]:
            import_id = ingest.start_import(
                stores, file, kind=kind, filename=filename, account_id=account.id, now=utc_now(),
                existing=existing, totals=totals, confirm=confirm, reading=said.reading(stores, file, kind),
            )  # fmt: skip
            return {"importId": import_id}

        asked = f"{digest} {kind} {filename} {existing} {totals} {confirm} {said}".encode()
        once = repeats.Once(stores, account, "POST /api/imports", asked, idempotency_key)
        return await run_in_threadpool(once, start)


def _name(filename: str) -> str:
    """What the file is called, without the folders it came from and without what can't be shown."""
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:_LONGEST_NAME] or _NAMELESS


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[tuple[BinaryIO, str]]:
    """The body as a file, on disk as far as it is large, and its digest.

    Raises InvalidInput, TooLarge, and HTTPException 415 for what is no file of a table.
    """
    bodies.require_file(request.headers.get("content-type", ""))
    bodies.check_length(request, MAX_FILE, _TOO_LARGE)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        size, digest = 0, hashlib.sha256()
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_FILE:
                raise TooLarge(_TOO_LARGE)
            file.write(chunk)
            digest.update(chunk)
        if not size:
            raise InvalidInput("The file is empty: send it as the body of the request.")
        file.seek(0)
        yield cast(BinaryIO, file), digest.hexdigest()


@router.post(
    "/files/{ticket}",
    status_code=201,
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
async def send(
    request: Request,
    stores: StoresDep,
    ticket: Annotated[str, Path(max_length=100)],
    filename: Annotated[str, Query(max_length=500)] = _NAMELESS,
) -> dict[str, str]:
    """Where a page has a browser send a file to, to be looked at there. The ticket says who may."""
    account = await run_in_threadpool(waiting_files.redeem, stores, ticket)
    async with _received(request) as (file, _):
        file_id = await run_in_threadpool(
            waiting_files.keep, stores, account, file, _name(filename), now=utc_now()
        )
    return {"fileId": file_id}


@router.get("")
def listing(
    stores: StoresDep,
    account: Uploader,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Imports, newest first."""
    return PageOf.of(ingest.list_imports(stores, limit=limit, cursor=cursor))


@router.get("/{import_id}")
def one(stores: StoresDep, account: Uploader, import_id: str) -> dict[str, Any]:
    """State, counts, pace and the first rejections of an import."""
    return _status(stores, import_id)


def _status(stores: Stores, import_id: str) -> dict[str, Any]:
    status = ingest.import_status(stores, import_id)
    return status | imports.rate(status, utc_now())


@router.get("/{import_id}/rejections.csv")
def rejections(stores: StoresDep, account: Uploader, import_id: str) -> StreamingResponse:
    """Every refused row, in the file's own columns, with the reason."""
    _status(stores, import_id)
    return StreamingResponse(
        ingest.import_rejections_csv(stores, import_id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejections-{import_id}.csv"'},
    )


@router.get("/{import_id}/rejections")
def rejected(
    stores: StoresDep,
    account: Uploader,
    import_id: str,
    field: str | None = None,
    code: str | None = None,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Refused rows with their own values by column, only those of a field and a code where given."""
    return PageOf.of(
        imports.list_rejections(stores, import_id, field=field, code=code, limit=limit, cursor=cursor)
    )


def _written(cell: Any) -> Any:
    """A number, or yes or no, as it would be written in a file."""
    return json.dumps(cell) if isinstance(cell, bool | int | float) else cell  # of any size


Cell = Annotated[str, BeforeValidator(_written)]


class CorrectedRow(BaseModel):
    """A refused row as it should have been: all its cells in the file's order, or the columns that change."""

    row: int = Field(ge=1)
    values: list[Cell] | dict[str, Cell]


class Corrections(BaseModel):
    rows: list[CorrectedRow] = Field(min_length=1, max_length=imports.MOST_CORRECTED)


@router.post("/{import_id}/rejections", status_code=202)
def correct(
    stores: StoresDep, account: Uploader, import_id: str, given: Corrections
) -> dict[str, list[dict[str, Any]]]:
    """Resubmit refused rows that were corrected; `results` says of each whether it is accepted, or why not.

    Accepted ones count to the import once they are persisted; the others stay among its rejections as sent.
    """
    rows = {one.row: one.values for one in given.rows}
    if len(rows) < len(given.rows):
        twice = next(row for row, times in Counter(one.row for one in given.rows).items() if times > 1)
        raise InvalidInput("Send each row once.", [FieldError("rows", f"row {twice} is there twice")])
    found = imports.correct(stores, import_id, rows, now=utc_now())
    return {"results": [asdict(one) for one in found]}


@router.post("/{import_id}/confirm", status_code=202)
def confirm(stores: StoresDep, account: Uploader, import_id: str) -> dict[str, Any]:
    """Do what an import that asks has said it would do."""
    imports.confirm_import(stores, import_id, now=utc_now())
    return _status(stores, import_id)


@router.post("/{import_id}/cancel")
def cancel(stores: StoresDep, account: Uploader, import_id: str) -> dict[str, Any]:
    """Stop an import. What is persisted by then stays."""
    ingest.cancel_import(stores, import_id, now=utc_now())
    return _status(stores, import_id)


@router.post("/{import_id}/undo", status_code=202)
def undo(stores: StoresDep, account: Uploader, import_id: str) -> dict[str, Any]:
    """Take an import back: a worker removes what it created and restores what it changed.

    Its state becomes `undone` when that is done. What was touched since is left alone and listed by `kept`.
    """
    imports.undo_import(stores, import_id, account_id=account.id, now=utc_now())
    return _status(stores, import_id)


@router.get("/{import_id}/undo")
def would_undo(stores: StoresDep, account: Uploader, import_id: str) -> dict[str, int | None]:
    """What an undo would remove, restore and leave alone now, in records; null where there are too many."""
    estimate = imports.undo_estimate(stores, import_id)
    return dict(estimate) if estimate else {"removed": None, "restored": None, "kept": None}


@router.get("/{import_id}/kept")
def kept(
    stores: StoresDep,
    account: Uploader,
    import_id: str,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Records that an undo left alone because they were touched since, with the reason."""
    return PageOf.of(imports.kept(stores, import_id, limit=limit, cursor=cursor))
