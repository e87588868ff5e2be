"""Reading request bodies: bounded, JSON array, single object or NDJSON."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from crm.errors import FieldError, InvalidInput, TooLarge

Model = TypeVar("Model", bound=BaseModel)

MAX_BODY = 32 * 1024 * 1024  # bytes; larger loads go through an import, which is spooled
MAX_SMALL = 64 * 1024  # bytes, from callers who have not signed in yet
MAX_RECORDS = 100_000


async def read_body(request: Request) -> bytes:
    """The body, refused as soon as it passes MAX_BODY. Ask for the caller's account before it."""
    refusal = f"A request may hold {MAX_BODY // 2**20} MB. Send larger files to /api/imports."
    return await _read(request, MAX_BODY, refusal)


async def _read(request: Request, most: int, refusal: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge(refusal)
        chunks.append(chunk)
    return b"".join(chunks)


async def _read_small(request: Request) -> bytes:
    return await _read(request, MAX_SMALL, f"This request may hold {MAX_SMALL // 2**10} KB.")


def small(model: type[Model]) -> Callable[[bytes], Model]:
    """A dependency: the body as this model, for callers who have not signed in, so of at most MAX_SMALL."""

    def parse(body: Annotated[bytes, Depends(_read_small)]) -> Model:
        try:
            return model.model_validate(one_record(body))
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
