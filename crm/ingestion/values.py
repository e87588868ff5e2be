"""One value, from a spreadsheet cell or from JSON, as the type its field has, or `Refused` with the reason.

None, empty text and blanks are *not given* and never reach these functions.
"""

import math
import re
import unicodedata
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

import orjson

from crm.fields import fold


class Refused(Exception):  # an answer, not an error
    """`code` is for programs, `reason` a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


LONGEST_TEXT = 500
LONGEST_EMAIL = 254
LARGEST_AMOUNT = 1e12
LARGEST_COUNT = 2**31
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
MOST_TAGS = 100
DECIMALS = 4
_NUMBERS = (int, float)

_ADDRESS = re.compile(r"[^\s@<>()\[\],:;\\\"]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")  # 1,234.50 and the Indian 1,23,456.00
_GROUPED_BY_DOTS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,4}")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_CURRENCY = re.compile(r"^(?:[A-Za-z]{1,3}\.?)?\s*\$?|(?:[A-Za-z]{3})$")
_DAY_FIRST_OR_NOT = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(.+))?")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T,]+(.+))?")
_WORDY = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b %d %Y", "%B %d %Y")
_LONGEST_DAY = 10  # characters of an ISO day: what is longer has a time
_TRUE = frozenset({"true", "yes", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "f"})
_GENDERS = {"f": "female", "female": "female", "w": "female", "woman": "female",
            "m": "male", "male": "male", "man": "male", "other": "other", "o": "other"}  # fmt: skip


def text(value: Any) -> str:
    """Trimmed text. Numbers are taken as written; lists, objects and control characters are refused."""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("not_text", "is not a text")
        value = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    value = value.strip()
    if len(value) > LONGEST_TEXT:
        raise Refused("too_long", f"is longer than {LONGEST_TEXT} characters")
    if not value.isprintable() and any(
        unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\n\r" for sign in value
    ):
        raise Refused("not_text", "holds characters that are no text")
    return value


def email(value: Any) -> str:
    """An address as it was written. What it is compared by is its folded form."""
    address = text(value)
    if len(address) > LONGEST_EMAIL or not _ADDRESS.fullmatch(address) or ".." in address:
        raise Refused("invalid_email", f"{_short(address)} is not an e-mail address")
    return address


def gender(value: Any) -> str:
    if type(value) is str and value in _GENDERS:
        return _GENDERS[value]
    word = text(value)
    return _GENDERS.get(word.lower(), word)


def number(value: Any) -> float:
    """A finite number. Text may have a currency sign, grouped thousands and a decimal point or comma."""
    if isinstance(value, str):
        return _written_number(value)
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not math.isfinite(value):
        raise Refused("not_a_number", "is not a number")
    return float(value)


def _written_number(value: str) -> float:
    if _NUMBER.fullmatch(value):
        return float(value)
    plain = value.strip().replace("\u00a0", "").replace("\u2212", "-")
    sign = 1.0
    if plain.startswith("-"):
        sign, plain = -1.0, plain[1:]
    plain = "".join(mark for mark in plain if unicodedata.category(mark) != "Sc")
    plain = _CURRENCY.sub("", plain.strip()).strip()
    if plain.startswith("-") and sign > 0:
        sign, plain = -1.0, plain[1:]
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _GROUPED_BY_DOTS.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise Refused("not_a_number", f"{_short(value)} is not a number")
    return sign * float(plain)


def money(value: Any) -> float:
    """An amount that is not negative, to four decimals."""
    amount = value if type(value) is float else number(value)
    if 0 <= amount <= LARGEST_AMOUNT:
        return round(amount, DECIMALS) + 0.0
    if number(amount) < 0:
        raise Refused("negative", f"{_short(str(value))} is negative")
    raise Refused("too_large", f"{_short(str(value))} is too large")


def count(value: Any) -> int:
    """A whole number from 0 on."""
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdecimal():
        return int(value)
    amount = number(value)
    if amount < 0:
        raise Refused("negative", f"{_short(str(value))} is negative")
    if amount != int(amount) or amount > LARGEST_COUNT:
        raise Refused("not_a_count", f"{_short(str(value))} is not a whole number")
    return int(amount)


def age(value: Any) -> int:
    years = count(value)
    if years > 150:
        raise Refused("impossible", f"{years} is no age")
    return years


def quantity(value: Any) -> float:
    """How many of a product: more than nothing; whole numbers come back as int."""
    if type(value) is int and 0 < value <= LARGEST_COUNT:
        return value
    amount = number(value)
    if amount <= 0 or amount > LARGEST_COUNT:
        raise Refused("not_a_quantity", f"{_short(str(value))} is no quantity")
    return int(amount) if amount == int(amount) else round(amount, DECIMALS)


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Refused("not_yes_or_no", f"{_short(str(value))} is neither yes nor no")


def tags(value: Any) -> list[str]:
    """Distinct tags in their order. Text is a JSON list, or is cut at semicolons, else at commas and bars."""
    if isinstance(value, str):
        value = _written_tags(value)
    if not isinstance(value, list | tuple):
        raise Refused("not_tags", "is not a list of tags")
    found: dict[str, str] = {}
    for item in value:
        tag = text(item)
        if tag:
            found.setdefault(fold(tag), tag)
    if len(found) > MOST_TAGS:
        raise Refused("too_many", f"has more than {MOST_TAGS} tags")
    return list(found.values())


def _written_tags(value: str) -> Any:
    if value.startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise Refused("not_tags", f"{_short(value)} is not a list of tags") from None
    return value.split(";") if ";" in value else re.split(r"[,|]", value)


def moment(value: Any, zone: tzinfo = UTC) -> datetime:
    """An aware UTC moment. A time without a zone is UTC, a day alone its midnight in `zone`.

    ISO 8601 first. 03/04/2025 is refused as ambiguous, 13/04/2025 is not: it is plain which is the day.
    """
    if isinstance(value, datetime):
        return _in_range(value)
    if not isinstance(value, str):
        raise Refused("not_a_date", "is not a date")
    return _written_moment(value.strip(), zone)


@lru_cache(maxsize=8192)  # a file says the same days again and again
def _written_moment(written: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return _in_range(_otherwise_written(written, zone))
    return _in_range(at.replace(tzinfo=zone) if len(written) <= _LONGEST_DAY else at)


def _in_range(at: datetime) -> datetime:
    try:
        if at.tzinfo is not UTC:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise Refused("impossible_date", "the date is out of range") from None
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise Refused("impossible_date", f"the year {at.year} is out of range")
    below = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - below) if below else at  # what MongoDB keeps


def _otherwise_written(written: str, zone: tzinfo) -> datetime:
    if _ISO_DAY.match(written):
        raise Refused("impossible_date", f"there is no {_short(written)}")
    if found := _YEAR_FIRST.fullmatch(written):
        return _date(int(found[1]), int(found[2]), int(found[3]), found[4], written, zone)
    if found := _DAY_FIRST_OR_NOT.fullmatch(written):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first <= 12 and second <= 12 and first != second:
            raise Refused(
                "ambiguous_date",
                f"{_short(written)} could be day/month or month/day; write it as {year}-MM-DD",
            )
        day, month = (first, second) if second <= 12 else (second, first)
        return _date(year, month, day, found[4], written, zone)
    for form in _WORDY:
        try:
            return datetime.strptime(written, form).replace(tzinfo=zone)
        except ValueError:
            continue
    raise Refused("not_a_date", f"{_short(written)} is not a date; write it as YYYY-MM-DD")


def _date(year: int, month: int, day: int, time: str | None, written: str, zone: tzinfo) -> datetime:
    try:
        at = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise Refused("impossible_date", f"there is no {_short(written)}") from None
    if not time:
        return at.replace(tzinfo=zone)
    for form in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"):
        try:
            clock = datetime.strptime(time.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return at.replace(hour=clock.hour, minute=clock.minute, second=clock.second)
    raise Refused("not_a_date", f"{_short(written)} is not a date and time")


def _short(written: str) -> str:
    """The value as it may stand in a reason: quoted, and not longer than a line."""
    return f"“{written if len(written) <= 60 else written[:57] + '…'}”"
