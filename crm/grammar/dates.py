"""Dates and stretches of the calendar in words: "5 March 2025", "Q3", "last month", "2025-03-05"."""

from dataclasses import dataclass, replace
from datetime import date

from crm.grammar import periods
from crm.grammar.lexicon import Kind
from crm.grammar.pieces import Assumption, Cursor, Say, Unclear, Way

# What makes the number before it a count and not a day or a year.
_COUNTED = frozenset({Kind.TIMES, Kind.UNIT, Kind.COMPARED, Kind.CURRENCY, Kind.PERCENT, Kind.SCALE})


@dataclass(frozen=True, slots=True)
class Named:
    """A date as it was said: with or without day, month, quarter and year, or a period that needs no more."""

    start: int
    end: int
    day: int | None = None
    month: int | None = None
    quarter: int | None = None
    year: int | None = None
    period: periods.Period | None = None
    explained: bool = False  # the period is worth spelling out to the person
    rolling: dict[str, int] | None = None  # the days up to now that could be meant instead


class Dates:
    """Reads dates at a cursor; what had to be filled in goes to `assumptions`."""

    def __init__(self, cursor: Cursor, text: str, today: date, assumptions: list[Assumption]) -> None:
        self._at = cursor
        self._text = text
        self._today = today
        self._assumptions = assumptions
        self.yearless = False  # whether the year of the last date was filled in

    def period(self) -> periods.Period | None:
        """The date or period that begins here. None, and the cursor unmoved, where there is none."""
        named = self.named()
        if named is None:
            return None
        period = self.resolve(named)
        joined = self._at.sees(Kind.OR) or self._at.sees(Kind.AND) or self._at.sees(Kind.COMMA)
        if self.yearless and joined and self._at.sees(Kind.MONTH, ahead=1):
            raise Unclear(named.start, self._at.chunks[self._at.at + 1].end, "Say the year with each month.")
        return period

    def named(self) -> Named | None:
        """The dates that are spoken of here, which are passed by; None where it is no date."""
        start = self._at.at
        found = self._counted_window() or self._single() or self._calendar()
        if found is None:
            self._at.at = start
            return None
        return replace(found, start=self._at.chunks[start].start, end=self._at.end())

    def resolve(self, named: Named, year: int | None = None) -> periods.Period:
        """First and last day; a missing year is `year`, else the latest that fits, which is said."""
        if named.period:
            self.yearless = False
            if named.explained:
                self._assume(named, named.period)
            return named.period
        known = named.year or year
        self.yearless = known is None
        period = _in_year(named, known) if known else _latest(named, self._today)
        if period is None:
            raise Unclear(named.start, named.end, "There is no such day.")
        if not named.year:
            self._assume(named, period)
        return period

    def _assume(self, named: Named, period: periods.Period) -> None:
        """Another year could be meant where none was said, and the days up to now by a month that is past."""
        said = (named.start, named.end)
        ways: list[Way] = [(said, str(period[0].year - 1))] if named.month or named.quarter else []
        ways += [(Say("within", named.rolling),)] if named.rolling else []
        sentence = f"“{self._text[named.start : named.end]}” is {periods.spoken(period)}."
        self._assumptions.append(Assumption(sentence, *said, tuple(ways)))

    def _counted_window(self) -> Named | None:
        """this year, last month, this December"""
        here = self._at.at
        window = self._at.accept(Kind.WINDOW, "this", "bare")
        if window and window.value == "this" and (month := self._at.accept(Kind.MONTH)):
            return Named(0, 0, period=periods.month(self._today.year, month.value), explained=True)
        unit = self._at.accept(Kind.UNIT) if window else None
        if (
            window is None
            or unit is None
            or unit.value not in ("days", "weeks", "months", "quarters", "years")
        ):
            self._at.at = here
            return None
        reader = periods.around if window.value == "this" else periods.previous
        explained = window.value == "bare" or unit.value in ("weeks", "quarters")
        counted = {"quarters": {"months": 3}}.get(unit.value, {unit.value: 1})
        rolling = counted if window.value == "bare" and unit.value != "days" else None
        period = reader(self._today, unit.value)
        return Named(0, 0, period=period, explained=explained, rolling=rolling)

    def _single(self) -> Named | None:
        """yesterday, 2025-03-05, 5/3/2025"""
        chunk = self._at.peek()
        if chunk is None or chunk.kind not in (Kind.DAY, Kind.DATE, Kind.SLASHED):
            return None
        self._at.at += 1
        at: date | None
        if chunk.kind is Kind.DAY:
            at = date.fromordinal(self._today.toordinal() - chunk.value)
            return Named(0, 0, period=periods.day(at), explained=True)
        if chunk.kind is Kind.SLASHED:
            at = _slashed(chunk.value)
            hint = "Is that day or month first? Write it as 2025-03-31."
        else:
            at, hint = _iso(chunk.value), "There is no such day."
        if at is None:
            ways = [(day.isoformat(),) for day in _either_way(chunk.value)]
            raise Unclear(chunk.start, chunk.end, hint, ways=ways)
        return Named(0, 0, period=periods.day(at))

    def _calendar(self) -> Named | None:
        """5 March 2025, the 5th of March, March 5, March 2025, March, Q3 2025, 2025"""
        self._at.skip(Kind.ARTICLE)
        if self.begins_with_day():
            day = self._at.accept(Kind.NUMBER)
            self._at.accept(Kind.PREPOSITION, "of")
            month = self._at.accept(Kind.MONTH)
            if day and month:
                return Named(0, 0, day=day.value.value, month=month.value, year=self._year())
        elif month := self._at.accept(Kind.MONTH):
            return Named(0, 0, month=month.value, day=self._day(), year=self._year())
        elif quarter := self._at.accept(Kind.QUARTER):
            self._at.accept(Kind.PREPOSITION, "of")
            return Named(0, 0, quarter=quarter.value, year=self._year())
        elif (year := self._year()) is not None:
            return Named(0, 0, year=year)
        return None

    def begins_with_day(self) -> bool:
        """Whether a number here is the day of a month that is named behind it."""
        if not self._at.sees(Kind.NUMBER):
            return False
        behind = 2 if self._at.sees(Kind.PREPOSITION, "of", ahead=1) else 1
        return self._at.sees(Kind.MONTH, ahead=behind)

    def month_is_plain(self) -> bool:
        """Whether a month's name here, which may be a verb, has a day or a year behind it."""
        return self._at.sees(Kind.NUMBER, ahead=1)

    def _day(self) -> int | None:
        chunk = self._at.peek()
        if chunk is None or chunk.kind is not Kind.NUMBER or chunk.value.year or self._is_count():
            return None
        self._at.at += 1
        return int(chunk.value.value) if chunk.value.value == int(chunk.value.value) else 0

    def _year(self) -> int | None:
        here = self._at.at
        self._at.accept(Kind.COMMA)
        self._at.accept(Kind.PREPOSITION, "of")
        chunk = self._at.peek()
        if chunk is None or chunk.kind is not Kind.NUMBER or not chunk.value.year or self._is_count():
            self._at.at = here
            return None
        self._at.at += 1
        return int(chunk.value.value)

    def _is_count(self) -> bool:
        """Whether the number here counts what follows it."""
        behind = self._at.peek(1)
        if behind is None:
            return False
        return behind.kind in _COUNTED or (
            behind.kind is Kind.TOPIC and behind.value.form in ("noun", "either")
        )


