"""The sums behind the reports, made in columns: the same rows as `crm.stores.reports` makes in MongoDB.

Rows of all parts are yielded: whoever asks adds up rows of the same key. No customer is in two parts, so
counts of customers add up too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from crm import periods
from crm.columnar import books, encode
from crm.columnar.books import Chunk, Figures
from crm.columnar.columns import Mask
from crm.columnar.parts import Part
from crm.columnar.shelf import State
from crm.scope import NO_CATEGORY, NO_PRODUCT, Catalogue, Scope

Row = dict[str, Any]

_NAMELESS = {"category": NO_CATEGORY, "product": NO_PRODUCT}


def totals(state: State, scope: Scope, catalogue: Catalogue) -> Iterator[Row]:
    """Rows `{revenue, orders, customers}`."""
    for part, live in state.parts:
        for chunk in books.chunks(part, books.asked(part, live, scope, catalogue)):
            yield {
                "revenue": float(chunk.net.sum()),
                "orders": len(chunk.owner),
                "customers": len(chunk.buyers),
            }


def by_period(
    state: State, scope: Scope, catalogue: Catalogue, *, unit: str, zone: ZoneInfo
) -> Iterator[Row]:
    """Rows `{_id: instant at which the period starts, revenue, orders, customers}`; unit day, week, month."""
    for part, live in state.parts:
        asked = books.asked(part, live, scope, catalogue)
        edges = _edges(part.orders["createdAt"].to_numpy(), scope, unit, zone)
        sums = np.zeros((3, len(edges)))
        for chunk in books.chunks(part, asked) if len(edges) else ():
            known = chunk if not np.isnan(chunk.created).any() else _dated(chunk)
            period = np.searchsorted(edges, known.created, side="right") - 1
            sums[0] += np.bincount(period, weights=known.net, minlength=len(edges))
            sums[1] += np.bincount(period, minlength=len(edges))
            first = period[books.starts(known.owner, period)]  # a customer's orders are by date
            sums[2] += np.bincount(first, minlength=len(edges))
        yield from _periods(edges, ("revenue", "orders", "customers"), sums)


def _dated(chunk: Chunk) -> Chunk:
    known = ~np.isnan(chunk.created)
    return Chunk(chunk.owner[known], chunk.created[known], chunk.net[known])


def _periods(edges: Figures, names: Iterable[str], sums: Figures) -> Iterator[Row]:
    for place in np.flatnonzero(sums[-1]):
        named = zip(names, sums[:, place], strict=True)
        yield {"_id": books.instant(edges[place]), **{name: float(value) for name, value in named}}


def _edges(instants: Figures, scope: Scope, unit: str, zone: ZoneInfo) -> Figures:
    """When each period of the zone starts, in milliseconds, from the first to the last of these instants."""
    with np.errstate(invalid="ignore"):
        low, high = (float(ends.reduce(instants, initial=np.nan)) for ends in (np.fmin, np.fmax))
    low = low if scope.start is None else max(low, books.milliseconds(scope.start))
    high = high if scope.end is None else min(high, books.milliseconds(scope.end))
    if not low <= high:
        return np.empty(0)
    return np.array(
        [books.milliseconds(at) for at in periods.starts(books.instant(low), books.instant(high), unit, zone)]
    )


def first_orders_by_period(state: State, scope: Scope, *, unit: str, zone: ZoneInfo) -> Iterator[Row]:
    """Rows `{_id: start of the period, customers}`: those whose first order ever fell into it."""
    for part, live in state.parts:
        firsts = part.column("firstPurchaseDate").to_numpy().astype(np.float64)
        keep = ~np.isnan(firsts) & books.within(firsts, scope)
        people = books.people(part, live, scope)
        if people is not None:
            keep &= people
        firsts = firsts[keep]
        edges = _edges(firsts, scope, unit, zone)
        if len(edges):
            period = np.searchsorted(edges, firsts, side="right") - 1
            yield from _periods(edges, ["customers"], np.bincount(period, minlength=len(edges))[None])


def by_city(state: State, scope: Scope, catalogue: Catalogue) -> Iterator[Row]:
    """Rows `{_id: the folded city, label: one of its spellings, revenue, orders, customers}`.

    Both are None for those without a city.
    """
    for part, live in state.parts:
        revenue, orders = np.zeros(len(part)), np.zeros(len(part), np.int32)
        for chunk in books.chunks(part, books.asked(part, live, scope, catalogue)):
            first = chunk.buyers
            if len(first):
                rows = chunk.owner[first]
                revenue[rows] = np.add.reduceat(chunk.net, first)
                orders[rows] = np.diff(first, append=len(chunk.owner))
        ordered = np.flatnonzero(orders)
        frame = pl.DataFrame(
            [
                _texts(part, "city", ordered), _texts(part, "city.written", ordered),
                pl.Series("revenue", revenue[ordered]), pl.Series("orders", orders[ordered]),
            ]
        )  # fmt: skip
        yield from (
            frame.group_by(pl.col("city").alias("_id"))
            .agg(
                pl.coalesce("city.written", "city").min().alias("label"),
                pl.col("revenue", "orders").sum(),
                pl.len().alias("customers"),
            )
            .to_dicts()
        )


def _texts(part: Part, name: str, rows: Figures) -> pl.Series:
    column = part.column(name)[rows]
    return part.values[name][name].gather(column).rename(name) if name in part.values else column


def by_line(state: State, scope: Scope, catalogue: Catalogue, key: str) -> Iterator[Row]:
    """Rows `{_id: label, revenue, quantity, orders, customers}`; key category or product.

    An order's value is shared out to its lines, so that revenue by category and by product adds up to all
    revenue, discounts and postage included. An order without lines is one of no name.
    """
    for part, live in state.parts:
        names, of_offers = _coded(part, key, catalogue)
        sums = np.zeros((4, len(names)))
        for chunk in books.chunks(part, books.asked(part, live, scope, catalogue), whole=True):
            sums += _of_lines(chunk, of_offers, names.index(_NAMELESS[key]), len(names))
        for place in np.flatnonzero(sums[2]):
            revenue, quantity, orders, customers = sums[:, place].tolist()
            yield {
                "_id": names[place], "revenue": revenue, "quantity": quantity, "orders": orders,
                "customers": customers,
            }  # fmt: skip


def _coded(part: Part, key: str, catalogue: Catalogue) -> tuple[list[str], Figures]:
    """The labels, that of nameless lines among them, and each offer's by its place there."""
    of_products = books.labels(part, key, catalogue)
    codes, names = encode.encode_by(
        of_products, pl.concat([of_products, pl.Series([_NAMELESS[key]])]).unique(maintain_order=True)
    )
    return names[1:].to_list(), books.of_offers(part, codes.to_numpy().astype(np.int64) - 1)


