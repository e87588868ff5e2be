"""The orders of a report's scope, in chunks of whole customers: who, when, what they were worth.

A chunk is small enough to stay in a processor's cache, so that a report over millions of orders takes a few
megabytes beside the columns, whatever their number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from crm.columnar.columns import Mask, mask
from crm.columnar.parts import Part
from crm.fields import fold
from crm.rules.predicates import OneOf, Tags
from crm.scope import NO_CATEGORY, NO_PRODUCT, Catalogue, Scope

Figures = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 2**14  # orders
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A scope as one part understands it: who counts (None: all), and which offers do."""

    scope: Scope
    people: Mask | None
    offers: Mask | None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a chunk: the place of their order in it, their offer, quantity, and share of the order."""

    of: Figures
    offer: Figures
    quantity: Figures
    share: Figures


@dataclass(frozen=True, slots=True)
class Chunk:
    """Orders of the scope by customer and date: his row, the instant, and what counts of it.

    `net` is the part of the wanted lines where a scope is of lines, unless the whole was asked for; `lines`
    are the wanted ones, there when the whole was asked for.
    """

    owner: Figures
    created: Figures
    net: Figures
    lines: Lines | None = None

    @property
    def buyers(self) -> Figures:
        """The places at which another customer's orders begin."""
        return starts(self.owner)


def starts(*columns: Figures) -> Figures:
    """Where any of these columns differs from the row before."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def milliseconds(at: datetime) -> float:
    return (at - _EPOCH) / _MILLISECOND


def within(instants: Figures, scope: Scope) -> Mask:
    """Which instants lie in the scope's bounds; those that are not known do where it has none."""
    found = np.ones(len(instants), bool)
    if scope.start is not None:
        found &= instants >= milliseconds(scope.start)
    if scope.end is not None:
        found &= instants < milliseconds(scope.end)
    return found


def instant(at: float) -> datetime:
    return _EPOCH + float(at) * _MILLISECOND


def asked(part: Part, live: Mask | None, scope: Scope, catalogue: Catalogue) -> Asked:
    """What the scope asks of a part."""
    offers = _offers(part, scope, catalogue) if scope.of_lines else None
    return Asked(scope, people(part, live, scope), offers)


def people(part: Part, live: Mask | None, scope: Scope) -> Mask | None:
    """The living customers of the scope's cities and tags; None where that is everybody."""
    found = live
    for name, wanted in (
        ("city", OneOf(tuple(fold(city) for city in scope.cities))),
        ("tags", Tags("any", tuple(fold(tag) for tag in scope.tags))),
    ):
        if wanted.values:
            here = mask(part, name, wanted)
            found = here if found is None else found & here
    return found


def labels(part: Part, key: str, catalogue: Catalogue) -> pl.Series:
    """What each product of a part is called, as its line says or else the catalogue; key category or product.

    Texts are as written.
    """
    known = pl.DataFrame(
        [
            pl.Series("productId.written", catalogue.ids, dtype=pl.String),
            pl.Series("known", catalogue.names if key == "product" else catalogue.categories, pl.String),
        ]
    )
    products = part.values["product"].join(known, on="productId.written", how="left", maintain_order="left")
    if key == "category":
        return products.select(pl.coalesce("category.written", "known", pl.lit(NO_CATEGORY)))[
            "category.written"
        ]
    return products.select(
        pl.coalesce("product.written", "known", "productId.written", pl.lit(NO_PRODUCT))
    )["product.written"]  # fmt: skip


def of_offers(part: Part, of_products: Figures) -> Figures:
    """What holds for products, for each of their offers."""
    return of_products[part.values["offer"]["product"].to_numpy()]


def _offers(part: Part, scope: Scope, catalogue: Catalogue) -> Mask:
    wanted = np.ones(part.values["product"].height, bool)
    for key, names in (("category", scope.categories), ("product", scope.products)):
        if names:
            wanted &= labels(part, key, catalogue).is_in(list(names)).to_numpy()
    return of_offers(part, wanted)


