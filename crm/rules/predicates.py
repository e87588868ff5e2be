"""What a condition asks of one value: a small closed family that both engines answer.

Operators turn their values into one of these; `to_filter` gives the predicate for MongoDB here, and
`crm.columnar.columns` the mask for columns. Both hold for values that are there and never for missing ones.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import inf
from typing import Any, Literal, assert_never
from zoneinfo import ZoneInfo

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


@dataclass(frozen=True, slots=True)
class Calendar:
    """An instant whose calendar day in a zone, whatever its year, is among these.

    `values` are months (1–12), or days as month * 100 + day (229 is 29 February).
    """

    part: Literal["month", "day"]
    values: tuple[int, ...]
    zone: tzinfo

    @property
    def zone_name(self) -> str:
        """The zone by its IANA name."""
        return self.zone.key if isinstance(self.zone, ZoneInfo) else "UTC"

    def holds(self, instant: datetime) -> bool:
        """Whether the instant's day, in the zone, is one of the months or days (month * 100 + day)."""
        here = instant.astimezone(self.zone)
        return (here.month if self.part == "month" else here.month * 100 + here.day) in self.values


Predicate = Range | OneOf | Text | Tags | Known | Calendar


def folded(values: Iterable[str]) -> tuple[str, ...]:
    """The values in the form that is compared, each once, in their order."""
    return tuple(dict.fromkeys(fold(value) for value in values))


_KNOWN: dict[str, dict[str, Any]] = {
    "text": {"$gt": ""},
    "tags": {"$gt": ""},
    "number": {"$gte": -inf},  # leaves NaN out
    "date": {"$type": "date"},
    "boolean": {"$type": "bool"},
}


def to_filter(path: str, predicate: Predicate, besides: dict[str, Any]) -> dict[str, Any]:
    """The predicate as a MongoDB filter on a path; `besides` is what else must hold of the value there."""
    if isinstance(predicate, Calendar):
        return {"$expr": _on_calendar(path, predicate)}
    return {path: {**to_mongo(predicate), **besides}}


def _on_calendar(path: str, asked: Calendar) -> dict[str, Any]:
    of = {"date": f"${path}", "timezone": asked.zone_name}
    found: dict[str, Any] = {"$month": of}
    if asked.part == "day":
        found = {"$add": [{"$multiply": [found, 100]}, {"$dayOfMonth": of}]}
    # Only of a date: of anything else $month is an error.
    return {"$cond": [{"$eq": [{"$type": f"${path}"}, "date"]}, {"$in": [found, list(asked.values)]}, False]}


def to_mongo(predicate: Predicate) -> dict[str, Any]:
    """The predicate as a MongoDB expression on the field's path, its folded path for text and tags.

    What is asked of the calendar is no expression on a path: `to_filter` has it.
    """
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
        case Calendar():
            raise TypeError("the calendar is asked by a filter of its own")
        case _:
            assert_never(predicate)
