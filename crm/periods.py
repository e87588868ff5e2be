"""Days, weeks (from Monday) and months of a zone. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DAY, WEEK, MONTH = "day", "week", "month"
UNITS = (DAY, WEEK, MONTH)


def floor(at: datetime, unit: str) -> datetime:
    """The first midnight of the period of a moment on a calendar of no zone."""
    day = datetime(at.year, at.month, at.day)  # noqa: DTZ001  # a calendar day, of no zone
    if unit == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == MONTH else day


def starts(first: datetime, last: datetime, unit: str, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the periods of the zone start, from that of one instant to that after another.

    Where clocks leave a midnight out, the day starts when they are put on.
    """
    start = floor(first.astimezone(zone).replace(tzinfo=None), unit)
    while True:
        at = start.replace(tzinfo=zone)
        yield at
        if at > last:
            return
        start = floor(start + timedelta(days=32), unit) if unit == MONTH else start + _LENGTHS[unit]


_LENGTHS = {DAY: timedelta(days=1), WEEK: timedelta(days=7)}
