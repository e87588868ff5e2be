"""The MongoDB filter on a real mongod means what the plain-Python oracle says."""

from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import audience_sets, explain, segments
from crm.columnar.nearness import with_node
from crm.fields import folded_document
from crm.stores import audiences
from crm.stores.connection import Stores
from tests import rule_world
from tests.oracle import World, matches, selected
from tests.properties.rule_strategies import (
    ATTRIBUTES,
    CATALOGUE,
    INSTANTS,
    NOW,
    ZONES,
    conditions,
    crowd,
    rules,
    trees,
    worlds,
)  # fmt: skip

FIELDS = ["name", "city", "age", "tags", "totalSpent", "lastActive", "accountCreated", "isInactive",
          *(field.name for field in ATTRIBUTES)]  # fmt: skip
_SETTINGS = settings(
    max_examples=100,
    deadline=None,  # the first example waits for mongod
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _store(stores: Stores, people: list[dict[str, Any]]) -> None:
    collection = stores.collection("people")
    collection.delete_many({})
    collection.insert_many(
        {"_id": number, **person, "folded": folded_document(person, ATTRIBUTES)}
        for number, person in enumerate(people)
    )


def _found(stores: Stores, tree: dict[str, Any], zone: tzinfo) -> set[int]:
    query = segments.to_filter(segments.parse(tree, CATALOGUE), now=NOW, zone=zone)
    return {person["_id"] for person in stores.collection("people").find(query, {"_id": 1})}


@_SETTINGS
@given(
    seed=st.integers(0, 2**32),
    asked=st.lists(st.one_of(conditions(FIELDS), trees(FIELDS)), min_size=5, max_size=10),
    zone=ZONES,
)
def test_the_filter_selects_whom_the_oracle_does(
    stores: Stores, seed: int, asked: list[dict[str, Any]], zone: tzinfo
):
    people = crowd(seed, FIELDS)
    _store(stores, people)
    everybody = set(range(len(people)))
    for tree in asked:
        expected = {number for number in everybody if matches(tree, people[number], NOW, zone, CATALOGUE)}
        difference = [people[number] for number in sorted(_found(stores, tree, zone) ^ expected)]
        assert difference == [], (tree, segments.describe(segments.parse(tree, CATALOGUE)))
        none_of = {"type": "group", "operator": "NOT", "conditions": [tree]}
        assert _found(stores, none_of, zone) == everybody - expected


@_SETTINGS
@given(world=worlds(FIELDS), trees_=st.lists(rules(FIELDS), min_size=4, max_size=8), zone=ZONES, now=INSTANTS)
def test_every_kind_of_node_selects_whom_the_oracle_does(
    stores: Stores, world: World, trees_: list[dict[str, Any]], zone: tzinfo, now: datetime
):
    rule_world.store(stores, world)
    for tree in trees_:
        rule = rule_world.parsed(world, tree)
        sets = audience_sets.resolve(stores, rule, now=now, zone=zone)
        for path, node in segments.walk(rule):
            expected = selected(segments.dump(node), world, now, zone)
            for most in (100_000, 7):  # in one filter, and in several ranges of ids
                every = list(audience_sets.queries(node, sets, now=now, zone=zone, path=path, most=most))
                found = [key for query in every for key in audiences.ids(stores, query)]
                assert found == sorted(expected), (path, tree, segments.describe(rule))


@_SETTINGS
@given(
    world=worlds(FIELDS, size=20), trees_=st.lists(rules(FIELDS), min_size=3, max_size=6), zone=ZONES,
    at=INSTANTS,
)  # fmt: skip
def test_an_explanation_says_what_the_oracle_does_now_and_when_it_flips(
    stores: Stores, world: World, trees_: list[dict[str, Any]], zone: ZoneInfo, at: datetime
):
    rule_world.store(stores, world)
    for tree in trees_:
        rule = rule_world.parsed(world, tree)
        nodes = {path: segments.dump(node) for path, node in segments.walk(rule)}
        for customer in sorted(world.customers)[:3]:
            found = explain.explain(stores, rule, customer, now=at, zone=zone)
            for verdict in found.verdicts:
                node = nodes[verdict.path]
                now = customer in selected(node, world, at, zone)
                assert verdict.holds is now, (verdict, tree)
                if verdict.flips_at is not None and "top" not in str(node):
                    assert verdict.flips_to is not now
                    before = verdict.flips_at - timedelta(milliseconds=1)
                    assert (customer in selected(node, world, before, zone)) is now, (verdict, tree)
                    after = customer in selected(node, world, verdict.flips_at, zone)
                    assert after is verdict.flips_to, (verdict, tree)


@_SETTINGS
@given(world=worlds(FIELDS, size=30), trees_=st.lists(rules(FIELDS), min_size=2, max_size=4), zone=ZONES)
def test_near_misses_are_those_whom_one_node_alone_keeps_out(
    stores: Stores, world: World, trees_: list[dict[str, Any]], zone: ZoneInfo
):
    rule_world.store(stores, world)
    for tree in trees_:
        rule = rule_world.parsed(world, tree)
        inside = selected(tree, world, NOW, zone)
        for path, people in explain.near_misses(stores, rule, now=NOW, zone=zone).items():
            if ".segment" not in path:  # what a segment says stands elsewhere in JSON
                node = dict(segments.walk(rule))[path]
                turned = with_node(rule, path, segments.Group(segments.Join.NOT, (node,)))
                expected = selected(segments.dump(turned), world, NOW, zone) - inside
                assert people == len(expected), (path, tree)


_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@_SETTINGS
@given(texts=st.lists(_TEXTS.filter(str.strip), min_size=1, max_size=10))
def test_text_matches_itself_literally(stores: Stores, texts: list[str]):
    _store(stores, [{"name": text} for text in texts])
    for number, text in enumerate(texts):
        for operator in ("equals", "contains", "startsWith", "endsWith"):
            tree = {"type": "condition", "field": "name", "operator": operator, "value": text}
            assert number in _found(stores, tree, NOW.tzinfo), operator
