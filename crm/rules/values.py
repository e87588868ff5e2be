"""Values of conditions: from what JSON holds to what a field's type needs, or a reason why not.

A reader takes the value as given and returns it typed. It raises `Missing` where nothing is given yet
and `Unreadable` where it can't be understood. Nothing is guessed: no number with separators, no date
without its dashes, no NaN.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

MAX_TEXT = 1_000
MAX_ITEMS = 1_000
MAX_LISTED = 50_000  # characters of a list that is given as text
MAX_NUMBER = 10**15  # every whole number up to here is exact in a double and in BSON
MAX_DAYS = 73_050  # 200 years
MAX_DIGITS = 40
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_WHOLE = re.compile(r"[0-9]+", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # neither BSON nor a regular expression can hold these


class Unreadable(Exception):
    """The value can't be understood; `reason` is a sentence for its author."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Missing(Unreadable):
    """There is no value yet."""

    def __init__(self) -> None:
        super().__init__("A value is missing.")


class Unit(StrEnum):
    """Units of a length of time: minutes to weeks are fixed, months and years steps of the calendar."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


_MOST = {  # of each unit, about 200 years
    Unit.MINUTES: MAX_DAYS * 1_440,
    Unit.HOURS: MAX_DAYS * 24,
    Unit.DAYS: MAX_DAYS,
    Unit.WEEKS: MAX_DAYS // 7,
    Unit.MONTHS: 2_400,
    Unit.YEARS: 200,
}


_OF_YEAR = {Unit.DAYS: 366, Unit.WEEKS: 52}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time. Minutes to weeks are fixed lengths, months and years steps of the calendar."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Age:
    """How many days ago, 24 hours each: a bigger number is longer ago."""

    days: int


# A date stands for its midnight; a datetime without an offset is local to the account's zone.
Moment = date | datetime
Item = str | int | float | bool | Moment | Age
Value = Item | Span | tuple[Item, ...] | None


def is_blank(raw: object) -> bool:
    """Whether nothing is given: null, empty or blank text, an empty list or object."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, list | dict) and not raw)


def nothing(raw: object) -> None:
    """For operators without a value."""
    if not is_blank(raw) or (isinstance(raw, str) and len(raw) > MAX_TEXT):
        raise Unreadable("This operator takes no value.")


def text(raw: object) -> str:
    """Text as it is given, not yet folded. A whole number is taken for its digits."""
    if is_blank(raw):
        raise Missing
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(_limited(raw))
    return _checked_text(raw, "Give text here.")


def number(raw: object) -> int | float:
    """A finite number, from JSON or from text such as `1000` or `-0.5`. Whole ones come back as int."""
    if is_blank(raw):
        raise Missing
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _limited(raw)
    written = _checked_text(raw, "Give a number here.").strip()
    if len(written) > MAX_DIGITS or not _NUMBER.fullmatch(written):
        raise Unreadable(f"{shown(written)} is not a number; write digits only, such as 1000 or 99.5.")
    return _limited(float(written) if "." in written else int(written))


def whole(raw: object) -> int:
    """Raises Missing or Unreadable."""
    value = number(raw)
    if not isinstance(value, int):
        raise Unreadable(f"{shown(str(value))} is not a whole number.")
    return value


def boolean(raw: object) -> bool:
    """Raises Missing or Unreadable."""
    if is_blank(raw):
        raise Missing
    if isinstance(raw, bool):
        return raw
    match _checked_text(raw, "Give true or false here.").strip().lower():
        case "true":
            return True
        case "false":
            return False
    raise Unreadable("Give true or false here.")


def moment(raw: object) -> Moment:
    """An ISO 8601 date, or a date with a time and perhaps an offset."""
    if is_blank(raw):
        raise Missing
    hint = "Give a date such as 2026-01-31, or 2026-01-31T18:00."
    written = _checked_text(raw, hint).strip()
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
        if _MOMENT.fullmatch(written):
            return datetime.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(f"There is no such date as {shown(written)}.") from error
    raise Unreadable(f"{shown(written)} is not a date. {hint}")


def moment_or_age(raw: object) -> Moment | Age:
    """A date, or a number of days that have passed since."""
    if is_blank(raw):
        raise Missing
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        return moment(raw)
    days = whole(raw)
    if not 0 <= days <= MAX_DAYS:
        raise Unreadable(f"Give a number of days from 0 to {MAX_DAYS:,}, or a date such as 2026-01-31.")
    return Age(days)


def pair(raw: object, read: Callable[[object], Item]) -> tuple[Item, Item]:
    """`[lowest, highest]`, each read by `read`; the lowest must come first."""
    if is_blank(raw):
        raise Missing
    if not isinstance(raw, list) or len(raw) != 2:
        raise Unreadable("Give two values: [lowest, highest].")
    low, high = read(raw[0]), read(raw[1])
    if isinstance(low, Age) != isinstance(high, Age):
        raise Unreadable("Give two dates or two numbers of days, not one of each.")
    if _descends(low, high):
        raise Unreadable("The first value must not be greater than the second.")
    return low, high


