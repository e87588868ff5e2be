"""The operators: one row gives an operator every face it has.

`read` takes a value from JSON, `asks` makes the predicate that both engines answer, `says` the words for
it, `widget` what the editor shows. A negative operator is its positive one with `negates` set: it holds
exactly where the positive one does not, missing values included.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm.fields import NUMERIC, Field, FieldType, fold
from crm.rules.moments import Clock
from crm.rules.predicates import Bound, Calendar, Known, OneOf, Predicate, Range, Tags, Text, folded
from crm.rules.values import (
    Age,
    Item,
    Moment,
    Span,
    Unit,
    Unreadable,
    Value,
    boolean,
    days_of_year,
    many,
    moment,
    moment_or_age,
    month,
    nothing,
    number,
    pair,
    span,
    text,
    whole,
)
from crm.rules.words import Form, Teller


class Widget(StrEnum):
    """What the editor shows for a value, and the JSON that it should give."""

    NONE = "none"  # no value
    TEXT = "text"
    TEXTS = "list of texts"
    NUMBER = "number"
    NUMBERS = "list of numbers"
    TWO_NUMBERS = "two numbers"
    DATE = "date"  # "2026-01-31"
    TWO_DATES = "two dates"
    DAYS = "days ago"  # a whole number
    DURATION = "duration"  # {"last": {"days": 90}}
    YES_NO = "yes or no"
    MONTHS = "list of months"  # [3, 4]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator on the fields of some types.

    `asks` gives the predicate on the field's value, on its folded form for text and tags. `negates`
    names the operator this one is the complement of: both share every face, and users of the faces
    turn the result round.
    """

    name: str
    label: str
    types: frozenset[FieldType]
    widget: Widget
    read: Callable[[Field, object], Value]
    asks: Callable[[Any, Clock], Predicate]
    says: Callable[[Any, Teller], str]
    form: Form
    negates: str = ""

    def widget_for(self, field: Field, raw: object) -> Widget:
        """The widget that can show this value: a date operator takes a date as well as days ago."""
        try:
            value = self.read(field, raw)
        except Unreadable:
            return self.widget
        first = value[0] if isinstance(value, tuple) else value
        if self.widget in (Widget.DATE, Widget.TWO_DATES) and isinstance(first, Age):
            return Widget.DAYS if self.widget is Widget.DATE else Widget.TWO_NUMBERS
        if self.widget is Widget.DAYS and not isinstance(first, Age):
            return Widget.DATE
        return self.widget


_ITEM: dict[FieldType, Callable[[object], Item]] = {
    FieldType.TEXT: text,
    FieldType.TAGS: text,
    FieldType.INTEGER: whole,
    FieldType.NUMBER: number,
    FieldType.MONEY: number,
    FieldType.BOOLEAN: boolean,
    FieldType.DATE: moment_or_age,
}


def _one(field: Field, raw: object) -> Value:
    return _ITEM[field.type](raw)


def _two(field: Field, raw: object) -> Value:
    return pair(raw, _ITEM[field.type])


def _many(field: Field, raw: object) -> Value:
    return many(raw, _ITEM[field.type])


def _date(field: Field, raw: object) -> Value:
    return moment(raw)


def _last(field: Field, raw: object) -> Value:
    return span(raw, "last")


def _next(field: Field, raw: object) -> Value:
    return span(raw, "next", "last")


def _days_back(field: Field, raw: object) -> Value:
    return days_of_year(raw, "last")


def _days_on(field: Field, raw: object) -> Value:
    return days_of_year(raw, "next", "last")


def _months(field: Field, raw: object) -> Value:
    return tuple(dict.fromkeys(many(raw, month)))


def _none(field: Field, raw: object) -> Value:
    nothing(raw)
    return None


# Dates: an age in days counts back from now, so more days are an earlier instant. What lies in the
# future has no age.


def _more(value: Age | Moment, clock: Clock) -> Predicate:
    return _below(clock.ago(value)) if isinstance(value, Age) else _above(clock.at(value))


