"""The rules that previews are timed with, each beside the same written by hand in NumPy and Polars."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from benchmarks.shop import EPOCH
from crm.columnar.parts import Part

Tree = dict[str, Any]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
ByHand = Callable[["Arrays"], list[Mask]]
"""The masks of every node, the root first."""

_DAY = 86_400_000  # ms
_NOW = EPOCH.timestamp() * 1000


@dataclass(frozen=True, slots=True)
class Arrays:
    """A part's columns as plain arrays, taken out once, as somebody writing by hand would have them."""

    part: Part

    def numbers(self, name: str) -> np.ndarray:
        return self.part.customers[name].to_numpy()

    def codes(self, name: str, *wanted: str) -> Mask:
        """Rows whose text is one of these."""
        values = self.part.values[name][name].to_list()
        codes = self.part.customers[name].to_numpy()
        found = np.zeros(len(codes), bool)
        for one in wanted:
            if one in values:  # a small part may hold nobody with it
                found |= codes == values.index(one)
        return found

    def tagged(self, tag: str) -> Mask:
        values = self.part.values["tags"]["tags"].to_list()
        holds = np.array([bool(value) and tag in value for value in values])
        return holds[self.part.customers["tags"].to_numpy()]

    def texts(self, name: str, asked: Callable[[pl.Series], pl.Series]) -> Mask:
        """Rows whose folded text answers so; a small part keeps any text by code."""
        column = self.part.customers[name]
        if name not in self.part.values:
            return asked(column).fill_null(False).to_numpy()
        return asked(self.part.values[name][name]).fill_null(False).to_numpy()[column.to_numpy()]

    def contains(self, name: str, text: str) -> Mask:
        return self.texts(name, lambda column: column.str.contains(text, literal=True))

    def ends(self, name: str, text: str) -> Mask:
        return self.texts(name, lambda column: column.str.ends_with(text))

    def bought(self, product: str, since: float, times: int) -> Mask:
        """At least so many orders with the product since then."""
        products = (self.part.values["product"]["productId"] == product).fill_null(False).to_numpy()
        offers = products[self.part.values["offer"]["product"].to_numpy()]
        lines = np.flatnonzero(offers[self.part.lines["offer"].to_numpy()])
        orders = np.unique(self.part.lines["order"].to_numpy()[lines])
        orders = orders[self.part.orders["createdAt"].to_numpy()[orders] >= since]
        owners = self.part.orders["customer"].to_numpy()[orders]
        return np.bincount(owners, minlength=len(self.part)) >= times


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    tree: Tree
    by_hand: ByHand


def _is(field: str, operator: str, value: Any) -> Tree:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def _group(operator: str, *conditions: Tree) -> Tree:
    return {"type": "group", "operator": operator, "conditions": list(conditions)}


def _one(made: Callable[[Arrays], Mask]) -> ByHand:
    return lambda arrays: [made(arrays)]


def _and(*made: Callable[[Arrays], Mask]) -> ByHand:
    def masks(arrays: Arrays) -> list[Mask]:
        each = [one(arrays) for one in made]
        return [np.logical_and.reduce(each), *each]

    return masks


def _or_of_ands(arrays: Arrays) -> list[Mask]:
    first = [arrays.numbers("totalSpent") > 20_000, arrays.numbers("visitCount") >= 100]
    second = [arrays.codes("city", "pune"), arrays.numbers("age") < 30]
    both = [np.logical_and.reduce(first), np.logical_and.reduce(second)]
    return [both[0] | both[1], *both, *first, *second]


def _tags_and_not(arrays: Arrays) -> list[Mask]:
    tagged, away = arrays.tagged("vip"), arrays.codes("city", "delhi", "mumbai")
    female = arrays.codes("gender", "female")
    return [tagged & ~away & female, tagged, ~away, away, female]


def _nested(arrays: Arrays) -> list[Mask]:
    active = arrays.numbers("lastActive")
    recent = (active >= _NOW - 90 * _DAY) & (active <= _NOW)
    rich, many = arrays.numbers("totalSpent") >= 15_000, arrays.numbers("orderCount") > 6
    joined = arrays.numbers("accountCreated") < _NOW - 365 * _DAY
    either = rich | many
    inner = either & joined
    return [recent & inner, recent, inner, either, rich, many, joined]


PRODUCT, DAYS, TIMES = "p031", 90, 3
BOUGHT: Tree = {
    "type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": TIMES,
    "where": [{"field": "productId", "operator": "equals", "value": PRODUCT}],
    "within": {"last": {"days": DAYS}},
}  # fmt: skip

SHAPES = (
    Shape(
        "one number", _is("totalSpent", "greaterThan", 20_000),
        _one(lambda a: a.numbers("totalSpent") > 20_000),
    ),
    Shape(
        "and of three",
        _group("AND", _is("totalSpent", "greaterThan", 10_000), _is("city", "in", ["Pune", "Surat"]),
               _is("age", "between", [25, 45])),
        _and(lambda a: a.numbers("totalSpent") > 10_000, lambda a: a.codes("city", "pune", "surat"),
             lambda a: (a.numbers("age") >= 25) & (a.numbers("age") <= 45)),
    ),
    Shape(
        "or of ands",
        _group("OR",
               _group("AND", _is("totalSpent", "greaterThan", 20_000),
                      _is("visitCount", "greaterThanOrEqual", 100)),
               _group("AND", _is("city", "equals", "Pune"), _is("age", "lessThan", 30))),
        _or_of_ands,
    ),
    Shape(
        "tags and not",
        _group("AND", _is("tags", "containsAny", ["vip"]),
               _group("NOT", _is("city", "in", ["Delhi", "Mumbai"])), _is("gender", "equals", "female")),
        _tags_and_not,
    ),
    Shape(
        "nested, dates",
        _group("AND", _is("lastActive", "inTheLast", {"last": {"days": 90}}),
               _group("AND",
                      _group("OR", _is("totalSpent", "greaterThanOrEqual", 15_000),
                             _is("orderCount", "greaterThan", 6)),
                      _is("accountCreated", "olderThan", {"last": {"days": 365}}))),
        _nested,
    ),
    Shape(
        "behaviour", _group("AND", {**BOUGHT, "value": 1}, _is("totalSpent", "greaterThan", 5_000)),
        _and(lambda a: a.bought(PRODUCT, _NOW - DAYS * _DAY, 1), lambda a: a.numbers("totalSpent") > 5_000),
    ),
)  # fmt: skip

TEXT_SHAPES = (
    Shape(
        "e-mail contains", _is("email", "contains", "0012"), _one(lambda a: a.contains("email", "0012")),
    ),
    Shape(
        "name and e-mail",
        _group("AND", _is("name", "contains", "sha"), _is("email", "endsWith", "7@shop.example"),
               _is("totalSpent", "greaterThan", 5_000)),
        _and(lambda a: a.contains("name", "sha"),
             lambda a: a.ends("email", "7@shop.example"),
             lambda a: a.numbers("totalSpent") > 5_000),
    ),
)  # fmt: skip
