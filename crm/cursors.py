"""Cursors: where a page of a list ended, as text that a caller hands back as it is.

A cursor names its list, so that one of another list, or of none, is refused and never taken for a place.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from crm.errors import FieldError, InvalidInput

Moment = Annotated[datetime, AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Number = Annotated[int, Field(ge=0, lt=2**53)]


def written(of: str, place: object) -> str:
    """The cursor of this place in the list `of`: a text, a moment, a number, or a sequence of them."""
    return urlsafe_b64encode(orjson.dumps([of, place])).decode().rstrip("=")


def read(of: str, cursor: str | None, kind: Any) -> Any:
    """The place in the list `of` that a cursor names, of this kind; None where none is given.

    Raises InvalidInput at `cursor` for one that is none of this list.
    """
    if not cursor:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        named, place = _reader(kind).validate_json(raw, strict=True)
    except (ValueError, OverflowError):  # a moment before the first year, in UTC, overflows
        raise _foreign() from None
    if named != of:
        raise _foreign()
    return place


@cache
def _reader(kind: Any) -> TypeAdapter[tuple[str, Any]]:
    return TypeAdapter(tuple[str, kind])


def _foreign() -> InvalidInput:
    reason = "use the `next` of the previous page as it is"
    return InvalidInput("The cursor is none of this list.", [FieldError("cursor", reason)])