def _at_least(value: Age | Moment, clock: Clock) -> Predicate:
    return Range(high=clock.ago(value)) if isinstance(value, Age) else Range(low=clock.at(value))


def _less(value: Age | Moment, clock: Clock) -> Predicate:
    if isinstance(value, Age):
        return Range(clock.ago(value), clock.now, open_low=True)
    return _below(clock.at(value))


def _at_most(value: Age | Moment, clock: Clock) -> Predicate:
    if isinstance(value, Age):
        return Range(clock.ago(value), clock.now)
    return Range(high=clock.at(value))


def _on(value: Age | Moment, clock: Clock) -> Predicate:
    if isinstance(value, Age):
        return Range(clock.ago(Age(value.days + 1)), clock.ago(value), open_low=True)
    if isinstance(value, datetime):
        return OneOf((clock.at(value),))
    start, end = clock.day(value)
    return Range(start, end, open_high=True)


def _within(value: tuple[Age | Moment, Age | Moment], clock: Clock) -> Predicate:
    low, high = value
    if isinstance(low, Age) and isinstance(high, Age):
        return Range(clock.ago(high), clock.ago(low))
    assert not isinstance(low, Age) and not isinstance(high, Age)  # noqa: S101  # `pair` takes no mixture
    return Range(clock.at(low), clock.at(high))


def _since(value: Span, clock: Clock) -> Predicate:
    return Range(clock.ago(value), clock.now)


def _until(value: Span, clock: Clock) -> Predicate:
    return Range(clock.now, clock.ahead(value))


def _in_months(value: tuple[int, ...], clock: Clock) -> Predicate:
    return Calendar("month", value, clock.zone)


def _coming(value: Span, clock: Clock) -> Predicate:
    return Calendar("day", clock.anniversaries(0, _days(value) - 1), clock.zone)


def _past(value: Span, clock: Clock) -> Predicate:
    return Calendar("day", clock.anniversaries(1 - _days(value), 0), clock.zone)


def _days(value: Span) -> int:
    return value.amount * 7 if value.unit is Unit.WEEKS else value.amount


def _above(bound: Bound) -> Predicate:
    return Range(low=bound, open_low=True)


def _below(bound: Bound) -> Predicate:
    return Range(high=bound, open_high=True)


def _complement(row: Operator, name: str, label: str) -> Operator:
    return replace(row, name=name, label=label, negates=row.name)


_TEXT = frozenset({FieldType.TEXT})
_TAGS = frozenset({FieldType.TAGS})
_DATE = frozenset({FieldType.DATE})
_BOOL = frozenset({FieldType.BOOLEAN})
_NUMBERS = frozenset(NUMERIC)
_W, _F = Widget, Form

# fmt: off
_IS = Operator("equals", "is", _TEXT, _W.TEXT, _one,
    lambda v, _: OneOf((fold(v),)), lambda v, t: t.text(v), _F.EQUAL)
_IS_ONE_OF = Operator("in", "is one of", _TEXT, _W.TEXTS, _many,
    lambda v, _: OneOf(folded(v)), lambda v, t: t.any_of(v), _F.EQUAL)
_CONTAINS = Operator("contains", "contains", _TEXT, _W.TEXT, _one,
    lambda v, _: Text("contains", fold(v)),
    lambda v, t: f"containing {t.quoted(v)}", _F.MATCHING)
_STARTS = Operator("startsWith", "starts with", _TEXT, _W.TEXT, _one,
    lambda v, _: Text("starts", fold(v)),
    lambda v, t: f"starting with {t.quoted(v)}", _F.MATCHING)
_ENDS = Operator("endsWith", "ends with", _TEXT, _W.TEXT, _one,
    lambda v, _: Text("ends", fold(v)),
    lambda v, t: f"ending with {t.quoted(v)}", _F.MATCHING)