def _in_year(named: Named, year: int) -> periods.Period | None:
    if named.quarter:
        return periods.quarter(year, named.quarter)
    if named.month is None:
        return periods.year(year)
    if named.day is None:
        return periods.month(year, named.month)
    at = periods.in_year(year, named.month, named.day)
    return periods.day(at) if at else None


def _latest(named: Named, today: date) -> periods.Period | None:
    if named.quarter:
        return periods.latest_quarter(today, named.quarter)
    if named.month is None:
        return None
    if named.day is None:
        return periods.latest_month(today, named.month)
    at = periods.latest_day(today, named.month, named.day)
    return periods.day(at) if at else None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _either_way(text: str) -> list[date]:
    """What 03/04/2025 may be: the third of April, or the fourth of March."""
    parts = text.split("/")
    if len(parts) != 3:
        return []
    first, second, third = (int(part) for part in parts)
    year = third + 2000 if third < 100 else third
    return [
        day for day in (periods.in_year(year, second, first), periods.in_year(year, first, second)) if day
    ]


def _slashed(text: str) -> date | None:
    """Day/month/year or year/month/day; None where day and month could be either."""
    first, second, third = (int(part) for part in text.split("/"))
    if first > 31:
        return periods.in_year(first, second, third)
    if third < 1900 or (first <= 12 and second <= 12 and first != second):
        return None
    day, month = (second, first) if second > 12 else (first, second)
    return periods.in_year(third, month, day)
