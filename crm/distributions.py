"""What is asked about an audience, and the shape of the answer, whichever engine gives it."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Values:
    """A distribution by value, of text, tags or booleans; `name` is the field's column, as in the others."""

    name: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A distribution of numbers by steps: bar k holds `edges[k] <= x < edges[k + 1]`."""

    name: str
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Months:
    """A distribution of instants by calendar month in a zone, counted from year 0: year * 12 + month - 1."""

    name: str
    zone: str


Distribution = Values | Steps | Months


@dataclass(slots=True)
class Facts:
    """Exact answers about an audience, from either engine.

    `nodes` counts who each node of the rule selects alone, by its path (`crm.rules.nodes.walk`); `steps` has
    the sizes after the first condition of the root group, the first two and so on: what is left of
    everybody for AND and NOT, what has come together for OR; empty where the root is no group. `within`
    counts who of the audience each of some other rules holds for. `bars[distribution]` maps a value, a
    step's index or a month to a number of customers, None being those without a value. `sample` holds ids,
    those with the smallest random bucket.
    """

    size: int = 0
    total: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    nodes: Counter[str] = field(default_factory=Counter)
    steps: list[int] = field(default_factory=list)
    within: dict[str, int] = field(default_factory=dict)
    bars: dict[Distribution, Counter[Hashable]] = field(default_factory=dict)
    sample: list[str] = field(default_factory=list)