_EQUAL = Operator("equals", "is", _NUMBERS, _W.NUMBER, _one,
    lambda v, _: OneOf((v,)), lambda v, t: f"exactly {t.amount(v)}", _F.AMOUNT)
_MORE = Operator("greaterThan", "is more than", _NUMBERS, _W.NUMBER, _one,
    lambda v, _: _above(v), lambda v, t: f"more than {t.amount(v)}", _F.AMOUNT)
_AT_LEAST = Operator("greaterThanOrEqual", "is at least", _NUMBERS, _W.NUMBER, _one,
    lambda v, _: Range(low=v), lambda v, t: f"at least {t.amount(v)}", _F.AMOUNT)
_LESS = Operator("lessThan", "is less than", _NUMBERS, _W.NUMBER, _one,
    lambda v, _: _below(v), lambda v, t: f"less than {t.amount(v)}", _F.AMOUNT)
_AT_MOST = Operator("lessThanOrEqual", "is at most", _NUMBERS, _W.NUMBER, _one,
    lambda v, _: Range(high=v), lambda v, t: f"at most {t.amount(v)}", _F.AMOUNT)
_BETWEEN = Operator("between", "is between", _NUMBERS, _W.TWO_NUMBERS, _two,
    lambda v, _: Range(v[0], v[1]), lambda v, t: f"between {t.amounts(v, 'and')}", _F.AMOUNT)
_ONE_OF = Operator("in", "is one of", _NUMBERS, _W.NUMBERS, _many,
    lambda v, _: OneOf(tuple(v)), lambda v, t: f"exactly {t.amounts(v, 'or')}", _F.AMOUNT)

_RECENT = Operator("inTheLast", "is in the last", _DATE, _W.DURATION, _last,
    _since, lambda v, t: f"in the last {t.span(v)}", _F.RECENT)
_OLDER = Operator("olderThan", "is longer ago than", _DATE, _W.DURATION, _last,
    lambda v, c: _below(c.ago(v)), lambda v, t: f"more than {t.length(v)} ago", _F.WHEN)
_SOON = Operator("inTheNext", "is in the next", _DATE, _W.DURATION, _next,
    _until, lambda v, t: f"in the next {t.span(v)}", _F.DATED)
_BEFORE = Operator("before", "is before", _DATE, _W.DATE, _date,
    lambda v, c: _below(c.at(v)), lambda v, t: f"before {t.moment(v)}", _F.WHEN)
_AFTER = Operator("after", "is after", _DATE, _W.DATE, _date,
    lambda v, c: _above(c.at(v)), lambda v, t: f"after {t.start(v)}", _F.WHEN)
_DATES = Operator("between", "is between", _DATE, _W.TWO_DATES, _two,
    _within, lambda v, t: t.period(v), _F.WHEN)
_ON = Operator("equals", "is on", _DATE, _W.DATE, _one,
    _on, lambda v, t: t.on(v), _F.WHEN)
_DAYS_MORE = Operator("greaterThan", "is more than … days ago", _DATE, _W.DAYS, _one,
    _more, lambda v, t: t.aged(v, "more than", "after", start=True), _F.WHEN)
_DAYS_AT_LEAST = Operator("greaterThanOrEqual", "is at least … days ago", _DATE, _W.DAYS, _one,
    _at_least, lambda v, t: t.aged(v, "at least", "at or after", start=True), _F.WHEN)
_DAYS_LESS = Operator("lessThan", "is less than … days ago", _DATE, _W.DAYS, _one,
    _less, lambda v, t: t.aged(v, "less than", "before", start=False), _F.WHEN)
_DAYS_AT_MOST = Operator("lessThanOrEqual", "is at most … days ago", _DATE, _W.DAYS, _one,
    _at_most, lambda v, t: t.aged(v, "at most", "at or before", start=True), _F.WHEN)

_ANNIVERSARY = Operator("anniversaryInTheNext", "has an anniversary in the next", _DATE, _W.DURATION,
    _days_on, _coming, lambda v, t: t.days(v, "next"), _F.ANNIVERSARY)
