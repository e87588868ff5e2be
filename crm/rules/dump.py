"""From a rule back to its JSON, and the rule as it is at one instant."""

import copy
from dataclasses import replace
from typing import Any, assert_never

from crm.rules.nodes import (
    Absent,
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


def dump(rule: Rule) -> dict[str, Any]:
    """The JSON that the rule was parsed from."""
    node = _dumped(rule)
    return node if rule.id is None else {"id": rule.id, **node}


def _dumped(rule: Rule) -> dict[str, Any]:
    match rule:
        case Everyone():
            return {"type": "everyone"}
        case Group(join, rules):
            return {"type": "group", "operator": str(join), "conditions": [dump(each) for each in rules]}
        case Condition():
            return {"type": "condition", **_dumped_condition(rule)}
        case Behaviour():
            return _dumped_behaviour(rule)
        case Top(n, by, direction, of):
            return {"type": "top", "n": n, "by": by.name, "direction": direction, "of": dump(of)}
        case InSegment(segment_id, inside=inside):
            return {"type": "segment", "segmentId": segment_id, "in": inside}
        case InCampaign(campaign_id, _, state, variant):
            chosen = {"state": state, "variant": variant}
            given = {key: value for key, value in chosen.items() if value is not None}
            return {"type": "campaign", "campaignId": campaign_id, **given}
        case InList(list_id, inside=inside):
            return {"type": "list", "listId": list_id, "in": inside}
        case _:
            assert_never(rule)


def _dumped_condition(condition: Condition) -> dict[str, Any]:
    node: dict[str, Any] = {"field": condition.field.name, "operator": condition.operator.name}
    return node if condition.raw is Absent.ABSENT else {**node, "value": copy.deepcopy(condition.raw)}


def _dumped_behaviour(rule: Behaviour) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "behaviour", "measure": str(rule.measure)}
    if rule.where:
        node["where"] = [
            ({} if each.id is None else {"id": each.id}) | _dumped_condition(each) for each in rule.where
        ]
    if rule.raw_within is not None:
        node["within"] = copy.deepcopy(rule.raw_within)
    return {**node, "operator": rule.operator.name, "value": copy.deepcopy(rule.raw)}


def frozen(rule: Rule) -> Rule:
    """The rule with every segment in it replaced by what that segment says now."""
    match rule:
        case Group(join, rules, node_id):
            return Group(join, tuple(frozen(each) for each in rules), node_id)
        case Top(of=of):
            return replace(rule, of=frozen(of))
        case InSegment(rule=inner, inside=inside, id=node_id):
            return Group(Join.AND if inside else Join.NOT, (frozen(inner),), node_id)
        case _:
            return rule
