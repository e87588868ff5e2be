"""Whom a rule selects in a state, and how many each of its nodes selects alone."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import assert_never
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from crm.columnar.behaviours import behaviour
from crm.columnar.columns import Mask, mask
from crm.columnar.parts import Part
from crm.columnar.ranking import top
from crm.columnar.shelf import State
from crm.rules.moments import Clock
from crm.rules.mongo import IdSet
from crm.rules.nodes import (
    ROOT,
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Rule,
    Top,
)

_KEPT = 4

Masks = list[Mask]  # one for each part of a state, dead rows not left out


@dataclass(slots=True)
class Evaluation:
    """`selected`, and by node path (`rules.conditions[0]`) who that node selects alone."""

    selected: Masks
    nodes: dict[str, Masks] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    state: State
    clock: Clock
    sets: Mapping[str, IdSet]
    nodes: dict[str, Masks] = field(default_factory=dict)

    def node(self, rule: Rule, path: str) -> Masks:
        found = self._found(rule, path)
        self.nodes[path] = found
        return found

    def _found(self, rule: Rule, path: str) -> Masks:
        match rule:
            case Everyone():
                return [np.ones(len(part), bool) for part, _ in self.state.parts]
            case Condition(of, operator, value):
                predicate = operator.asks(value, self.clock)
                found = [mask(part, of.column, predicate) for part, _ in self.state.parts]
                return inverted(found) if operator.negates else found
            case Group(join, rules):
                each = [self.node(child, f"{path}.conditions[{i}]") for i, child in enumerate(rules)]
                return joined(join, each)
            case Behaviour():
                return [behaviour(part, rule, self.clock) for part, _ in self.state.parts]
            case Top(n, by, direction, of):
                return top(self.state, self.node(of, f"{path}.of"), by, n, direction)
            case InSegment(rule=inner, inside=inside):
                found = self.node(inner, f"{path}.segment")
                return found if inside else inverted(found)
            case InList(inside=inside):
                return self._in(self.sets[path], inside=inside)
            case InCampaign():
                return self._in(self.sets[path], inside=True)
            case _:
                assert_never(rule)

    def _in(self, ids: IdSet, *, inside: bool) -> Masks:
        found = [_rows_in(part, ids.ids) for part, _ in self.state.parts]
        return found if inside is not ids.complement else inverted(found)


def evaluate(
    state: State, rule: Rule, *, now: datetime, zone: tzinfo, sets: Mapping[str, IdSet] | None = None
) -> Evaluation:
    """The masks of every node of `rule`, dates read in `zone` at `now` (aware).

    `sets` has the ids of every `InCampaign` and `InList` by its path; KeyError where one is not there.
    """
    walk = _Walk(state, Clock(now, zone), sets or {})
    return Evaluation(walk.node(rule, ROOT), walk.nodes)


def joined(join: Join, each: list[Masks]) -> Masks:
    """What a group of nodes with these masks selects."""
    combine = np.logical_and if join is Join.AND else np.logical_or
    found = [one.copy() for one in each[0]]
    for other in each[1:]:
        for one, more in zip(found, other, strict=True):
            combine(one, more, out=one)
    if join is Join.NOT:
        for one in found:
            np.logical_not(one, out=one)
    return found


def inverted(masks: Masks) -> Masks:
    return [~one for one in masks]


def counted(state: State, masks: Masks) -> int:
    """How many of the living are in the masks."""
    return sum(
        int(np.count_nonzero(one if live is None else one & live))
        for one, (_, live) in zip(masks, state.parts, strict=True)
    )


# Which rows a set of ids has, the last few of each part: sets of a campaign may hold a million ids.
_ROWS: WeakKeyDictionary[Part, deque[tuple[Sequence[str], Mask]]] = WeakKeyDictionary()


def _rows_in(part: Part, ids: Sequence[str]) -> Mask:
    known = _ROWS.setdefault(part, deque(maxlen=_KEPT))
    for same, found in list(known):
        if same is ids:
            return found
    found = np.zeros(len(part), bool)
    found[part.rows_of(pl.Series("_id", ids, dtype=pl.String))] = True
    known.append((ids, found))
    return found
