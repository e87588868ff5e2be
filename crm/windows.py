"""Hours of the day, on chosen weekdays, in which messages may go out in their receiver's time zone. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

WEEK = (1, 2, 3, 4, 5, 6, 7)
"""Weekdays by their ISO numbers: Monday is 1."""

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = 24 * 60  # minutes
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True, slots=True)
class Window:
    """Open from `begins` until `ends` (minutes after midnight, the end not included) on these weekdays."""

    begins: int
    ends: int
    days: frozenset[int]

    def opening(self, zone: ZoneInfo, now: datetime) -> datetime:
        """`now` where it is open there, else the next instant at which it opens.

        Of an hour that a clock goes through twice, the first counts; one that it leaps over opens when the
        leap is over.
        """
        day = now.astimezone(zone).date()
        while True:
            if day.isoweekday() in self.days:
                begins, ends = _instant(day, self.begins, zone), _instant(day, self.ends, zone)
                if now < ends and begins < ends:  # a leap may leave nothing of it
                    return max(begins, now)
            day += timedelta(days=1)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    if minutes == _DAY:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def read(given: Any) -> dict[str, Any]:
    """`{from, to, days}` in one form, every day where none is named. Raises ValueError that says why."""
    if not isinstance(given, Mapping) or not {"from", "to"} <= set(given) <= {"from", "to", "days"}:
        raise ValueError("is {from, to, days?} such as {from: “09:00”, to: “20:00”}")
    begins, ends = _minutes(given["from"]), _minutes(given["to"])
    if begins >= ends:
        raise ValueError("begins before it ends, on the same day")
    days = given.get("days") or list(WEEK)
    if not isinstance(days, list) or not all(type(each) is int and each in WEEK for each in days):
        raise ValueError("has weekdays from 1 (Monday) to 7 (Sunday)")
    return {"from": given["from"], "to": given["to"], "days": sorted(set(days))}


def _minutes(clock: Any) -> int:
    if not isinstance(clock, str) or not _CLOCK.fullmatch(clock):
        raise ValueError("has times such as 09:00")
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def of(kept: Mapping[str, Any]) -> Window:
    """The window that `read` gave back."""
    return Window(_minutes(kept["from"]), _minutes(kept["to"]), frozenset(kept["days"]))


def describe(kept: Mapping[str, Any]) -> str:
    """`09:00 to 20:00`, and the days where they are not all: `Mon to Fri`, `Sat, Sun`."""
    clock, days = f"{kept['from']} to {kept['to']}", list(kept["days"])
    if days == list(WEEK):
        return clock
    names = [NAMES[day - 1] for day in days]
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    return f"{clock}, {names[0]} to {names[-1]}" if in_a_row else f"{clock}, {', '.join(names)}"


@lru_cache(maxsize=1_000)
def zone(name: str) -> ZoneInfo | None:
    """The zone of this IANA name; None where there is none."""
    try:
        return ZoneInfo(name.strip())
    except (KeyError, ValueError, OSError):
        return None
