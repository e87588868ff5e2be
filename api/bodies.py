"""Reading request bodies: bounded, JSON array, single object or NDJSON."""

from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request

from crm.errors import FieldError, InvalidInput, TooLarge

MAX_BODY = 32 * 1024 * 1024  # bytes; larger loads go through an import, which is spooled
MAX_RECORDS = 100_000


async def read_body(request: Request) -> bytes:
    """The body, refused as soon as it passes MAX_BODY."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge(f"A request may hold {MAX_BODY // 2**20} MB. Send larger files to /api/imports.")
        chunks.append(chunk)
    return b"".join(chunks)


def one_record(body: Annotated[bytes, Depends(read_body)]) -> dict[str, Any]:
    """One JSON object."""
    record = _parse(body)
    if not isinstance(record, dict):
        raise InvalidInput("The body must be one JSON object.", [FieldError("body", "must be an object")])
    return record


def many_records(
    body: Annotated[bytes, Depends(read_body)], content_type: Annotated[str, Header()] = ""
) -> list[Any]:
    """The records of a JSON array, or of NDJSON (`application/x-ndjson`): one object a line.

    A line that is no JSON stands as None, so that it is rejected under its own row number.
    """
    if content_type.partition(";")[0].strip() in ("application/x-ndjson", "application/ndjson"):
        records = [_line(line) for line in body.splitlines() if line.strip()]
    else:
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


OneRecord = Annotated[dict[str, Any], Depends(one_record)]
ManyRecords = Annotated[list[Any], Depends(many_records)]
