"""How a column answers a predicate: one boolean a row, False where the value is missing."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

import numpy as np
import polars as pl

from crm.columnar import days
from crm.columnar.encode import UNKNOWN
from crm.columnar.parts import Part
from crm.rules.moments import Clock
from crm.rules.nodes import Window
from crm.rules.predicates import Calendar, Known, OneOf, Predicate, Range, Tags, Text

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FEW = 16  # up to so many values are compared one by one, which is faster than a look-up


def mask(part: Part, name: str, predicate: Predicate) -> Mask:
    """Who of the part's customers has a value in column `name` for which the predicate holds."""
    if name not in part.customers.columns:
        return np.zeros(len(part), bool)  # an attribute that nobody in this part has
    if isinstance(predicate, Calendar):
        return days.mask(part, name, predicate)
    series = part.customers[name]
    if name in part.values:
        answers = mask_of(part.values[name][name], predicate)
        return answers[series.to_numpy()]
    if series.dtype == pl.String:
        return _of_texts(series, predicate)
    return numbers(series.to_numpy(), predicate)


def numbers(values: np.ndarray, predicate: Predicate) -> Mask:
    """For numbers, instants in milliseconds and booleans by code."""
    match predicate:
        case Range(low, high, open_low, open_high):
            found: list[Mask] = []
            if low is not None:
                found.append(_compare(values, np.greater if open_low else np.greater_equal, low))
            if high is not None:
                found.append(_compare(values, np.less if open_high else np.less_equal, high))
            return found[0] if len(found) == 1 else np.logical_and(found[0], found[1], out=found[0])
        case OneOf(wanted):
            if len(wanted) > _FEW:
                return np.isin(values.astype(np.float64), [_scalar(value) for value in wanted])
            return np.logical_or.reduce([_compare(values, np.equal, value) for value in wanted])
        case Known("boolean"):
            return values != UNKNOWN
        case Known():
            return ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), bool)
        case _:
            raise TypeError(f"{predicate} is no question for numbers")


def instants_within(instants: np.ndarray, window: Window | None, clock: Clock) -> Mask:
    """Which instants (milliseconds, NaN where there is none) lie in a window that ends now at the latest.

    Without a window an unknown instant is one of all time.
    """
    if window is None:
        return ~(instants > _scalar(clock.now))
    start = None
    if window.last is not None:
        start = clock.ago(window.last)
    elif window.start is not None:
        start = clock.at(window.start)
    end = clock.now if window.end is None else min(clock.at(window.end), clock.now)
    return numbers(instants, Range(start, end))


def _scalar(bound: Any) -> float:
    return (bound - _EPOCH) / _MILLISECOND if isinstance(bound, datetime) else float(bound)


def _compare(values: np.ndarray, operator: Callable[..., Mask], bound: Any) -> Mask:
    """Compare in the column's own narrow type where the bound fits it exactly, else as doubles."""
    scalar = _scalar(bound)
    kind = values.dtype
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            narrow = kind.type(scalar)
        if float(narrow) == scalar:
            return operator(values, narrow)
        return operator(values, np.float64(scalar))
    limits = np.iinfo(kind)
    if scalar == math.trunc(scalar) and limits.min <= scalar <= limits.max:
        return operator(values, kind.type(int(scalar)))
    return operator(values, np.float64(scalar))


def mask_of(values: pl.Series, predicate: Predicate) -> Mask:
    """The answer for each of some folded texts or lists of them."""
    return _of_tags(values, predicate) if values.dtype == pl.List(pl.String) else _of_texts(values, predicate)


def _of_texts(texts: pl.Series, predicate: Predicate) -> Mask:
    match predicate:
        case OneOf((value,)):
            found = texts == value
        case OneOf(values):
            found = texts.is_in([str(value) for value in values])
        case Text("contains", text):
            found = texts.str.contains(text, literal=True)
        case Text("starts", text):
            found = texts.str.starts_with(text)
        case Text(_, text):
            found = texts.str.ends_with(text)
        case Known():
            return texts.is_not_null().to_numpy()
        case _:
            raise TypeError(f"{predicate} is no question for text")
    return found.fill_null(False).to_numpy()


def _of_tags(tags: pl.Series, predicate: Predicate) -> Mask:
    match predicate:
        case Tags(how, values):
            each = [tags.list.contains(value).fill_null(False).to_numpy() for value in values]
            return np.logical_or.reduce(each) if how == "any" else np.logical_and.reduce(each)
        case Known():
            return tags.is_not_null().to_numpy()
        case Range() | OneOf() | Text() | Calendar():
            raise TypeError(f"{predicate} is no question for tags")
        case _:
            assert_never(predicate)