def _of_lines(chunk: Chunk, of_offers: Figures, nameless: int, many: int) -> Figures:
    """Revenue, quantity, orders and customers of a chunk, by label."""
    lines = chunk.lines
    assert lines is not None  # noqa: S101  # the whole was asked for
    bare = np.flatnonzero(np.bincount(lines.of, minlength=len(chunk.owner)) == 0)
    of = np.concatenate([lines.of, bare])
    label = np.concatenate([of_offers[lines.offer], np.full(len(bare), nameless)])
    share = np.concatenate([lines.share, np.ones(len(bare))])
    first = chunk.buyers
    buyer = np.repeat(np.arange(len(first)), np.diff(first, append=len(chunk.owner)))
    return np.stack(
        [
            np.bincount(label, weights=chunk.net[of] * share, minlength=many),
            np.bincount(label[: len(lines.of)], weights=lines.quantity, minlength=many),
            _different(of, label, many),
            _different(buyer[of], label, many),
        ]
    )


def _different(of: Figures, label: Figures, many: int) -> Figures:
    """How many different `of` each label has."""
    fits = len(of) == 0 or (int(of.max()) + 1) * many < 2**31
    kind: Any = np.int32 if fits else np.int64  # half as wide is sorted twice as fast
    pairs = np.sort(of.astype(kind) * kind(many) + label.astype(kind))
    return np.bincount(pairs[books.starts(pairs)] % kind(many), minlength=many)


def line_labels(state: State, catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """The categories and the products that order lines name, by themselves or by the catalogue; the most
    frequent first. What has no name is left out."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in _NAMELESS}
    for part, live in state.parts:
        lines = books.counted_lines(part, live)
        for key, counter in counts.items():
            names, of_offers = _coded(part, key, catalogue)
            for name, count in zip(names, np.bincount(of_offers, lines, len(names)), strict=True):
                counter[name] += int(count)
    for key, nameless in _NAMELESS.items():
        del counts[key][nameless]
    return _most_frequent(counts["category"]), _most_frequent(counts["product"])


def _most_frequent(counts: Counter[str]) -> list[str]:
    return [name for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count]


def texts(state: State, name: str) -> list[str]:
    """The values of a text column, or of tags, most frequent first."""
    counts: Counter[str] = Counter()
    for part, live in state.parts:
        rows = np.arange(len(part)) if live is None else np.flatnonzero(live)
        found = _texts(part, name, rows)
        if found.dtype == pl.List:
            found = found.explode()
        for row in found.drop_nulls().value_counts().iter_rows():
            counts[row[0]] += row[1]
    return _most_frequent(counts)


def extent(state: State) -> tuple[datetime, datetime] | None:
    """When the first and the last order that was not cancelled was placed; None without orders."""
    low, high = np.inf, -np.inf
    for part, live in state.parts:
        for chunk in books.chunks(part, books.asked(part, live, Scope(), Catalogue([], [], []))):
            known = chunk.created[~np.isnan(chunk.created)]
            if len(known):
                low, high = min(low, known.min()), max(high, known.max())
    return (books.instant(low), books.instant(high)) if low <= high else None


def buyers(state: State, scope: Scope, now: datetime) -> Iterator[tuple[Figures, Figures, Figures]]:
    """Last order (milliseconds), orders and spending of the scope's customers who ordered, part by part."""
    for part, live in state.parts:
        last, orders = part.column("lastOrdered").to_numpy(), part.column("orderCount").to_numpy()
        people: Mask | None = books.people(part, live, scope)
        keep = (last <= books.milliseconds(now)) & (orders >= 1)
        if people is not None:
            keep &= people
        spent = part.column("totalSpent").to_numpy()[keep].astype(np.float64)
        yield last[keep].astype(np.float64), orders[keep].astype(np.int64), np.nan_to_num(spent)
