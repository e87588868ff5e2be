"""Days and times as people write them, and as spreadsheets and programs number them.

03/04/2025 may be the 3rd of April or the 4th of March. Which it is, a column's other rows say; alone it
can't be told.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from crm.ingestion.refused import Refused, short

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "dmy", "mdy", "ymd"
SERIAL = "serial"  # days since 1899-12-30, as spreadsheets count them
EPOCH = "epoch"  # seconds or milliseconds since 1970, as programs count them
WAYS = (DAY_FIRST, MONTH_FIRST, YEAR_FIRST, SERIAL, EPOCH)
PLAIN, SAME, EITHER = "plain", "", "?"  # evidence: alone it is plain; either way it is plain; it could be two

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_THIS_CENTURY = 30  # of years in two digits, as spreadsheets have it: 29 is 2029, 30 is 1930
_FIRST_SERIAL = datetime(1899, 12, 30, tzinfo=UTC)
_LARGEST_SERIAL = 2_958_465  # 9999-12-31
_MILLISECONDS_FROM = 1e11

_THREE = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:[ T,]+(.+))?")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d)")
_ZONED = re.compile(r"(.*\d)\s*(?:UTC|GMT|Z|([+-]\d\d):?(\d\d))")
_SERIAL_NUMBER = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH_NUMBER = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
_WORDY = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%B-%Y", "%b %d %Y", "%B %d %Y")
_ENDS_IN_A_YEAR = re.compile(r"\d{4}$")
_WORDY_TIME = re.compile(r"(.*\b\d{4})[ T,]+(\d{1,2}:.+)")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_LONGEST_DAY = 10  # characters of an ISO day: what is longer has a time


def read(value: Any, zone: tzinfo = UTC, clock: tzinfo = UTC, way: str | None = None) -> datetime:
    """An aware UTC moment. A day alone is its midnight in `zone`, a time without a zone is one of `clock`.

    `way` is how the column writes its days; without it what could be two days is refused. Days as ISO 8601
    has them, with the month in words, and 13/04/2025 are read in every column. Raises Refused.
    """
    if isinstance(value, str):
        return _written(value.strip(), zone, clock, way)
    if isinstance(value, datetime):
        return _in_range(_placed(value, zone, clock))
    if way in (SERIAL, EPOCH) and isinstance(value, int | float) and not isinstance(value, bool):
        return _numbered(value, zone, clock, way)
    raise Refused("not_a_date", "is not a date")


def evidence(written: str) -> str | None:
    """What a value says of how its column writes days: a way, PLAIN, SAME, EITHER; None: no date."""
    if _ISO_DAY.match(written):
        return PLAIN
    if found := _THREE.fullmatch(written):
        first, second, third = found[1], int(found[3]), found[4]
        if len(first) == 4:
            return PLAIN
        if len(third) == 4 and len(first) < 3 and (int(first) > 12) != (second > 12):
            return DAY_FIRST if second <= 12 else MONTH_FIRST
        if len(third) == 4 and len(first) < 3 and int(first) == second:
            return SAME
        return EITHER if len(first) < 3 and len(third) in (2, 4) and second <= 31 else None
    if _SERIAL_NUMBER.fullmatch(written):
        return SERIAL
    if _EPOCH_NUMBER.fullmatch(written):
        return EPOCH
    try:
        _written(written, UTC, UTC, None)
    except Refused:
        return None
    return PLAIN


@lru_cache(maxsize=8192)  # a file says the same days again and again
def _written(written: str, zone: tzinfo, clock: tzinfo, way: str | None) -> datetime:
    if way in (SERIAL, EPOCH) and (_SERIAL_NUMBER if way == SERIAL else _EPOCH_NUMBER).fullmatch(written):
        return _numbered(float(written), zone, clock, way)
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return _in_range(_otherwise_written(written, zone, clock, way))
    return settled(at, written, zone, clock)


def settled(at: datetime, written: str, zone: tzinfo, clock: tzinfo) -> datetime:
    """As `read`, of what ISO 8601 makes of a text by itself. Raises Refused where it is out of range."""
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone if len(written) <= _LONGEST_DAY else clock)
    return _in_range(at)


def _placed(at: datetime, zone: tzinfo, clock: tzinfo) -> datetime:
    if at.tzinfo is not None:
        return at
    return at.replace(tzinfo=zone if at.time() == time() else clock)


def _in_range(at: datetime) -> datetime:
    try:
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC)
    except OverflowError:
        raise Refused("impossible_date", "the date is out of range") from None
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise Refused("impossible_date", f"the year {at.year} is out of range")
    below = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - below) if below else at  # what MongoDB keeps


def _numbered(number: float, zone: tzinfo, clock: tzinfo, way: str) -> datetime:
    if way == EPOCH:
        seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
        if not 0 <= seconds < _MILLISECONDS_FROM:
            raise Refused("impossible_date", f"there is no date {number:.0f}")
        return _in_range(datetime.fromtimestamp(seconds, UTC))
    if not 1 <= number <= _LARGEST_SERIAL:
        raise Refused("impossible_date", f"there is no date {number:g}")
    at = (_FIRST_SERIAL + timedelta(seconds=round(number * 86_400))).replace(tzinfo=None)
    return _in_range(_placed(at, zone, clock))


def _otherwise_written(written: str, zone: tzinfo, clock: tzinfo, way: str | None) -> datetime:
    if found := _THREE.fullmatch(written):
        year, month, day = _told_apart(found[1], found[3], found[4], written, way)
        return _at(year, month, day, found[5], written, (zone, clock))
    wordy, hour = written, None
    if found := _WORDY_TIME.fullmatch(written):
        wordy, hour = found[1], found[2]
    for form in _WORDY if _ENDS_IN_A_YEAR.search(wordy) else ():
        try:
            of_words = datetime.strptime(wordy, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return _at(of_words.year, of_words.month, of_words.day, hour, written, (zone, clock))
    raise Refused("not_a_date", f"{short(written)} is not a date; write it as YYYY-MM-DD")


def _told_apart(first: str, second: str, third: str, written: str, way: str | None) -> tuple[int, int, int]:
    """Year, month and day of a day in three numbers."""
    a, b, c = int(first), int(second), int(third)
    if len(first) == 4 or (way == YEAR_FIRST and len(first) == 2):
        return _year(first), b, c
    if len(first) > 2 or len(third) not in (2, 4):
        raise Refused("not_a_date", f"{short(written)} is not a date; write it as YYYY-MM-DD")
    if way == DAY_FIRST:
        return _year(third), b, a
    if way == MONTH_FIRST:
        return _year(third), a, b
    if len(third) == 2:
        raise Refused("ambiguous_date", f"{short(written)} could be several days; write it as YYYY-MM-DD")
    if a <= 12 and b <= 12 and a != b:
        raise Refused(
            "ambiguous_date",
            f"{short(written)} could be day/month or month/day; write it as {c}-MM-DD",
        )
    return (c, b, a) if b <= 12 else (c, a, b)


def _year(written: str) -> int:
    if len(written) != 2:
        return int(written)
    return int(written) + (2000 if int(written) < _THIS_CENTURY else 1900)


def _at(year: int, month: int, day: int, hour: str | None, written: str,
        zones: tuple[tzinfo, tzinfo]) -> datetime:  # fmt: skip
    try:
        at = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise Refused("impossible_date", f"there is no {short(written)}") from None
    if not hour:
        return at.replace(tzinfo=zones[0])
    zone: tzinfo = zones[1]
    hour = hour.strip()
    if found := _ZONED.fullmatch(hour):
        hour, zone = found[1], _offset(found[2], found[3])
    for form in _CLOCKS:
        try:
            read_off = datetime.strptime(hour, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return datetime.combine(at, read_off.time(), zone)
    raise Refused("not_a_date", f"{short(written)} is not a date and time")


def _offset(hours: str | None, minutes: str | None) -> tzinfo:
    if not hours:
        return UTC
    ahead = timedelta(hours=int(hours[1:]), minutes=int(minutes or 0))
    return timezone(-ahead if hours.startswith("-") else ahead)
