"""Days of the year in prompts: "birthday this month", "whose anniversary of signing up is this week".

What they are of is the birth date, the sign-up, the first order, or a custom attribute that is a date. Only
the day and the month count; what has no such meaning (another week than this one, tomorrow) is asked about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.fields import FIELDS, Field, FieldType, fold
from crm.grammar.attributes import MONTHS, Clause
from crm.grammar.lexicon import Vague
from crm.grammar.tokens import TokenKind, tokenise
from crm.grammar.values import Values

WORDS = frozenset({"birthday", "birthdays", "anniversary", "anniversaries"})

_ANNIVERSARY = r"anniversar(?:y|ies)"
_BIRTHDAY = r"(?:birthdays?|b-?days?)"
_OF = rf"(?:{_ANNIVERSARY}\s+of\s+(?:(?:the|their)\s+)?)"
_SIGN_UP = r"sign(?:ing)?[\s-]?up|joining(?:\s+us)?|registering|registration"
_FIRST = r"first\s+(?:order|purchase)"
_BUILT_IN = (
    (rf"{_OF}(?:{_SIGN_UP})|(?:sign[\s-]?up|joining|registration)\s+{_ANNIVERSARY}", "accountCreated"),
    (rf"{_OF}{_FIRST}|{_FIRST}\s+{_ANNIVERSARY}", "firstPurchaseDate"),
)
_YEARLY = re.compile(rf"birth|\bb-?day|\bdob\b|{_ANNIVERSARY}", re.IGNORECASE)
_LEAD = r"(?<!\w)(?:(?:have|has|having|celebrat(?:e|es|ing))\s+)?(?:(?:an?|the|their)\s+)?"
_BE = r"\s+(?:(?:month\s+)?(?:is|are|was|were|will\s+be|falls?|comes?\s+up|coming\s+up)\s+)?"
_MONTH = "|".join(
    f"{name[:3]}(?:{name[3:]})?" if name != "september" else "sep(?:t(?:ember)?)?" for name in MONTHS
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_END = r"(?!\w)"
_WHEN = (
    rf"(?P<day>today|tomorrow|yesterday){_END}"
    rf"|(?:in\s+|within\s+|during\s+)?(?:the\s+)?(?P<calendar>this|current|next|last)\s+(?P<span>week|month|year){_END}"
    r"|(?:with)?(?:in|over|during)\s+the\s+(?P<way>next|coming|last|past)\s+"
    rf"(?:(?P<n>\d{{1,4}}|{'|'.join(_NUMBERS)})\s+)?(?P<unit>day|week|month|year)s?{_END}"
    rf"|in\s+(?:the\s+month\s+of\s+)?(?P<months>(?:{_MONTH})(?:\s*(?:,|,?\s+or|,?\s+and)\s+(?:{_MONTH}){_END})*)"
    rf"{_END}(?!\s+\d)"
)  # fmt: skip
_AFTER = re.compile(_BE + rf"(?:{_WHEN})", re.IGNORECASE)
_ROLLING = re.compile(r"(?:in|within|during)\s+the\s+(?:next|last)\s", re.IGNORECASE)
_MOST = {"days": 366, "weeks": 52}
_OF_WHAT = (
    "Anniversary of what? Say “anniversary of signing up”, “birthday”, or the name of a custom attribute "
    "that is a date."
)
_WHICH_DAYS = "Say “today”, “in the next 7 days”, “in the last 7 days”, “this month” or “in March”."


@dataclass(frozen=True, slots=True)
class _When:
    operator: str = ""
    value: Any = None
    means: str | None = None


def clauses(text: str, values: Values, today: date) -> Iterator[Clause]:
    """Every day of the year that the prompt asks for, in its order."""
    if not _YEARLY.search(text):
        return
    nouns = _nouns(values.attributes)
    pattern = re.compile(
        _LEAD + "(?:" + "|".join(f"(?P<f{i}>{noun})" for i, (noun, _) in enumerate(nouns)) + r")(?!\w)",
        re.IGNORECASE,
    )
    kept = [] if pattern.search(text) is None else _names_of_others(text, values)
    at = 0
    while found := pattern.search(text, at):
        at = found.end()
        when = _AFTER.match(text, at)
        place = found.span(str(found.lastgroup))
        if when is None or any(start < place[1] and place[0] < end for start, end in kept):
            continue
        at = when.end()
        field = nouns[int(str(found.lastgroup)[1:])][1]
        yield _clause(text, found.start(), at, found.end(), field, _when(when, today), values)


def _nouns(own: tuple[Field, ...]) -> list[tuple[str, Field | None]]:
    """How each date is spoken of; None where nothing is said of which."""
    found: dict[str, Field | None] = {}
    names = {fold(name) for field in own for name in (field.name, field.label)}
    for field in own:
        for name in dict.fromkeys((field.name, field.label)) if field.type is FieldType.DATE else ():
            said = r"[\s_-]+".join(re.escape(word) for word in re.split(r"[\s_-]+", name) if word)
            if not said:
                continue
            if _YEARLY.search(name):
                found.setdefault(rf"[\"“]?{said}s?[\"”]?", field)
            found.setdefault(rf"{_OF}[\"“]?{said}[\"”]?|{said}\s+{_ANNIVERSARY}", field)
    longest: list[tuple[str, Field | None]] = sorted(found.items(), key=lambda one: -len(one[0]))
    built_in = [(written, FIELDS[name]) for written, name in _BUILT_IN]
    birthday = [] if names & {"birthday", "birthdays"} else [(_BIRTHDAY, FIELDS["birthDate"])]
    bare: list[tuple[str, Field | None]] = [] if "anniversary" in names else [(_ANNIVERSARY, None)]
    return [*longest, *built_in, *birthday, *bare]


def _names_of_others(text: str, values: Values) -> list[tuple[int, int]]:
    """Where a text in quotation marks stands, or a value of the data that has one of the words in it."""
    tokens = tokenise(text)
    keys = [token.key for token in tokens]
    own = {fold(name) for field in values.attributes for name in (field.name, field.label)}
    found = [
        (one.start, one.end)
        for one in tokens
        if one.kind is TokenKind.QUOTED and fold(one.text.strip("\"'“”")) not in own
    ]
    for at in range(len(tokens)):
        named = values.match(keys, at)
        if named and any(_YEARLY.search(key) for key in keys[at : at + named[0]]):
            found.append((tokens[at].start, tokens[at + named[0] - 1].end))
    return found


def _clause(
    text: str, start: int, end: int, noun: int, field: Field | None, when: _When, values: Values
) -> Clause:
    said = " ".join(text[noun:end].split())
    if field is None:
        dates = [one.label for one in values.attributes if one.type is FieldType.DATE]
        of = ("signing up", "the first order", *dates)
        ways = (*(f"anniversary of {one} {said}" for one in of), f"birthday {said}")
        return Clause(start, end, FIELDS["accountCreated"], asks=Vague(_OF_WHAT, ways))
    if not when.operator:
        what = text[start:noun]
        ways = tuple(f"{what} {one}" for one in ("today", "in the next 7 days", "in the last 7 days"))
        return Clause(start, end, field, asks=Vague(f"Which days of the year? {_WHICH_DAYS}", ways))
    means = when.means
    if field.key and fold(field.name) in ("birthday", "birthdays"):
        also = f"by the custom attribute “{field.name}”, not by the birth date"
        means = f"{means}, {also}" if means else also
    return Clause(start, end, field, when.operator, when.value, means)


def _when(found: re.Match[str], today: date) -> _When:
    """What was said of the time; without an operator where days of the year can't tell it."""
    if found["day"]:
        now = fold(found["day"]) == "today"
        return _When("anniversaryInTheNext", {"next": {"days": 1}}) if now else _When()
    if found["months"]:
        return _months(found["months"])
    if found["way"]:
        return _length(fold(found["way"]), found["n"], fold(found["unit"]))
    which, span = fold(found["calendar"]), fold(found["span"])
    if _ROLLING.search(found[0]):  # "in the next week"
        return _length(which, None, span)
    if span == "month":
        month = (today.month - 1 + {"next": 1, "last": -1}.get(which, 0)) % 12
        name = MONTHS[month].capitalize()
        return _When("monthIs", [month + 1], f"in {name} of any year; it stays {name} in a saved segment")
    if span == "week" and which in ("this", "current"):
        means = "today and the six days after it; say “in the last 7 days” for those before"
        return _When("anniversaryInTheNext", {"next": {"days": 7}}, means)
    return _When()


def _length(way: str, number: str | None, unit: str) -> _When:
    amount = 1 if number is None else int(number) if number.isdigit() else _NUMBERS.index(fold(number)) + 1
    means = None
    if unit in ("month", "year"):
        days = amount * (30 if unit == "month" else 365)
        unit, amount, means = "day", days, f"counted as {days} days"
    ahead = way in ("next", "coming")
    if not 0 < amount <= _MOST[f"{unit}s"]:
        return _When()
    length = {"next" if ahead else "last": {f"{unit}s": amount}}
    return _When(f"anniversaryInThe{'Next' if ahead else 'Last'}", length, means)


def _months(said: str) -> _When:
    names = re.findall(r"\w+", said)
    listed = [name for name in names if fold(name) not in ("or", "and")]
    if "may" in listed[1:]:  # "in March or may have ordered"
        return _When()
    months = sorted(
        {next(i for i, name in enumerate(MONTHS, 1) if name.startswith(fold(one)[:3])) for one in listed}
    )
    spoken = " or ".join(MONTHS[month - 1].capitalize() for month in months)
    return _When("monthIs", months, f"in {spoken} of any year")
