"""What a screen shows of an audience: its size, what each node selects, sums, distributions, a sample.

Distributions are counted by codes: each column has, once per part and process, a small integer per row
that says which bar the row belongs to, so that a chart costs one `bincount` over the selected rows.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from crm.columnar import encode
from crm.columnar.columns import Mask
from crm.columnar.evaluate import Evaluation, Masks, counted, evaluate, inverted, joined
from crm.columnar.parts import Part
from crm.columnar.shelf import State
from crm.distributions import Distribution, Facts, Months, Steps, Values
from crm.rules.mongo import IdSet
from crm.rules.nodes import ROOT, Group, Join, Rule, children

_MISSING = 0  # the code of rows without a value, in every coding
_CHUNK = 1024

Codes = np.ndarray[Any, np.dtype[Any]]


def gather(
    state: State,
    rule: Rule,
    *,
    now: datetime,
    zone: tzinfo,
    sets: Mapping[str, IdSet] | None = None,
    sums: Sequence[str] = (),
    within: Mapping[str, Rule] | None = None,
    distributions: Sequence[Distribution] = (),
    sample: int = 0,
) -> Facts:
    """Everything about the audience of `rule` in this state. `sets` as `evaluate` takes them."""
    found = evaluate(state, rule, now=now, zone=zone, sets=sets)
    facts = Facts(bars={one: Counter() for one in distributions}, sums=dict.fromkeys(sums, 0.0))
    facts.total = state.total
    facts.nodes.update({path: counted(state, masks) for path, masks in found.nodes.items()})
    facts.steps = _steps_of(state, rule, found)
    for name, other in (within or {}).items():
        held = evaluate(state, other, now=now, zone=zone).selected
        facts.within[name] = counted(state, joined(Join.AND, [found.selected, held]))
    drawn: list[tuple[int, str]] = []
    for (part, live), mask in zip(state.parts, found.selected, strict=True):
        selected = mask if live is None else mask & live
        rows = np.flatnonzero(selected)
        facts.size += len(rows)
        for name in sums:
            facts.sums[name] += float(np.nansum(part.customers[name].to_numpy()[rows], dtype=np.float64))
        for one in distributions:
            _count(facts.bars[one], part, one, rows)
        if sample:
            drawn += _drawn(part, selected, sample)
    facts.sample = [key for _, key in sorted(drawn)[:sample]]
    return facts


def _steps_of(state: State, rule: Rule, found: Evaluation) -> list[int]:
    """The sizes as one condition of the root group after the other is taken in."""
    if not isinstance(rule, Group):
        return []
    sizes: list[int] = []
    so_far: Masks | None = None
    for path, _ in children(rule, ROOT):
        masks = found.nodes[path]
        if rule.join is Join.NOT:
            masks = inverted(masks)
        join = Join.OR if rule.join is Join.OR else Join.AND
        so_far = masks if so_far is None else joined(join, [so_far, masks])
        sizes.append(counted(state, so_far))
    return sizes


def _count(bars: Counter[Hashable], part: Part, one: Distribution, rows: np.ndarray) -> None:
    codes, labels = _coding(part, one)
    counts = np.bincount(codes[rows])
    for code in np.flatnonzero(counts):
        for label in labels(int(code)):
            bars[label] += int(counts[code])


# Codings, once per part and process. Parts are immutable, and go when their last reader does.

Labels = Callable[[int], Iterable[Hashable]]
_CODINGS: WeakKeyDictionary[Part, dict[Hashable, Any]] = WeakKeyDictionary()


def _kept(part: Part, key: Hashable, make: Callable[[], Any]) -> Any:
    mine = _CODINGS.setdefault(part, {})
    if key not in mine:
        mine[key] = make()
    return mine[key]


def coded(part: Part, one: Distribution) -> Codes:
    """Each row's code in a distribution."""
    return _coding(part, one)[0]


def _coding(part: Part, one: Distribution) -> tuple[Codes, Labels]:
    return _kept(part, one, lambda: _made(part, one))


def _made(part: Part, one: Distribution) -> tuple[Codes, Labels]:
    series = part.column(one.name)
    match one:
        case Steps(_, edges):
            return _steps(series.to_numpy(), edges)
        case Months(_, zone):
            return _months(series, zone)
        case Values():
            return _values(part, series)


def _steps(values: np.ndarray, edges: Sequence[float]) -> tuple[Codes, Labels]:
    codes = np.searchsorted(np.asarray(edges), values, side="right").astype(np.uint8)
    if values.dtype.kind == "f":
        codes[np.isnan(values)] = _MISSING
    return codes, lambda code: (None,) if code == _MISSING else (code - 1,)


def _months(series: pl.Series, zone: str) -> tuple[Codes, Labels]:
    instants = series.fill_nan(None).cast(pl.Int64).cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone(zone)
    months = instants.dt.year().cast(pl.Int32) * 12 + instants.dt.month().cast(pl.Int32) - 1
    found = months.fill_null(_MISSING).to_numpy()
    unique, codes = np.unique(found, return_inverse=True)
    names = [None if month == _MISSING else int(month) for month in unique]
    return codes.astype(np.uint16), lambda code: (names[code],)


def _values(part: Part, series: pl.Series) -> tuple[Codes, Labels]:
    if series.name in part.values:
        values = part.values[series.name][series.name].to_list()
        return series.to_numpy(), lambda code: _labels(values[code])
    if series.dtype == pl.UInt8:
        flags = (False, True, None)
        return series.to_numpy(), lambda code: (flags[code],)
    codes, found = encode.encode_by(series, series.drop_nulls().unique(maintain_order=True))
    names = found.to_list()
    return codes.to_numpy(), lambda code: (names[code],)


def _labels(value: object) -> Iterable[Hashable]:
    """One bar for text, one for each tag of a list."""
    return value if isinstance(value, list) else (value,)


def _drawn(part: Part, selected: Mask, size: int) -> list[tuple[int, str]]:
    """The selected rows with the smallest buckets, ties by id (the rows' own order)."""
    buckets = part.customers["bucket"].to_numpy()
    order = _kept(part, "by bucket", lambda: np.argsort(buckets, kind="stable").astype(np.int32))
    rows: list[int] = []
    for start in range(0, len(order), _CHUNK):
        some = order[start : start + _CHUNK]
        rows += some[selected[some]].tolist()
        if len(rows) >= size:
            break
    chosen = np.array(rows[:size], dtype=np.int64)
    buckets_of = np.nan_to_num(buckets[chosen].astype(np.float64), nan=np.inf).tolist()
    return list(zip(buckets_of, part.ids(chosen), strict=True)) if len(chosen) else []
