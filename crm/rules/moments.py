"""When a rule is evaluated, and what its dates and lengths of time come to then.

Every instant that leaves here is an aware UTC datetime, whole milliseconds, as MongoDB stores them.
Instants before year 1 or after 9999 are held at these ends.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from crm.rules.values import Age, Moment, Span, Unit

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
_FIXED = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
    Unit.WEEKS: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The instant a rule is evaluated at, and the zone that its calendar dates mean."""

    now: datetime
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        object.__setattr__(self, "now", _stored(self.now))

    def ago(self, length: Span | Age) -> datetime:
        """The instant so long before now: months and years by the calendar of the zone."""
        return self._step(length, -1)

    def ahead(self, length: Span | Age) -> datetime:
        """The instant so long after now, likewise."""
        return self._step(length, 1)

    def at(self, moment: Moment) -> datetime:
        """The instant that a date (its midnight) or a datetime in a rule stands for."""
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        return _utc(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))

    def day(self, day: date) -> tuple[datetime, datetime]:
        """The first instant of a day in the zone, and the first after it."""
        return self.at(day), self.at(day + timedelta(days=1)) if day < date.max else _LAST

    def anniversaries(self, first: int, last: int) -> tuple[int, ...]:
        """Which days of a year (month * 100 + day) have their anniversary between two days from today.

        0 is today in the zone, 1 tomorrow. 29 February has its anniversary on the 28th in common years.
        """
        try:
            today = self.now.astimezone(self.zone).date()
        except OverflowError:
            today = self.now.date()
        found: set[int] = set()
        for ordinal in range(today.toordinal() + first, today.toordinal() + last + 1):
            if 1 <= ordinal <= date.max.toordinal():
                day = date.fromordinal(ordinal)
                found.add(day.month * 100 + day.day)
                if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
                    found.add(229)
        return tuple(sorted(found))

    def _step(self, length: Span | Age, direction: int) -> datetime:
        try:
            match length:
                case Age(days):
                    return self.now + direction * timedelta(days=days)
                case Span(amount, Unit.MONTHS):
                    return self._months(direction * amount)
                case Span(amount, Unit.YEARS):
                    return self._months(direction * amount * 12)
                case Span(amount, unit):
                    return self.now + direction * amount * _FIXED[unit]
        except (OverflowError, ValueError):
            return _FIRST if direction < 0 else _LAST

    def _months(self, months: int) -> datetime:
        """The same wall clock so many months away, on the month's last day where it is shorter."""
        here = self.now.astimezone(self.zone)
        year, month = divmod(here.year * 12 + here.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return _utc(here.replace(year=year, month=month + 1, day=min(here.day, last)))


def _utc(moment: datetime) -> datetime:
    try:
        return _stored(moment.astimezone(UTC))
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


def _stored(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000).astimezone(UTC)
