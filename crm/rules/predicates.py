"""What a condition asks of one value: a small closed family that both engines answer.

Operators turn their values into one of these; `to_mongo` gives the predicate for MongoDB here, and
`crm.columnar.columns` the mask for columns. Both hold for values that are there and never for missing ones.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Literal, assert_never

from crm.fields import fold

Number = int | float
Bound = Number | datetime


@dataclass(frozen=True, slots=True)
class Range:
    """A number or instant between two ends; None is no end. Both ends belong to it unless they are open."""

    low: Bound | None = None
    high: Bound | None = None
    open_low: bool = False
    open_high: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Equal to one of these: folded text, numbers, instants or booleans."""

    values: tuple[str | Bound | bool, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Folded text that has `text` in it, at its start or at its end."""

    where: Literal["contains", "starts", "ends"]
    text: str


@dataclass(frozen=True, slots=True)
class Tags:
    """A list of folded tags with any, or all, of these in it."""

    how: Literal["any", "all"]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value of the field's type."""

    kind: Literal["text", "tags", "number", "date", "boolean"]


Predicate = Range | OneOf | Text | Tags | Known


def folded(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(value) for value in values))


_KNOWN: dict[str, dict[str, Any]] = {
    "text": {"$gt": ""},
    "tags": {"$gt": ""},
    "number": {"$gte": -inf},  # leaves NaN out
    "date": {"$type": "date"},
    "boolean": {"$type": "bool"},
}


def to_mongo(predicate: Predicate) -> dict[str, Any]:
    """The predicate as a MongoDB expression on the field's path, its folded path for text and tags."""
    match predicate:
        case Range(low, high, open_low, open_high):
            found: dict[str, Any] = {}
            if low is not None:
                found["$gt" if open_low else "$gte"] = low
            if high is not None:
                found["$lt" if open_high else "$lte"] = high
            return found
        case OneOf((value,)):
            return {"$eq": value}
        case OneOf(values):
            return {"$in": list(values)}
        case Text("contains", text):
            return {"$regex": re.escape(text)}
        case Text("starts", text):
            return {"$regex": "^" + re.escape(text)}
        case Text(_, text):
            return {"$regex": re.escape(text) + r"\z"}
        case Tags("any", values):
            return {"$in": list(values)}
        case Tags(_, values):
            return {"$all": list(values)}
        case Known(kind):
            return dict(_KNOWN[kind])
        case _:
            assert_never(predicate)
