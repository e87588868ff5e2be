"""Days, weeks, months, quarters and years of the calendar, as their first and last day."""

import calendar
from datetime import date, timedelta

Period = tuple[date, date]


def day(at: date) -> Period:
    return at, at


def month(year: int, number: int) -> Period:
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def quarter(year: int, number: int) -> Period:
    return date(year, number * 3 - 2, 1), month(year, number * 3)[1]


def year(number: int) -> Period:
    return date(number, 1, 1), date(number, 12, 31)


def around(today: date, unit: str) -> Period:
    """The week (from Monday), month, quarter or year that a day is in."""
    match unit:
        case "weeks":
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=6)
        case "months":
            return month(today.year, today.month)
        case "quarters":
            return quarter(today.year, (today.month + 2) // 3)
        case "years":
            return year(today.year)
        case _:
            return day(today)


def previous(today: date, unit: str) -> Period:
    """The whole one before it."""
    return around(around(today, unit)[0] - timedelta(days=1), unit)


def latest_month(today: date, number: int) -> Period:
    """The last month of that name that has begun."""
    return month(today.year if number <= today.month else today.year - 1, number)


def latest_quarter(today: date, number: int) -> Period:
    """This year's quarter of this number, last year's where it has not begun."""
    begun = quarter(today.year, number)[0] <= today
    return quarter(today.year if begun else today.year - 1, number)


def latest_day(today: date, month_number: int, number: int) -> date | None:
    """The last such day that is not in the future; None where the calendar has no such day."""
    for year_number in range(today.year, today.year - 9, -1):
        found = in_year(year_number, month_number, number)
        if found and found <= today:
            return found
    return None


def in_year(year_number: int, month_number: int, number: int) -> date | None:
    """The date, or None where the calendar has none such."""
    try:
        return date(year_number, month_number, number)
    except (ValueError, OverflowError):
        return None


def spoken(period: Period) -> str:
    """Such as "1 October 2026 – 31 October 2026", or one day."""
    first, final = (f"{at.day} {calendar.month_name[at.month]} {at.year}" for at in period)
    return first if first == final else f"{first} – {final}"
