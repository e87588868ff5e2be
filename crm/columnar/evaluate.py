"""Whom a rule selects among a part's customers, and how many each of its nodes selects alone."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import numpy as np

from crm.columnar.columns import Mask, mask
from crm.columnar.parts import Part
from crm.rules.moments import Clock
from crm.rules.nodes import Condition, Everyone, Group, Join, Rule


@dataclass(slots=True)
class Evaluation:
    """Masks of one part: `selected`, and by node path (`rules.conditions[0]`) who that node selects alone."""

    selected: Mask
    nodes: dict[str, Mask] = field(default_factory=dict)


def evaluate(part: Part, rule: Rule, *, now: datetime, zone: tzinfo) -> Evaluation:
    """The masks of every node of `rule`, dates read in `zone` at `now` (aware)."""
    nodes: dict[str, Mask] = {}
    selected = _walk(part, rule, Clock(now, zone), "rules", nodes)
    return Evaluation(selected, nodes)


def _walk(part: Part, rule: Rule, clock: Clock, path: str, nodes: dict[str, Mask]) -> Mask:
    match rule:
        case Everyone():
            found = np.ones(len(part), bool)
        case Condition(condition_field, operator, value):
            found = mask(part, condition_field.name, operator.asks(value, clock))
            if operator.negates:
                found = ~found
        case Group(join, rules):
            each = [
                _walk(part, child, clock, f"{path}.conditions[{i}]", nodes) for i, child in enumerate(rules)
            ]
            found = each[0].copy()
            for other in each[1:]:
                (np.logical_and if join is Join.AND else np.logical_or)(found, other, out=found)
            if join is Join.NOT:
                np.logical_not(found, out=found)
        case _:
            raise TypeError(f"no columns for {type(rule).__name__} yet")
    nodes[path] = found
    return found
