"""The door to rule trees: what a segment is made of.

    rule = parse(tree)                              # InvalidRule names the bad node
    customers.find(to_filter(rule, now=now, zone=zone))
    describe(rule)                                  # "Customers who spent more than ₹1,000"

A rule is one of the node kinds of `crm.rules.nodes`. Nothing here reads a database or a clock: what a rule
refers to by id comes with `references`, what it holds of others' collections with `sets`.
`docs/rules.md` gives the JSON and the meaning of every operator.
"""

from collections.abc import Mapping

from crm.errors import InvalidRule
from crm.fields import FIELDS, Field
from crm.rules import parse as _parse
from crm.rules.dump import dump, frozen
from crm.rules.mongo import Filter, IdSet, to_filter
from crm.rules.nodes import (
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
    walk,
)
from crm.rules.operators import Operator, Widget, operator_for, operators_for
from crm.rules.references import NOTHING, References
from crm.rules.sentence import describe

__all__ = [
    "Behaviour", "Condition", "Everyone", "Field", "Filter", "Group", "IdSet", "InCampaign",
    "InList", "InSegment", "InvalidRule", "Join", "Operator", "References", "Rule", "Top", "Widget",
    "describe", "dump", "frozen", "operator_for", "operators_for", "parse", "problems", "to_filter", "walk",
]  # fmt: skip


def parse(
    tree: object,
    fields: Mapping[str, Field] = FIELDS,
    references: References = NOTHING,
    *,
    own_id: str | None = None,
) -> Rule:
    """The rule that this JSON stands for. Raises InvalidRule for the first bad node, with its path.

    An empty group, a missing value, an unknown field, operator or key are refused: everyone is chosen
    by `{"type": "everyone"}` and in no other way. `own_id` is that of the segment whose tree this is, so
    that one which leads back to itself is refused.
    """
    rule, found = _parse.read(tree, fields, references, own_id)
    if rule is None:
        raise found[0]
    return rule


def problems(
    tree: object,
    fields: Mapping[str, Field] = FIELDS,
    references: References = NOTHING,
    *,
    own_id: str | None = None,
) -> list[InvalidRule]:
    """Every bad node of a tree, in its order; none if it can be parsed."""
    return _parse.read(tree, fields, references, own_id)[1]