_PAST_ANNIVERSARY = Operator("anniversaryInTheLast", "had an anniversary in the last", _DATE, _W.DURATION,
    _days_back, _past, lambda v, t: t.days(v, "last"), _F.ANNIVERSARY)
_IN_MONTH = Operator("monthIs", "is in the month", _DATE, _W.MONTHS, _months,
    _in_months, lambda v, t: t.months(v), _F.WHEN)

_FLAG = Operator("equals", "is", _BOOL, _W.YES_NO, _one,
    lambda v, _: OneOf((v,)), lambda v, t: "yes" if v else "no", _F.FLAG)

_ANY = Operator("containsAny", "has any of", _TAGS, _W.TEXTS, _many,
    lambda v, _: Tags("any", folded(v)), lambda v, t: t.any_of(v), _F.TAGGED)
_ALL = Operator("containsAll", "has all of", _TAGS, _W.TEXTS, _many,
    lambda v, _: Tags("all", folded(v)), lambda v, t: t.all_of(v), _F.TAGGED)

_SET_TEXT = Operator("isSet", "is known", _TEXT, _W.NONE, _none,
    lambda v, _: Known("text"), lambda v, t: "", _F.KNOWN)
_SET_TAGS = replace(_SET_TEXT, types=_TAGS, label="has any tag", asks=lambda v, _: Known("tags"))
_SET_NUMBER = replace(_SET_TEXT, types=_NUMBERS, asks=lambda v, _: Known("number"))
_SET_DATE = replace(_SET_TEXT, types=_DATE, asks=lambda v, _: Known("date"))
_SET_BOOL = replace(_SET_TEXT, types=_BOOL, asks=lambda v, _: Known("boolean"))

OPERATORS: tuple[Operator, ...] = (
    _IS, _complement(_IS, "notEquals", "is not"),
    _IS_ONE_OF, _complement(_IS_ONE_OF, "notIn", "is none of"),
    _CONTAINS, _complement(_CONTAINS, "notContains", "does not contain"),
    _STARTS, _ENDS,
    _SET_TEXT, _complement(_SET_TEXT, "isNotSet", "is not known"),

    _MORE, _AT_LEAST, _LESS, _AT_MOST, _BETWEEN,
    _EQUAL, _complement(_EQUAL, "notEquals", "is not"),
    _ONE_OF, _complement(_ONE_OF, "notIn", "is none of"),
    _SET_NUMBER, _complement(_SET_NUMBER, "isNotSet", "is not known"),

    _RECENT, _complement(_RECENT, "notInTheLast", "is not in the last"), _OLDER, _SOON,
    _BEFORE, _AFTER, _DATES, _ANNIVERSARY, _PAST_ANNIVERSARY, _IN_MONTH,
    _ON, _complement(_ON, "notEquals", "is not on"),
    _DAYS_MORE, _DAYS_AT_LEAST, _DAYS_LESS, _DAYS_AT_MOST,
    _SET_DATE, _complement(_SET_DATE, "isNotSet", "is not known"),

    _FLAG, _complement(_FLAG, "notEquals", "is not"),
    _SET_BOOL, _complement(_SET_BOOL, "isNotSet", "is not known"),

    _ANY, _ALL, _complement(_ANY, "containsNone", "has none of"),
    _SET_TAGS, _complement(_SET_TAGS, "isNotSet", "has no tag"),
)
# fmt: on

NAMES: frozenset[str] = frozenset(row.name for row in OPERATORS)


def operators_for(field: Field) -> list[Operator]:
    """The operators a field takes, in the order an editor offers them."""
    return [row for row in OPERATORS if field.type in row.types]


def operator_for(field: Field, name: str) -> Operator | None:
    """The operator of this name for fields of this type; None where there is none."""
    return next((row for row in OPERATORS if row.name == name and field.type in row.types), None)
