"""The highest and the lowest in a column, over all parts of a state."""

from typing import Literal

import numpy as np

from crm.columnar.columns import Mask
from crm.columnar.shelf import State
from crm.fields import Field


def top(state: State, of: list[Mask], by: Field, n: int, direction: Literal["desc", "asc"]) -> list[Mask]:
    """The `n` living people of `of` with the highest (or lowest) known values, ties by `_id` ascending."""
    places: list[tuple[int, np.ndarray]] = []
    values: list[np.ndarray] = []
    for number, ((part, live), mask) in enumerate(zip(state.parts, of, strict=True)):
        rows = np.flatnonzero(mask if live is None else mask & live)
        found = part.column(by.column).to_numpy()[rows].astype(np.float64)
        known = ~np.isnan(found)
        places.append((number, rows[known]))
        values.append(-found[known] if direction == "desc" else found[known])
    chosen = [np.zeros(len(part), bool) for part, _ in state.parts]
    last = _nth(np.concatenate(values), n) if values else None
    tied: list[tuple[str, int, int]] = []
    for (number, rows), found in zip(places, values, strict=True):
        if last is None:
            chosen[number][rows] = True
            continue
        chosen[number][rows[found < last]] = True
        at = rows[found == last]
        ids = state.parts[number][0].ids(at)
        tied += [(key, number, int(row)) for key, row in zip(ids, at, strict=True)]
    missing = n - sum(int(np.count_nonzero(one)) for one in chosen)
    if last is not None:
        for _, number, row in sorted(tied)[:missing]:
            chosen[number][row] = True
    return chosen


def _nth(values: np.ndarray, n: int) -> float | None:
    """The n-th lowest value; None where there are not more than n, so that all are in."""
    return None if len(values) <= n else float(np.partition(values, n - 1)[n - 1])
