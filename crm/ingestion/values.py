"""One value, from a spreadsheet cell or from JSON, as the type its field has, or `Refused` with the reason.

None, empty text and blanks are *not given* and never reach these functions.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from crm.fields import fold
from crm.ingestion import moments, numbers
from crm.ingestion.refused import Refused, short

LONGEST_TEXT = 500
LONGEST_EMAIL = 254
LARGEST_AMOUNT = 1e12
LARGEST_COUNT = 2**31
MOST_TAGS = 100
DECIMALS = 4
_NUMBERS = (int, float)

_ADDRESS = re.compile(r"[^\s@<>()\[\],:;\\\"]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*")
_INVISIBLE = " \u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00a0\u00ad"  # what copying brings along
ERRORS = frozenset({"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+")
TRUE = frozenset({"true", "yes", "y", "1", "t"})
FALSE = frozenset({"false", "no", "n", "0", "f"})
_GENDERS = {"f": "female", "female": "female", "w": "female", "woman": "female",
            "m": "male", "male": "male", "man": "male", "other": "other", "o": "other"}  # fmt: skip


def _written(value: Any) -> str:
    """A number as it was given: a whole one has become a float on its way from JSON or a sheet."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def text(value: Any) -> str:
    """Trimmed text. Numbers are taken as written; lists, objects and control characters are refused."""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("not_text", "is not a text")
        value = _written(value)
    value = value.strip()
    if value.startswith("#") and value in ERRORS:
        raise Refused("spreadsheet_error", f"{value} is an error of a spreadsheet, not a value")
    if len(value) > LONGEST_TEXT:
        raise Refused("too_long", f"is longer than {LONGEST_TEXT} characters")
    if not value.isprintable() and any(
        unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\n\r" for sign in value
    ):
        raise Refused("not_text", "holds characters that are no text")
    return value


def identifier(value: Any) -> str:
    """Text that somebody is known or reached by. Refused where a spreadsheet cut a long number short."""
    if isinstance(value, str) and "E+" in value and _SHORTENED.fullmatch(value):
        raise Refused(
            "shortened", f"{short(value)} was shortened by a spreadsheet; format the column as text"
        )
    return text(value)


def email(value: Any) -> str:
    """An address as it was written. What it is compared by is its folded form."""
    address = text(value)
    letters = address
    if not address.isascii():
        letters = address = address.strip(_INVISIBLE)
        if address.isprintable():  # vowel signs are letters of their scripts, which patterns don't know
            letters = "".join("a" if unicodedata.category(sign)[0] == "M" else sign for sign in address)
        else:
            letters = ""
    if len(address) > LONGEST_EMAIL or not _ADDRESS.fullmatch(letters) or ".." in address:
        raise Refused("invalid_email", f"{short(address)} is not an e-mail address")
    return address


def gender(value: Any) -> str:
    if type(value) is str and value in _GENDERS:
        return _GENDERS[value]
    word = text(value)
    return _GENDERS.get(word.lower(), word)


def number(value: Any) -> float:
    """A finite number. Text may have a currency sign, grouped thousands and a decimal point or comma."""
    if isinstance(value, str):
        return numbers.read(value, alone=True)
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not math.isfinite(value):
        raise Refused("not_a_number", "is not a number")
    return float(value)


def money(value: Any) -> float:
    """An amount that is not negative, to four decimals."""
    amount = value if type(value) is float else number(value)
    if 0 <= amount <= LARGEST_AMOUNT:
        return round(amount, DECIMALS) + 0.0
    if number(amount) < 0:
        raise Refused("negative", f"{short(_written(value))} is negative")
    raise Refused("too_large", f"{short(_written(value))} is too large")


def count(value: Any) -> int:
    """A whole number from 0 on."""
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdecimal():
        return int(value)
    amount = number(value)
    if amount < 0:
        raise Refused("negative", f"{short(_written(value))} is negative")
    if amount != int(amount) or amount > LARGEST_COUNT:
        raise Refused("not_a_count", f"{short(str(value))} is not a whole number")
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
        raise Refused("not_a_quantity", f"{short(str(value))} is no quantity")
    return int(amount) if amount == int(amount) else round(amount, DECIMALS)


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Refused("not_yes_or_no", f"{short(str(value))} is neither yes nor no")


def tags(value: Any) -> list[str]:
    """Distinct tags in their order. Text is a JSON list, or is cut at semicolons, else at commas and bars."""
    if isinstance(value, str):
        return (
            list(_tags_as_written(value)) if len(value) <= LONGEST_TEXT else _distinct(_written_tags(value))
        )
    if not isinstance(value, list | tuple):
        raise Refused("not_tags", "is not a list of tags")
    return _distinct(value)


@lru_cache(maxsize=4096)  # a file says the same tags again and again
def _tags_as_written(value: str) -> tuple[str, ...]:
    return tuple(_distinct(_written_tags(value)))


def _distinct(value: Iterable[Any]) -> list[str]:
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
            raise Refused("not_tags", f"{short(value)} is not a list of tags") from None
    return value.split(";") if ";" in value else re.split(r"[,|]", value)


moment = moments.read
