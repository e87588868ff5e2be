"""The MongoDB filter on a real mongod means what the plain-Python oracle says."""

from datetime import tzinfo
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import segments
from crm.fields import folded_document
from crm.stores.connection import Stores
from tests.oracle import matches
from tests.properties.rule_strategies import NOW, ZONES, conditions, crowd, trees

FIELDS = ["name", "city", "age", "tags", "totalSpent", "lastActive", "accountCreated", "isInactive"]
_SETTINGS = settings(
    max_examples=100,
    deadline=None,  # the first example waits for mongod
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _store(stores: Stores, people: list[dict[str, Any]]) -> None:
    collection = stores.collection("people")
    collection.delete_many({})
    collection.insert_many(
        {"_id": number, **person, "folded": folded_document(person)} for number, person in enumerate(people)
    )


def _found(stores: Stores, tree: dict[str, Any], zone: tzinfo) -> set[int]:
    query = segments.to_filter(segments.parse(tree), now=NOW, zone=zone)
    return {person["_id"] for person in stores.collection("people").find(query, {"_id": 1})}


@_SETTINGS
@given(
    seed=st.integers(0, 2**32),
    rules=st.lists(st.one_of(conditions(FIELDS), trees(FIELDS)), min_size=5, max_size=10),
    zone=ZONES,
)
def test_the_filter_selects_whom_the_oracle_does(
    stores: Stores, seed: int, rules: list[dict[str, Any]], zone: tzinfo
):
    people = crowd(seed, FIELDS)
    _store(stores, people)
    everybody = set(range(len(people)))
    for tree in rules:
        expected = {number for number in everybody if matches(tree, people[number], NOW, zone)}
        difference = [people[number] for number in sorted(_found(stores, tree, zone) ^ expected)]
        assert difference == [], (tree, segments.describe(segments.parse(tree)))
        none_of = {"type": "group", "operator": "NOT", "conditions": [tree]}
        assert _found(stores, none_of, zone) == everybody - expected


_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@_SETTINGS
@given(texts=st.lists(_TEXTS.filter(str.strip), min_size=1, max_size=10))
def test_text_matches_itself_literally(stores: Stores, texts: list[str]):
    _store(stores, [{"name": text} for text in texts])
    for number, text in enumerate(texts):
        for operator in ("equals", "contains", "startsWith", "endsWith"):
            tree = {"type": "condition", "field": "name", "operator": operator, "value": text}
            assert number in _found(stores, tree, NOW.tzinfo), operator
