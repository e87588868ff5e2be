"""The calendar days of instants: which month and day each of a column's is on, in a zone."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from crm.columnar.parts import Part
from crm.rules.predicates import Calendar

_NONE = 0  # the code of rows without an instant
_CODES = 1232  # one above 31 December's
_MONTH = 100

Codes = np.ndarray[Any, np.dtype[np.uint16]]

# Month * 100 + day of every row, once per part, column and zone. They go when the part's last reader does.
_KEPT: WeakKeyDictionary[Part, dict[tuple[str, str], Codes]] = WeakKeyDictionary()


def mask(part: Part, name: str, asked: Calendar) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whose instant in column `name` is on one of the days asked for; False where there is none."""
    kept = _KEPT.setdefault(part, {})
    key = name, asked.zone_name
    if key not in kept:
        kept[key] = _codes(part.column(name), asked.zone_name)
    answers = np.zeros(_CODES, bool)
    for value in asked.values:
        if asked.part == "month":
            answers[value * _MONTH : (value + 1) * _MONTH] = True
        else:
            answers[value] = True
    return answers[kept[key]]


def _codes(instants: pl.Series, zone: str) -> Codes:
    dates = instants.cast(pl.Float64).fill_nan(None).cast(pl.Int64).cast(pl.Datetime("ms", "UTC"))
    here = dates.dt.convert_time_zone(zone).dt
    days = here.month().cast(pl.UInt16) * _MONTH + here.day().cast(pl.UInt16)
    return days.fill_null(_NONE).to_numpy()
