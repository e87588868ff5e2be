"""Round days near given ones: every day, Mondays, or firsts of months, as the range asks for."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000)

Step = Callable[[date], date | None]  # the round day at or before a day; None where the calendar has none


def near(days: Sequence[date], most: int) -> list[date]:
    """The round days that these ascending ones fall on, each once, and the next round one after the last.

    They are as round as nine tenths of the range ask for to have at most `most` of them: one date that was
    mistyped by a thousand years makes the others no coarser. Empty for none.
    """
    if not days:
        return []
    tail = len(days) // 20
    range_ = (days[len(days) - 1 - tail] - days[tail]).days
    coarsest = _first_of(_MONTHS[-1])
    floor = next((each for each, length in _steps() if range_ / length + 2 <= most), coarsest)
    found = {floor(day) for day in days} | {_after(days[-1], floor)}
    return sorted(day for day in found if day is not None)


def _steps() -> Iterator[tuple[Step, float]]:
    """How a day is made round, and how many days lie between two such."""
    yield lambda day: day, 1
    yield _monday, 7
    for months in _MONTHS:
        yield _first_of(months), months * 30.4


def _monday(day: date) -> date | None:
    ordinal = day.toordinal() - day.weekday()
    return date.fromordinal(ordinal) if ordinal > 0 else None


def _first_of(months: int) -> Step:
    def floor(day: date) -> date | None:
        year, month = divmod((day.year * 12 + day.month - 1) // months * months, 12)
        return date(year, month + 1, 1) if year >= date.min.year else None

    return floor


def _after(day: date, floor: Step) -> date | None:
    """The first round day after a day."""
    here, step = floor(day), 1
    while day.toordinal() + step <= date.max.toordinal():
        later = floor(day + timedelta(days=step))
        if later is not None and later > (here or date.min):
            return later
        step *= 2
    return None