def chunks(part: Part, asked: Asked, *, whole: bool = False) -> Iterator[Chunk]:
    """The scope's orders that were not cancelled. `whole` keeps lines, and the value of the whole order."""
    counted = _counted(part)
    owners = part.orders["customer"].to_numpy()
    prices = _known(part.values["offer"]["price"].to_numpy(), 0.0)
    for low, high in _cuts(owners):
        owner, created = owners[low:high], part.orders["createdAt"].to_numpy()[low:high]
        keep = counted[part.orders["status"].to_numpy()[low:high]] & within(created, asked.scope)
        if asked.people is not None:
            keep &= asked.people[owner]
        net = _net(part, low, high)
        lines = lines_of(part, prices, low, high) if whole or asked.offers is not None else None
        if lines is not None and asked.offers is not None:
            lines = _chosen(lines, asked.offers[lines.offer])
            share = np.bincount(lines.of, weights=lines.share, minlength=high - low)
            keep &= np.bincount(lines.of, minlength=high - low) > 0
            net = net if whole else net * share
        if whole and lines is not None:
            place = np.cumsum(keep, dtype=np.int32) - 1
            lines = _chosen(lines, keep[lines.of])
            lines = Lines(place[lines.of], lines.offer, lines.quantity, lines.share)
        yield Chunk(owner[keep], created[keep], net[keep], lines if whole else None)


def _cuts(owners: Figures) -> Iterator[tuple[int, int]]:
    """Rows from … to, so that all orders of a customer are together."""
    low = 0
    while low < len(owners):
        high = len(owners)
        if low + _CHUNK < high:
            last = owners[low + _CHUNK]
            high = int(np.searchsorted(owners, last))
            if high == low:
                high = int(np.searchsorted(owners, last, side="right"))
        yield low, high
        low = high


def counted_lines(part: Part, live: Mask | None) -> Figures:
    """How many lines of orders that were not cancelled each offer has."""
    found = np.zeros(part.values["offer"].height, np.int64)
    counted = _counted(part)
    owners = part.orders["customer"].to_numpy()
    for low, high in _cuts(owners):
        keep = counted[part.orders["status"].to_numpy()[low:high]]
        if live is not None:
            keep &= live[owners[low:high]]
        first, last = _between(part.lines["order"].to_numpy(), low, high)
        of = part.lines["order"].to_numpy()[first:last] - low
        offer = part.lines["offer"].to_numpy()[first:last]
        found += np.bincount(offer[keep[of]], minlength=len(found))
    return found


def _counted(part: Part) -> Mask:
    """Which codes of a status are of orders that count."""
    found: Mask = (part.values["status"]["status"] != "cancelled").fill_null(True).to_numpy()
    return found


def _between(ascending: Figures, low: int, high: int) -> tuple[int, int]:
    """Where the values from `low` to below `high` are. With numbers of another type all would be copied."""
    first, last = np.searchsorted(ascending, np.array([low, high], ascending.dtype)).tolist()
    return first, last


def _net(part: Part, low: int, high: int) -> Figures:
    net = _known(part.orders["total"].to_numpy()[low:high], 0.0)
    rows = part.refunds["order"].to_numpy()
    first, last = _between(rows, low, high)
    net[rows[first:last] - np.uint32(low)] -= part.refunds["refund"].to_numpy()[first:last]
    return net


def lines_of(part: Part, prices: Figures, low: int, high: int) -> Lines:
    """The lines of the orders in these rows; `prices` are those of all offers.

    An order is shared out by quantity × price, by quantity where nothing is priced, else evenly.
    """
    orders = part.lines["order"].to_numpy()
    first, last = _between(orders, low, high)
    of, offer = orders[first:last] - low, part.lines["offer"].to_numpy()[first:last]
    quantity = _known(part.lines["quantity"].to_numpy()[first:last], 1.0)
    weights = quantity * prices[offer]
    for instead in (quantity, 1.0):
        poor = (np.bincount(of, weights=weights, minlength=high - low) <= 0)[of]
        if not poor.any():
            break
        weights = np.where(poor, instead, weights)
    share = weights / np.bincount(of, weights=weights, minlength=high - low)[of]
    return Lines(of, offer, quantity, share)


def _known(values: Figures, missing: float) -> Figures:
    """As doubles, with this for what is missing."""
    found: Figures = values.astype(np.float64)
    if values.dtype.kind == "f":
        found[np.isnan(found)] = missing
    return found


def _chosen(lines: Lines, keep: Mask) -> Lines:
    if keep.all():
        return lines
    return Lines(lines.of[keep], lines.offer[keep], lines.quantity[keep], lines.share[keep])
