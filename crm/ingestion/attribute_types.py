"""What type an attribute's values suggest, and a value as the type its attribute has."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from crm.fields import FieldType
from crm.ingestion import values
from crm.ingestion.values import Refused

LARGEST_NUMBER = 1e15  # up to here every whole number is exact
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?")


def guess(found: Sequence[Any]) -> FieldType | None:
    """The type that values from JSON suggest, text where they differ; None where there are none.

    JSON says itself what is a number: digits in a text stay text, for they may be a postcode. A text that
    is an ISO date is a date.
    """
    kinds = {_kind(value) for value in found}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {FieldType.TAGS, FieldType.TEXT}:
        return FieldType.TAGS
    return FieldType.TEXT if kinds else None


def _kind(value: Any) -> FieldType:
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, int | float):
        return FieldType.NUMBER
    if isinstance(value, list):
        return FieldType.TAGS
    return FieldType.DATE if _is_date(value) else FieldType.TEXT


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value.strip()):
        return False
    try:
        values.moment(value)
    except Refused:
        return False
    return True


def read(kind: FieldType, value: Any, zone: tzinfo = UTC) -> Any:
    """The value as this type. Raises Refused."""
    return values.moment(value, zone) if kind is FieldType.DATE else _READ[kind](value)


def converted(kind: FieldType, value: Any, zone: tzinfo = UTC) -> Any:
    """A value that was stored as another type, as this one. Raises Refused."""
    if kind is FieldType.TEXT and isinstance(value, list):
        return values.text("; ".join(value))
    if kind is FieldType.TEXT and isinstance(value, datetime):
        return value.astimezone(zone).isoformat(" ").removesuffix(" 00:00:00+00:00")
    if kind is FieldType.NUMBER and isinstance(value, bool):
        return int(value)
    return read(kind, value, zone)


def stored(kind: FieldType, value: Any) -> Any:
    """A value of this type as it is stored, from what a stream carries."""
    return datetime.fromisoformat(value) if kind is FieldType.DATE and isinstance(value, str) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return values.text(value)


def number(value: Any) -> float:
    """A number up to LARGEST_NUMBER, whole ones as int. Raises Refused."""
    try:
        found = values.number(value)
    except OverflowError:
        raise Refused("too_large", "is too large") from None
    if abs(found) > LARGEST_NUMBER:
        raise Refused("too_large", "is too large")
    return int(found) if found.is_integer() else found


_READ: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: number,
    FieldType.BOOLEAN: values.boolean,
    FieldType.TAGS: values.tags,
}
