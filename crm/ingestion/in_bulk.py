"""Many texts of one column at once: the same values as one after the other, in a fraction of the time.

Each function takes texts without blanks around them, none of them empty, and answers None where some of them
are not of the common kind: those are to be read one by one.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from crm.ingestion import moments, values
from crm.ingestion.refused import Refused

Many = Callable[[Sequence[str]], Sequence[Any] | None]

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@(?:[A-Za-z0-9]+[.-])*[A-Za-z0-9]+\.[A-Za-z]+")
_DIGITS = b"0123456789"
_FINER = re.compile(rf"\.\d{{{values.DECIMALS + 1}}}")  # than amounts are kept
_LONGEST_COUNT = 9  # digits of what is surely within bounds
_LONGEST_AMOUNT = 12


def texts(written: Sequence[str]) -> Sequence[str] | None:
    """As `values.text`."""
    together = "".join(written)
    if not together.isprintable() or max(map(len, written)) > values.LONGEST_TEXT:
        return None
    return None if "#" in together and not values.ERRORS.isdisjoint(written) else written


def identifiers(written: Sequence[str]) -> Sequence[str] | None:
    """As `values.identifier`."""
    return None if "E+" in "".join(written) else texts(written)


def emails(written: Sequence[str]) -> Sequence[str] | None:
    """As `values.email`."""
    if max(map(len, written)) > values.LONGEST_EMAIL or ".." in "".join(written):
        return None
    return written if all(map(_PLAIN_ADDRESS.fullmatch, written)) else None


def amounts(written: Sequence[str], *, decimals: bool) -> list[float] | None:
    """As `values.money`; with `decimals` a point stands before these."""
    found = _floats(written, decimals=decimals)
    if found is None or not _FINER.search(" ".join(written)):
        return found
    return [round(number, values.DECIMALS) for number in found]


def numbers(written: Sequence[str], *, decimals: bool) -> list[float] | None:
    """As `attribute_types.number`; with `decimals` a point stands before these."""
    found = _floats(written, decimals=decimals)
    return found and [int(number) if number.is_integer() else number for number in found]


def _floats(written: Sequence[str], *, decimals: bool) -> list[float] | None:
    """Those of few digits, without a sign."""
    together = "".join(written)
    marks = _DIGITS + b"." if decimals else _DIGITS
    if not together.isascii() or together.encode().translate(None, marks):
        return None
    if max(map(len, written)) > _LONGEST_AMOUNT:
        return None
    try:
        return list(map(float, written))
    except ValueError:  # it has two points, or nothing else
        return None


def counts(written: Sequence[str]) -> list[int] | None:
    """As `values.count`."""
    together = "".join(written)
    if not (together.isascii() and together.isdecimal()) or max(map(len, written)) > _LONGEST_COUNT:
        return None
    return list(map(int, written))


def moments_of(written: Sequence[str], *, zone: tzinfo, clock: tzinfo) -> list[datetime] | None:
    """As `moments.read`, of what ISO 8601 has."""
    try:
        found = list(map(datetime.fromisoformat, written))
        if {at.tzinfo for at in found} != {UTC} or _has_fractions("".join(written)):
            return [moments.settled(at, text, zone, clock) for at, text in zip(found, written, strict=True)]
    except (ValueError, Refused):
        return None
    first, last = min(found).year, max(found).year
    within = first >= moments.EARLIEST_YEAR and last <= moments.LATEST_YEAR
    return found if within else None


def _has_fractions(together: str) -> bool:
    return "." in together or "," in together  # of seconds, perhaps finer than is kept
