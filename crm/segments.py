"""The door to rule trees: what a segment is made of.

    rule = parse(tree)                              # InvalidRule names the bad node
    customers.find(to_filter(rule, now=now, zone=zone))
    describe(rule)                                  # "Customers who spent more than ₹1,000"

A rule is a `Condition`, a `Group` or `Everyone`. Nothing here reads a database or a clock.
`docs/rules.md` gives the JSON and the meaning of every operator.
"""

from collections.abc import Mapping
from typing import Any

from crm.errors import InvalidRule
from crm.fields import FIELDS, Field
from crm.rules import parse as _parse
from crm.rules.mongo import Filter, to_filter
from crm.rules.nodes import Condition, Everyone, Group, Join, Rule
from crm.rules.operators import Operator, Widget, operator_for, operators_for
from crm.rules.sentence import describe

__all__ = [
    "Condition", "Everyone", "Field", "Filter", "Group", "InvalidRule", "Join", "Operator", "Rule", "Widget",
    "describe", "dump", "operator_for", "operators_for", "parse", "problems", "to_filter",
]  # fmt: skip


def parse(tree: object, fields: Mapping[str, Field] = FIELDS) -> Rule:
    """The rule that this JSON stands for. Raises InvalidRule for the first bad node, with its path.

    An empty group, a missing value, an unknown field, operator or key are refused: everyone is chosen
    by `{"type": "everyone"}` and in no other way.
    """
    rule, found = _parse.read(tree, fields)
    if rule is None:
        raise found[0]
    return rule


def problems(tree: object, fields: Mapping[str, Field] = FIELDS) -> list[InvalidRule]:
    """Every bad node of a tree, in its order; none if it can be parsed."""
    return _parse.read(tree, fields)[1]


def dump(rule: Rule) -> dict[str, Any]:
    """The JSON of a rule: `dump(parse(tree)) == tree`, ids and spelling of values included."""
    return _parse.dump(rule)
