"""Domain errors as HTTP: one table, one shape.

Every answer that is no success is `{"error": {"code", "message", "fields"?: [{"field", "reason"}]}}`.
"""

import logging
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crm import errors
from crm.stores.outages import is_outage

_log = logging.getLogger(__name__)

# The first row that an error is an instance of applies.
TABLE: tuple[tuple[type[errors.CrmError], int, str], ...] = (
    (errors.InvalidRule, 422, "invalid_rule"),
    (errors.InvalidInput, 422, "invalid_input"),
    (errors.NotFound, 404, "not_found"),
    (errors.Conflict, 409, "conflict"),
    (errors.IllegalTransition, 409, "illegal_transition"),
    (errors.NotSignedIn, 401, "not_signed_in"),
    (errors.NotAllowed, 403, "not_allowed"),
    (errors.TooManyAttempts, 429, "too_many_attempts"),
    (errors.Busy, 429, "too_busy"),
    (errors.TooLarge, 413, "too_large"),
    (errors.NotRunning, 503, "not_running"),
    (errors.Unavailable, 503, "unavailable"),
    (errors.NotYet, 503, "not_yet"),
    (errors.CrmError, 400, "refused"),
)

_HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
# How pydantic calls one of several forms that a value may have.
_ALTERNATIVES = ("list[", "dict[", "function-")
_RETRY = "5"  # seconds


def answer(
    status: int,
    code: str,
    message: str,
    fields: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """One error in the one shape."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return Response(orjson.dumps({"error": error}), status, headers, media_type="application/json")


def install(api: FastAPI) -> None:
    """Answer every error of this application in the one shape."""
    api.add_exception_handler(errors.CrmError, _domain)
    api.add_exception_handler(RequestValidationError, _validation)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _surprise)


def _domain(_: Request, error: Exception) -> Response:
    status, code = next((status, code) for kind, status, code in TABLE if isinstance(error, kind))
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = _RETRY
    if isinstance(error, errors.TooManyAttempts | errors.Busy):
        headers["Retry-After"] = str(error.retry_after)
    fields = None
    if isinstance(error, errors.InvalidInput):
        fields = [{"field": each.field, "reason": each.reason} for each in error.fields]
    message = error.message if isinstance(error, errors.CrmError) else ""
    return answer(status, code, message, fields, headers)


def _validation(_: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [{"field": _field(problem["loc"]), "reason": str(problem["msg"])} for problem in problems]
    return answer(422, "invalid_input", "The request can't be taken.", fields)


def _field(place: tuple[str | int, ...]) -> str:
    """`("body", "products", 0, "price")` as `products[0].price`."""
    path = ""
    for part in place[1:] or place:
        if isinstance(part, str) and part.startswith(_ALTERNATIVES):
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _HTTP_CODES.get(error.status_code, "refused")
    message = "There is nothing here." if error.status_code == 404 else f"{error.detail}."
    return answer(error.status_code, code, message, headers=dict(error.headers or {}))


def _surprise(_: Request, error: Exception) -> Response:
    if is_outage(error):
        _log.warning("a store is away; the caller is told to ask again", extra={"action": "store_away"})
        return answer(
            503, "unavailable", "A store did not answer. Try again.", headers={"Retry-After": _RETRY}
        )
    return answer(500, "internal_error", "Something went wrong on our side.")
