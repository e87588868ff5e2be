"""Who shows a behaviour, from a part's orders and lines: all orders of a customer are in his own part.

Conditions on lines come first, because they are usually what leaves the fewest orders; everything after
them looks at these orders alone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from crm.columnar.columns import Mask, instants_within, mask_of, numbers
from crm.columnar.parts import Part
from crm.rules.behaviours import DECIMALS
from crm.rules.moments import Clock
from crm.rules.nodes import Behaviour, Condition, Measure

Rows = np.ndarray[Any, np.dtype[np.intp]]
Figures = np.ndarray[Any, np.dtype[Any]]

_FEW_RUNS = 8  # up to so many runs of codes are looked for one by one, which is faster than a look-up


def behaviour(part: Part, rule: Behaviour, clock: Clock) -> Mask:
    """Who of the part's customers shows it."""
    lines = _lines(part, rule.of_lines, clock) if rule.of_lines else None
    orders = _orders(part, rule, clock, lines)
    if rule.measure in (Measure.QUANTITY, Measure.DISTINCT_PRODUCTS):
        measured = _of_lines(part, rule.measure, orders, lines)
    else:
        measured = _of_orders(part, rule.measure, orders)
    found = numbers(measured, rule.operator.asks(rule.value, clock))
    return ~found if rule.operator.negates else found


def _lines(part: Part, conditions: Sequence[Condition], clock: Clock) -> Rows:
    """The lines for which every condition holds, ascending."""
    products = part.values["product"]
    holds = np.ones(products.height, bool)
    for each in conditions:
        asked = mask_of(products[each.field.name], each.operator.asks(each.value, clock))
        holds &= ~asked if each.operator.negates else asked
    of_offers = holds[part.values["offer"]["product"].to_numpy()]
    return np.flatnonzero(_coded(part.lines["offer"].to_numpy(), of_offers))


def _coded(codes: Figures, holds: Mask) -> Mask:
    """Which rows have a code that holds."""
    wanted = np.flatnonzero(holds)
    breaks = np.flatnonzero(np.diff(wanted) > 1)
    if len(breaks) >= _FEW_RUNS:
        return holds[codes]
    found = np.zeros(len(codes), bool)
    kind = codes.dtype.type
    for run in np.split(wanted, breaks + 1) if len(wanted) else ():
        first, last = run[0], run[-1]
        # An unsigned number below the first one becomes a large one.
        found |= codes == kind(first) if first == last else codes - kind(first) <= kind(last - first)
    return found


def _orders(part: Part, rule: Behaviour, clock: Clock, lines: Rows | None) -> Rows:
    """The orders that the behaviour is about, ascending, and so by customer."""
    if lines is not None:
        of = part.lines["order"].to_numpy()[lines]
        chosen = of[_starts(of)].astype(np.intp)
        dates = part.orders["createdAt"].to_numpy()[chosen]
        chosen = chosen[instants_within(dates, rule.within, clock)]
    else:
        dates = part.orders["createdAt"].to_numpy()
        chosen = np.flatnonzero(instants_within(dates, rule.within, clock))
    if rule.without_cancelled:
        kept = ~(part.values["status"]["status"] == "cancelled").fill_null(False).to_numpy()
        if not kept.all():
            chosen = chosen[kept[part.orders["status"].to_numpy()[chosen]]]
    for each in rule.of_orders:
        holds = _of_order(part, each, clock, chosen)
        chosen = chosen[~holds if each.operator.negates else holds]
    return chosen


def _of_order(part: Part, condition: Condition, clock: Clock, chosen: Rows) -> Mask:
    predicate = condition.operator.asks(condition.value, clock)
    values = part.orders[condition.field.name].to_numpy()[chosen]
    if condition.field.name == "status":
        return mask_of(part.values["status"]["status"], predicate)[values]
    return numbers(values, predicate)


def _of_orders(part: Part, measure: Measure, orders: Rows) -> Figures:
    """The measure by customer: NaN where there is none."""
    owner = part.orders["customer"].to_numpy()[orders]
    if measure is Measure.COUNT:
        return np.bincount(owner, minlength=len(part))
    name = "createdAt" if measure in (Measure.DAYS_SINCE_FIRST, Measure.DAYS_SINCE_LAST) else "total"
    values = part.orders[name].to_numpy()[orders].astype(np.float64)
    known = ~np.isnan(values)
    if not known.all():
        owner, values = owner[known], values[known]
    if measure is Measure.SUM:
        return np.round(np.bincount(owner, weights=values, minlength=len(part)), DECIMALS)
    if measure is Measure.AVERAGE:
        sums = np.bincount(owner, weights=values, minlength=len(part))
        with np.errstate(invalid="ignore"):
            return np.round(sums / np.bincount(owner, minlength=len(part)), DECIMALS)
    return _extreme(len(part), owner, values, least=measure in (Measure.MIN, Measure.DAYS_SINCE_FIRST))


def _extreme(size: int, owner: Figures, values: Figures, *, least: bool) -> Figures:
    """The least or the greatest of each customer's values; `owner` ascends."""
    found = np.full(size, np.nan)
    if len(owner):
        starts = _starts(owner)
        found[owner[starts]] = (np.minimum if least else np.maximum).reduceat(values, starts)
    return found


def _starts(ascending: Figures) -> Rows:
    """Where each different value begins."""
    new = np.ones(len(ascending), bool)
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    return np.flatnonzero(new)


def _of_lines(part: Part, measure: Measure, orders: Rows, lines: Rows | None) -> Figures:
    """Items, or different products, by customer, over the matching lines of the chosen orders."""
    of = part.lines["order"].to_numpy()
    chosen = np.zeros(part.orders.height, bool)
    chosen[orders] = True
    rows = np.flatnonzero(chosen[of]) if lines is None else lines[chosen[of[lines]]]
    owner = part.orders["customer"].to_numpy()[of[rows]]
    if measure is Measure.QUANTITY:
        quantities = np.nan_to_num(part.lines["quantity"].to_numpy()[rows].astype(np.float64))
        return np.round(np.bincount(owner, weights=quantities, minlength=len(part)), DECIMALS)
    of_offers = _product_keys(part)[part.values["offer"]["product"].to_numpy()]
    keys = of_offers[part.lines["offer"].to_numpy()[rows]]
    pairs = pl.DataFrame({"owner": owner, "key": keys}).filter(pl.col("key") > 0).unique()
    return np.bincount(pairs["owner"].to_numpy(), minlength=len(part))


def _product_keys(part: Part) -> Figures:
    """A number for each product code: the same for the same product id, or the same name without an id."""
    products = part.values["product"]
    by_id = pl.concat_str([pl.lit("i"), pl.col("productId")])
    by_name = pl.concat_str([pl.lit("n"), pl.col("product")])
    named = products.select(pl.coalesce(by_id, by_name).alias("key"))["key"]
    return named.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
