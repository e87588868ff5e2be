"""Reading request bodies: bounded, gzip or plain, JSON array, single object or NDJSON."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api import encodings
from crm.errors import FieldError, InvalidInput, TooLarge

Model = TypeVar("Model", bound=BaseModel)

MAX_BODY = 32 * 1024 * 1024  # bytes; larger loads go through an import, which is spooled
MAX_SMALL = 64 * 1024  # bytes, from callers who have not signed in yet
MAX_RECORDS = 100_000


_NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")


ContentType = Annotated[str, Header(include_in_schema=False)]


async def read_body(request: Request) -> bytes:
    """The body, unpacked, refused as soon as it passes MAX_BODY. Ask for the caller's account before it."""
    refusal = f"A request may hold {MAX_BODY // 2**20} MB. Send larger files to /api/imports."
    return await _read(request, MAX_BODY, refusal)


def check_length(request: Request, most: int, refusal: str) -> None:
    """Raise TooLarge for a body that says itself that it is, before it is sent."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise TooLarge(refusal)


async def _read(request: Request, most: int, refusal: str) -> bytes:
    packed = encodings.check(request.headers.get("content-encoding", ""))
    check_length(request, most, refusal)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge(refusal)
        chunks.append(chunk)
    body = b"".join(chunks)
    return await run_in_threadpool(encodings.gunzip, body, most, refusal) if packed else body


async def _read_small(request: Request) -> bytes:
    return await _read(request, MAX_SMALL, f"This request may hold {MAX_SMALL // 2**10} KB.")


def small(model: type[Model]) -> Callable[..., Model]:
    """A dependency: the body as this model, for callers who have not signed in, so of at most MAX_SMALL."""

    def parse(body: Annotated[bytes, Depends(_read_small)], content_type: ContentType = "") -> Model:
        try:
            return model.model_validate(one_record(body, content_type))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from None

    return parse


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the documentation says of a body that a dependency reads."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": model.model_json_schema()}},
        }
    }


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _require_json(content_type: str, also: str = "") -> None:
    """Raises HTTPException 415 for a body that says it is something else. One that says nothing is tried."""
    name = _media_type(content_type)
    if name and name != "application/json" and not name.endswith("+json"):
        raise HTTPException(415, f"The body is {name[:100]}: send it as application/json{also}")


def require_file(content_type: str) -> None:
    """Raises HTTPException 415 for a body that says it is no table. What it says otherwise is not believed:
    programs send files as whatever they take them for, and a file's own look tells what it is."""
    name = _media_type(content_type)
    if name.partition("/")[0] in _NO_TABLES or name in _NO_TABLES:
        raise HTTPException(
            415, f"The body is {name[:100]}: send the file itself as the body, such as text/csv"
        )


_NO_TABLES = ("multipart", "image", "audio", "video", "font", "model", "application/pdf", "text/html")


def one_record(body: bytes, content_type: str = "") -> dict[str, Any]:
    """One JSON object."""
    _require_json(content_type)
    return _object(_parse(body))


async def _one_record(
    body: Annotated[bytes, Depends(read_body)], content_type: ContentType = ""
) -> dict[str, Any]:
    """`one_record`, in a thread only where that is worth one."""
    if len(body) <= MAX_SMALL:
        return one_record(body, content_type)
    return await run_in_threadpool(one_record, body, content_type)


def _object(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise InvalidInput("The body must be one JSON object.", [FieldError("body", "must be an object")])
    return record


def many_records(body: Annotated[bytes, Depends(read_body)], content_type: ContentType = "") -> list[Any]:
    """The records of a JSON array, or of NDJSON (`application/x-ndjson`): one object a line.

    A line that is no JSON stands as None, so that it is rejected under its own row number.
    """
    if _media_type(content_type) in _NDJSON:
        records = [_line(line) for line in body.split(b"\n") if line.strip()]
    else:
        _require_json(content_type, ", or application/x-ndjson")
        records = _parse(body)
    if not isinstance(records, list):
        raise InvalidInput(
            "The body must be a JSON array, or NDJSON with Content-Type application/x-ndjson.",
            [FieldError("body", "must be an array")],
        )
    if len(records) > MAX_RECORDS:
        raise TooLarge(f"A request may hold {MAX_RECORDS:,} records. Send larger files to /api/imports.")
    return records


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not JSON.", [FieldError("body", str(error))]) from None


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


OneRecord = Annotated[dict[str, Any], Depends(_one_record)]
ManyRecords = Annotated[list[Any], Depends(many_records)]