def many(raw: object, read: Callable[[object], Item]) -> tuple[Item, ...]:
    """A list of values, or one text with commas between them, each read by `read`."""
    if is_blank(raw):
        raise Missing
    if isinstance(raw, str):
        raw = pieces(_checked_text(raw, "", MAX_LISTED))
    elif isinstance(raw, int | float):
        raw = [raw]
    if not isinstance(raw, list):
        raise Unreadable("Give a list of values, or text with commas between them.")
    if len(raw) > MAX_ITEMS:
        raise Unreadable(f"A list has {MAX_ITEMS:,} values at most.")
    return tuple(read(item) for item in raw)


def pieces(text: str) -> list[str]:
    """The values of a list that is given as one text; of commas and spaces alone it is one empty value."""
    return [piece for piece in text.split(",") if piece.strip()] or [""]


def span(raw: object, *keys: str) -> Span:
    """`{"last": {"days": 90}}`, under any of these keys."""
    hint = f'Give a length of time such as {{"{keys[0]}": {{"days": 90}}}}.'
    if is_blank(raw):
        raise Missing
    if not isinstance(raw, dict) or len(raw) != 1 or next(iter(raw)) not in keys:
        raise Unreadable(hint)
    (length,) = raw.values()
    if is_blank(length):
        raise Missing
    if not isinstance(length, dict) or len(length) != 1:
        raise Unreadable(hint)
    ((unit, amount),) = length.items()
    if unit not in tuple(Unit):
        raise Unreadable(f"The unit is one of {', '.join(Unit)}.")
    return Span(_amount(amount, Unit(unit)), Unit(unit))


def days_of_year(raw: object, *keys: str) -> Span:
    """As `span`, in days or weeks, a year at most: what the anniversaries of a date are asked by."""
    found = span(raw, *keys)
    if found.unit not in _OF_YEAR:
        raise Unreadable("Anniversaries are counted in days or weeks.")
    if found.amount > _OF_YEAR[found.unit]:
        raise Unreadable(f"Give a whole number of {found.unit} from 1 to {_OF_YEAR[found.unit]}.")
    return found


def month(raw: object) -> int:
    """A month of the year, from its number or its English name."""
    if isinstance(raw, str) and (name := raw.strip().casefold()).isalpha():
        for number, known in enumerate(MONTHS, 1):
            if name in (known.casefold(), known[:3].casefold()):
                return number
    found = None if isinstance(raw, str) and not _WHOLE.fullmatch(raw.strip()) and raw.strip() else whole(raw)
    if found is None or not 1 <= found <= 12:
        raise Unreadable(f"{shown(str(raw))} is no month; write 1 to 12, or a name such as March.")
    return found


def shown(written: str) -> str:
    """Somebody's text within a message: quoted and short."""
    return f"“{written[:40]}…”" if len(written) > 40 else f"“{written}”"


def _checked_text(raw: object, otherwise: str, longest: int = MAX_TEXT) -> str:
    if not isinstance(raw, str):
        raise Unreadable(otherwise)
    if len(raw) > longest:
        raise Unreadable(f"Text has {longest:,} characters at most.")
    if _UNWRITABLE.search(raw):
        raise Unreadable("The text holds a character that can't be stored.")
    return raw


def _limited(value: int | float) -> int | float:
    if not -MAX_NUMBER <= value <= MAX_NUMBER:  # NaN fails this too
        raise Unreadable("The number is too large, or none.")
    return int(value) if value == int(value) else value


def _amount(raw: object, unit: Unit) -> int:
    if is_blank(raw):
        raise Missing
    given = isinstance(raw, int) and not isinstance(raw, bool)
    if isinstance(raw, str) and len(raw) <= 20 and _WHOLE.fullmatch(raw.strip()):
        raw, given = int(raw), True
    if not given or not isinstance(raw, int) or not 1 <= raw <= _MOST[unit]:
        raise Unreadable(f"Give a whole number of {unit} from 1 to {_MOST[unit]:,}.")
    return raw


def _descends(low: Item, high: Item) -> bool:
    """Whether a pair is the wrong way round. Unknown, so False, where that hangs on the time zone."""
    match low, high:
        case Age(a), Age(b):
            return a > b
        case datetime(), datetime() if (low.tzinfo is None) == (high.tzinfo is None):
            return low > high
        case (datetime(), _) | (_, datetime()):
            return False
        case date(), date():
            return low > high
        case int() | float(), int() | float():
            return low > high
    return False
