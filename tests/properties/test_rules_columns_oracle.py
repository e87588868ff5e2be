"""The columnar engine means what the plain-Python oracle says."""

import tempfile
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import segments
from crm.columnar import nearness
from crm.columnar.evaluate import counted
from tests.columnar_world import evaluated, ids, state
from tests.oracle import World, selected
from tests.properties.rule_strategies import ATTRIBUTES, INSTANTS, NOW, ZONES, rules, worlds
from tests.rule_world import parsed, sets

USED = ["name", "city", "age", "tags", "totalSpent", "lastActive", "accountCreated", "isInactive",
        *(field.name for field in ATTRIBUTES)]  # fmt: skip
_SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_SOME_RULES = st.lists(rules(USED), min_size=3, max_size=6)


@_SETTINGS
@given(world=worlds(USED), trees=_SOME_RULES, zone=ZONES, now=INSTANTS, pieces=st.sampled_from([1, 3]))
def test_the_columns_select_whom_the_oracle_does(
    world: World, trees: list[dict[str, Any]], zone: tzinfo, now: datetime, pieces: int
):
    with tempfile.TemporaryDirectory() as folder:
        crowd = state(Path(folder), world, pieces)
        for tree in trees:
            rule = parsed(world, tree)
            found = evaluated(crowd, world, rule, now, zone)
            assert ids(crowd, found.selected) == selected(tree, world, now, zone), segments.describe(rule)
            assert counted(crowd, found.selected) == len(ids(crowd, found.selected))


@_SETTINGS
@given(world=worlds(USED, 30), tree=rules(USED), zone=ZONES)
def test_near_misses_fail_one_node_alone(world: World, tree: dict[str, Any], zone: tzinfo):
    rule = parsed(world, tree)
    with tempfile.TemporaryDirectory() as folder:
        crowd = state(Path(folder), world)
        given_sets = sets(world, rule, NOW, zone)
        masks = evaluated(crowd, world, rule, NOW, zone).nodes
        misses = nearness.near_misses(crowd, rule, now=NOW, zone=zone, sets=given_sets)
    truth = {path: {row: bool(mask[row]) for row in range(len(mask))} for path, (mask,) in masks.items()}
    for path, number in misses.items():
        outside = [row for row, holds in truth["rules"].items() if not holds]
        turned = sum(_holds(rule, "rules", truth, row, path) for row in outside)
        assert turned == number, path


def _holds(rule: segments.Rule, at: str, truth: dict[str, dict[int, bool]], row: int, turned: str) -> bool:
    """What the rule says of a row if the node at `turned` said the opposite of what it says."""
    if at == turned:
        return not truth[at][row]
    match rule:
        case segments.Group(join, nodes):
            each = [_holds(one, f"{at}.conditions[{i}]", truth, row, turned) for i, one in enumerate(nodes)]
            return {"AND": all(each), "OR": any(each), "NOT": not any(each)}[join]
        case segments.InSegment(rule=inner, inside=inside):
            return _holds(inner, f"{at}.segment", truth, row, turned) is inside
        case _:
            return truth[at][row]


@_SETTINGS
@given(world=worlds(USED, 30), trees=st.lists(rules(USED), min_size=2, max_size=5), zone=ZONES)
def test_regions_part_everybody(world: World, trees: list[dict[str, Any]], zone: tzinfo):
    parsed_rules = [parsed(world, tree) for tree in trees]
    with tempfile.TemporaryDirectory() as folder:
        crowd = state(Path(folder), world, 2)
        found = nearness.regions(
            crowd, parsed_rules, now=NOW, zone=zone,
            sets=[sets(world, rule, NOW, zone) for rule in parsed_rules],
        )  # fmt: skip
    members = [selected(tree, world, NOW, zone) for tree in trees]
    expected = [0] * 2 ** len(trees)
    for key in world.customers:
        expected[sum((key in some) << bit for bit, some in enumerate(members))] += 1
    assert found == expected


_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@_SETTINGS
@given(texts=st.lists(_TEXTS.filter(str.strip), min_size=1, max_size=10))
def test_text_matches_itself_literally(texts: list[str]):
    world = World({f"{number:024x}": {"name": text} for number, text in enumerate(texts)})
    with tempfile.TemporaryDirectory() as folder:
        crowd = state(Path(folder), world)
        for number, text in enumerate(texts):
            for operator in ("equals", "contains", "startsWith", "endsWith"):
                tree = {"type": "condition", "field": "name", "operator": operator, "value": text}
                found = evaluated(crowd, world, parsed(world, tree), NOW, NOW.tzinfo)
                assert f"{number:024x}" in ids(crowd, found.selected), operator
