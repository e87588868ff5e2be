"""What a campaign could show, before it is launched: how small a difference its groups are large enough for.

A campaign that is too small tells nothing by finding nothing. The share of buyers without it is taken from
the past: how many of the same audience ordered in as long a time before now.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import audiences, segments
from crm.proportions import smallest_difference
from crm.segments import Group, Join, Rule
from crm.stores.connection import Stores

HOPED = 0.05
"""The effect that is asked about: so much more buyers, as a part of those there are anyway."""

_MOST = 1e9  # people: where even these would not do, no number is given


@dataclass(frozen=True, slots=True)
class Power:
    """What two groups of these sizes could show, where the share `base` buys anyway.

    `smallest` is the difference of shares that would be found 8 times in 10, None where none would; `needed`
    are the people in both groups together, shared out as they are, who would show HOPED.
    """

    base: float
    one: int
    other: int
    smallest: float | None
    needed: int | None

    @property
    def enough(self) -> bool:
        """Whether HOPED would be seen."""
        return self.smallest is not None and self.smallest <= HOPED * self.base


def base_rate(stores: Stores, rule: Rule, *, days: int, now: datetime, zone: ZoneInfo) -> float | None:
    """The share of whom the rule selects who ordered in the last so many days; None for nobody."""
    ordered = segments.parse(
        {"type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": 1,
         "within": {"last": {"days": days}}}
    )  # fmt: skip
    # Joined as rules, not as JSON: a tree as deep as may be would be too deep with a level more.
    both = Group(Join.AND, (rule, ordered))
    size, buyers = (
        audiences.preview(stores, each, now=now, zone=zone, charts=(), sample_size=0).size
        for each in (rule, both)
    )
    return min(1.0, buyers / size) if size else None


def between(base: float, one: int, other: int) -> Power:
    """What groups of these sizes could show."""
    smallest = smallest_difference(base, one, other)
    return Power(base, one, other, smallest, _needed(base, one, other))


def against_holdout(base: float, checked: Mapping[str, Any]) -> Power | None:
    """Of those to be messaged against those held out, by a rehearsal (`crm.dry_run`); None without a holdout.

    Whose message can't be written is among those to be messaged, as in `crm.lift`.
    """
    treated, held_out = checked["reachable"] + checked["notRenderable"], checked["heldOut"]
    return between(base, treated, held_out) if treated and held_out else None


def between_variants(base: float, checked: Mapping[str, Any]) -> Power | None:
    """Between the two smallest variants of a rehearsal; None where there are not two."""
    sizes: Sequence[int] = sorted(checked["variants"].values())[:2]
    return between(base, *sizes) if len(sizes) == 2 else None


def _needed(base: float, one: int, other: int) -> int | None:
    """The people who would show HOPED, shared out as these are."""
    hoped = HOPED * base
    if not 0 < base < 1 or base + hoped > 1 or not one or not other:
        return None

    def seen(times: float) -> bool:
        smallest = smallest_difference(base, one * times, other * times)
        return smallest is not None and smallest <= hoped

    low, high = 0.0, _MOST / (one + other)
    if not seen(high):
        return None
    while high - low > high / 1_000:
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return math.ceil(high * (one + other))
