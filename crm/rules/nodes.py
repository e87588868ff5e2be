"""The node kinds of a rule tree: a closed family."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal

from crm.fields import LINE_FIELDS, Field
from crm.rules.operators import Operator
from crm.rules.values import Moment, Span, Value

NodeId = int | float | str | None  # None: the node came without one


class Absent(Enum):
    """What `Condition.raw` is where the JSON has no `value` at all, as `isSet` may."""

    ABSENT = "absent"


class Join(StrEnum):
    """How the conditions of a group hold together."""

    AND = "AND"
    OR = "OR"
    NOT = "NOT"  # none of these


@dataclass(frozen=True, slots=True)
class Condition:
    """A field compared with a value. `raw` is the value as it was given, kept for `dump`."""

    field: Field
    operator: Operator
    value: Value
    raw: object
    id: NodeId = None


@dataclass(frozen=True, slots=True)
class Group:
    """One or more rules: all of them hold, any of them, or none."""

    join: Join
    rules: tuple["Rule", ...]
    id: NodeId = None


@dataclass(frozen=True, slots=True)
class Everyone:
    """Every customer, chosen on purpose."""

    id: NodeId = None


class Measure(StrEnum):
    """What a behaviour measures of a customer's matching orders."""

    COUNT = "count"  # orders
    SUM = "sum"  # of the orders' totals, and so the three below
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    QUANTITY = "quantity"  # of the matching lines
    DISTINCT_PRODUCTS = "distinctProducts"
    DAYS_SINCE_FIRST = "daysSinceFirst"
    DAYS_SINCE_LAST = "daysSinceLast"


@dataclass(frozen=True, slots=True)
class Window:
    """The time that orders must lie in: the last so long, or from `start` to `end`, both included."""

    last: Span | None = None
    start: Moment | None = None
    end: Moment | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A measure of the orders that match every condition of `where`, compared with a value.

    Conditions on `crm.fields.LINE_FIELDS` are about one line, and the same line; those on the rest of
    `ORDER_FIELDS` about the order. Cancelled orders don't count unless `where` says something of the
    status. `raw` and `raw_within` are the values as they were given, kept for `dump`.
    """

    measure: Measure
    where: tuple[Condition, ...]
    within: Window | None
    operator: Operator
    value: Value
    raw: object
    raw_within: object = None
    id: NodeId = None

    @property
    def of_lines(self) -> tuple[Condition, ...]:
        """Those of its conditions that are about one line of an order."""
        return tuple(each for each in self.where if each.field.name in LINE_FIELDS)

    @property
    def of_orders(self) -> tuple[Condition, ...]:
        """Those of its conditions that are about the order as a whole."""
        return tuple(each for each in self.where if each.field.name not in LINE_FIELDS)

    @property
    def without_cancelled(self) -> bool:
        """Cancelled orders don't count unless a condition is about the status."""
        return all(each.field.name != "status" for each in self.where)


@dataclass(frozen=True, slots=True)
class Top:
    """The `n` people of `of` with the highest (`desc`) or lowest (`asc`) value in a field, ties by `_id`.

    Who has no value there is in no rank.
    """

    n: int
    by: Field
    direction: Literal["desc", "asc"]
    of: "Rule"
    id: NodeId = None


@dataclass(frozen=True, slots=True)
class InSegment:
    """Who is in another segment, or (`inside` False) who is not: its name and rule as they are now."""

    segment_id: str
    name: str
    rule: "Rule"
    inside: bool = True
    id: NodeId = None


@dataclass(frozen=True, slots=True)
class InCampaign:
    """Who has a delivery of a campaign in this state (sent, failed or skipped), of this variant, or both."""

    campaign_id: str
    name: str
    state: str | None
    variant: str | None = None
    id: NodeId = None


@dataclass(frozen=True, slots=True)
class InList:
    """Who is on a stored list of addresses, or (`inside` False) who is not."""

    list_id: str
    name: str
    inside: bool = True
    id: NodeId = None


Rule = Condition | Group | Everyone | Behaviour | Top | InSegment | InCampaign | InList

ROOT = "rules"


def children(rule: Rule, path: str) -> list[tuple[str, Rule]]:
    """What a node contains, each with its path."""
    match rule:
        case Group(_, rules):
            return [(f"{path}.conditions[{i}]", each) for i, each in enumerate(rules)]
        case Top(of=of):
            return [(f"{path}.of", of)]
        case InSegment(rule=inner):
            return [(f"{path}.segment", inner)]
        case _:
            return []


def walk(rule: Rule, path: str = ROOT) -> Iterator[tuple[str, Rule]]:
    """Every node with its path (`rules.conditions[0].of`), each before what it contains."""
    yield path, rule
    for at, child in children(rule, path):
        yield from walk(child, at)
