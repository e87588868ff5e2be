"""Times in words: "in the last 90 days", "since March", "between 1 and 5 May 2025", "over a year ago"."""

from collections.abc import Callable
from datetime import date, timedelta

from crm.grammar import periods
from crm.grammar.chunks import Chunk
from crm.grammar.dates import Dates
from crm.grammar.lexicon import Kind
from crm.grammar.pieces import Assumption, Cursor, Say, Unclear, Way, When

_LONGER = frozenset({"gt", "ge", "gt_age"})
_SHORTER = frozenset({"lt", "le", "lt_age"})
_FIXED_LENGTHS = {"quarters": ("months", 3)}
_WHICH = "Say “in the last {0}”, “more than {0} ago” or “less than {0} ago”."

Length = dict[str, int]


class Times:
    """Reads times at a cursor. `assumptions` collects what was taken for granted."""

    def __init__(self, cursor: Cursor, text: str, today: date, assumptions: list[Assumption]) -> None:
        self._at = cursor
        self._text = text
        self._dates = Dates(cursor, text, today, assumptions)
        self._today = today
        self._assumptions = assumptions

    def read(self) -> When | None:
        """The time that begins here, or None with the cursor where it was. Raises Unclear."""
        start = self._at.at
        self._dates.yearless = False
        readers: tuple[Callable[[], When | None], ...] = (
            self._window, self._between, self._range, self._bounded, self._within, self._spanned,
            self._length, self._dated,
        )  # fmt: skip
        for reader in readers:
            found = reader()
            if found is not None:
                return found
            self._at.at = start
        return None

    def _when(self, start: int, kind: str, **parts: object) -> When:
        return When(
            start=self._at.chunks[start].start,
            end=self._at.end(),
            kind=kind,
            yearless=self._dates.yearless,
            **parts,  # type: ignore[arg-type]
        )

    def _unclear(self, start: int, hint: str, *ways: Way) -> Unclear:
        return Unclear(self._at.chunks[start].start, self._at.end(), hint, ways=ways)

    def _window(self) -> When | None:
        """in the last 6 months, past week, for the last year, last month, this year"""
        start = self._at.at
        window = self._at.accept(Kind.WINDOW)
        if window is None:
            return None
        if window.value in ("rolling", "span") or (window.value == "bare" and self._at.sees(Kind.NUMBER)):
            length = self._amount_of_time(implied=True)
            kind = "span" if window.value == "span" else "rolling"
            return self._when(start, kind, last=length) if length else None
        self._at.at = start
        return self._period_here(start)

    def _period_here(self, start: int) -> When | None:
        period = self._dates.period()
        return self._of_period(start, period) if period else None

    def _of_period(self, start: int, period: periods.Period) -> When:
        current = period[0] <= self._today <= period[1]
        return self._when(start, "period", first=period[0], final=period[1], current=current)

    def _between(self) -> When | None:
        """between 1 May and 3 June 2025, between 30 and 60 days ago"""
        start = self._at.at
        if self._at.accept(Kind.PREPOSITION, "between") is None:
            return None
        return self._ages(start) or self._two_dates(start, Kind.AND)

    def _range(self) -> When | None:
        """from January to March 2025, 30 to 60 days ago"""
        start = self._at.at
        preposed = self._at.accept(Kind.PREPOSITION, "from")
        return self._ages(start) or (self._two_dates(start, Kind.PREPOSITION) if preposed else None)

    def _ages(self, start: int) -> When | None:
        """30 and 60 days ago"""
        here = self._at.at
        near, unit = self._at.accept(Kind.NUMBER), self._at.accept(Kind.UNIT)
        joined = near and (self._at.accept(Kind.AND) or self._at.accept(Kind.PREPOSITION, "to"))
        far, far_unit = self._at.accept(Kind.NUMBER), self._at.accept(Kind.UNIT)
        if (
            not (near and joined and far and far_unit and self._at.accept(Kind.AGO))
            or far_unit.value == "age"
        ):
            self._at.at = here
            return None
        low = self._length_of(near.value.value, (unit or far_unit).value, start)
        high = self._length_of(far.value.value, far_unit.value, start)
        if not unit and near.value.value > far.value.value:
            raise self._unclear(start, "The second number is smaller than the first.")
        return self._when(start, "ages", near=low, last=high)

    def _two_dates(self, start: int, joint: Kind) -> When | None:
        first = self._dates.named()
        joined = self._at.accept(joint) if joint is Kind.AND else self._at.accept(joint, "to")
        second = self._dates.named() if first and joined else None
        if first is None or second is None:
            return None
        begins, ends = self._dates.resolve(first, second.year)[0], self._dates.resolve(second)[1]
        if begins > ends:
            raise self._unclear(start, "The second date is before the first: say the years.")
        return self._of_period(start, (begins, ends))

    def _bounded(self) -> When | None:
        """since March, before 2024, after 5 May 2025, since 6 months"""
        start = self._at.at
        word = self._at.accept(Kind.PREPOSITION, "since", "before", "after", "onward", "until")
        if word is None:
            return None
        if word.value == "since" and (length := self._amount_of_time()) is not None:
            return self._when(start, "span", last=length) if not self._at.sees(Kind.AGO) else None
        rolling = self._window() if word.value == "since" and not self._at.sees(Kind.WINDOW, "this") else None
        if rolling is not None and rolling.kind == "rolling":
            return self._when(start, "span", last=rolling.last)
        if rolling is not None:
            raise self._unclear(
                start, "Since it began, or since it ended? Give a date: “since 1 March 2025”."
            )
        period = self._dates.period()
        if period is None:
            return None
        match word.value:
            case "before":
                return self._when(start, "before", first=period[0])
            case "until":
                return self._when(start, "before", first=period[1] + timedelta(days=1))
            case "after":
                return self._when(start, "onward", first=period[1] + timedelta(days=1))
            case _:
                return self._when(start, "onward", first=period[0])

    def _within(self) -> When | None:
        """in 6 months, within a week, in over a year, in March 2025, on 5 May"""
        start = self._at.at
        if self._at.accept(Kind.PREPOSITION, "in", "within", "on") is None:
            return None
        compared = self._at.accept(Kind.COMPARE)
        length = self._amount_of_time()
        if length is not None and not self._at.sees(Kind.AGO):
            if compared is None or compared.value in _SHORTER:
                return self._when(start, "rolling", last=length)
            return self._when(start, "span", last=length) if compared.value in _LONGER else None
        self._at.at = start + 1
        return self._period_here(start)

    def _spanned(self) -> When | None:
        """for 6 months, for more than a year"""
        start = self._at.at
        preposed = self._at.accept(Kind.PREPOSITION, "for")
        compared = self._at.accept(Kind.COMPARE)
        if preposed is None or (compared and compared.value in _SHORTER):
            return None
        length = self._amount_of_time()
        return self._when(start, "span", last=length) if length else None

    def _length(self) -> When | None:
        """more than 6 months ago, 90+ days ago, older than a year, 30 days since; or asks what is meant"""
        start = self._at.at
        before = self._at.accept(Kind.COMPARE)
        length, behind = self._amount_of_time(), None
        if length is None:
            length, behind = self._open_length()
        if length is None:
            return None
        behind = behind or self._at.accept(Kind.COMPARED)
        compared = before or behind
        comparison = str(compared.value) if compared and not (before and behind) else ""
        if not compared and self._at.accept(Kind.PREPOSITION, "behind"):  # "6 mahine se"
            return self._when(start, "span", last=length)
        counted = self._at.accept(Kind.AGO) or self._since_something()
        if comparison in _LONGER | _SHORTER and (counted or comparison.endswith("_age")):
            return self._when(start, "older" if comparison in _LONGER else "rolling", last=length)
        if counted and not compared:
            return self._when(start, "ago", last=length)
        ways = [(Say(word, length),) for word in ("within", "older")]
        raise self._unclear(start, _WHICH.format(spoken_length(length)), *ways)

    def _open_length(self) -> tuple[Length | None, Chunk | None]:
        """90+ days"""
        here = self._at.at
        number, sign, unit = (
            self._at.accept(Kind.NUMBER),
            self._at.accept(Kind.COMPARED),
            self._at.accept(Kind.UNIT),
        )
        if number and sign and unit and unit.value != "age":
            return self._length_of(number.value.value, unit.value, here), sign
        self._at.at = here
        return None, None

    def _since_something(self) -> bool:
        """ "30 days since their last order": the topic stays to be read"""
        here = self._at.at
        if self._at.accept(Kind.PREPOSITION, "since"):
            self._at.skip(Kind.ARTICLE)
            topic = self._at.peek()
            if topic and topic.kind is Kind.TOPIC:
                return True
        self._at.at = here
        return False

    def _dated(self) -> When | None:
        """5 March 2025, yesterday, March 2025; a bare month or year is no date by itself"""
        if self._at.sees(Kind.NUMBER) and not self._dates.begins_with_day():
            return None
        if self._at.sees(Kind.MONTH) and not self._dates.month_is_plain():
            return None
        return self._period_here(self._at.at)

    def _amount_of_time(self, *, implied: bool = False) -> Length | None:
        """90 days, a year, six months; with `implied` also "month" for one month"""
        here = self._at.at
        number = self._at.accept(Kind.NUMBER)
        article = None if number else self._at.accept(Kind.ARTICLE)
        one = article is not None and self._text[article.start : article.end].lower() in ("a", "an")
        unit = self._at.accept(Kind.UNIT) if number or one or implied else None
        if unit is None or unit.value == "age":
            self._at.at = here
            return None
        return self._length_of(number.value.value if number else 1, unit.value, here)

    def _length_of(self, amount: int | float, unit: str, start: int) -> Length:
        if not isinstance(amount, int) or amount < 1:
            raise self._unclear(start, "Give a whole number of days, weeks, months or years.")
        if unit == "quarters":
            self._assumptions.append(Assumption("A quarter is read as three months."))
        unit, times = _FIXED_LENGTHS.get(unit, (unit, 1))
        return {unit: amount * times}


def spoken_length(length: Length) -> str:
    """`30 days`, `1 month`."""
    ((unit, amount),) = length.items()
    return f"{amount} {unit if amount != 1 else unit.removesuffix('s')}"
