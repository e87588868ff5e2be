"""The node kinds of a rule tree: a closed family."""

from dataclasses import dataclass
from enum import Enum, StrEnum

from crm.fields import Field
from crm.rules.operators import Operator
from crm.rules.values import Value

NodeId = int | float | str | None  # None: the node came without one


class Absent(Enum):
    """What `Condition.raw` is where the JSON has no `value` at all, as `isSet` may."""

    ABSENT = "absent"


class Join(StrEnum):
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


Rule = Condition | Group | Everyone
