"""Why somebody is in an audience, with his own values and when time will change it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import explain, rulebook
from crm.errors import NotFound
from crm.stores.connection import Stores
from tests import shop
from tests.rule_cases import CASES, CUSTOMERS, NOW, WORLD
from tests.rule_world import parsed, store

UTC_ZONE = ZoneInfo("UTC")
TOP = {"type": "top", "n": 1, "by": "totalSpent", "of": {"type": "everyone"}}
FAILED = {"type": "campaign", "campaignId": "spring", "state": "failed"}
MUGS = {
    "type": "behaviour", "measure": "count",
    "where": [{"field": "product", "operator": "equals", "value": "Mug"}],
    "within": {"last": {"months": 1}}, "operator": "greaterThanOrEqual", "value": 2,
}  # fmt: skip
SPENT = {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}
ACTIVE = {
    "type": "condition",
    "field": "lastActive",
    "operator": "inTheLast",
    "value": {"last": {"days": 30}},
}


@pytest.fixture
def world(stores: Stores) -> Stores:
    store(stores, WORLD)
    return stores


def why(stores: Stores, tree: dict[str, Any], customer: str = "asha") -> explain.Explanation:
    rule = rulebook.parse(stores, tree)
    return explain.explain(stores, rule, customer, now=NOW, zone=UTC_ZONE)


def both(*trees: dict[str, Any], join: str = "AND") -> dict[str, Any]:
    return {"type": "group", "operator": join, "conditions": list(trees)}


def test_every_case_is_explained_as_it_is(world: Stores):
    wrong = []
    for case in CASES:
        rule = parsed(WORLD, case.rule)
        for customer in CUSTOMERS:
            found = explain.explain(world, rule, customer, now=case.now, zone=case.zone)
            if found.inside is not (customer in case.matches):
                wrong.append((case.name, customer))
    assert wrong == []


def test_a_verdict_a_node_with_his_own_value(world: Stores):
    found = why(world, both(SPENT, ACTIVE, MUGS))
    assert [(one.path, one.holds, one.own) for one in found.verdicts] == [
        ("rules", True, "3 of 3 hold"),
        ("rules.conditions[0]", True, "₹12,500.5"),
        ("rules.conditions[1]", True, "29 June 2026, 12:00"),
        ("rules.conditions[2]", True, "2 matching orders, the last on 30 June 2026"),
    ]
    assert found.verdicts[1].sentence == "Customers who spent more than ₹1,000"
    assert found.customer["name"] == "Asha Rao"


def test_what_the_passing_of_time_will_change(world: Stores):
    whole, spent, active, mugs = why(world, both(SPENT, ACTIVE, MUGS)).verdicts
    assert (spent.flips_at, spent.flips_to) == (None, None)
    assert active.flips_at == datetime(2026, 7, 29, 12, 0, 0, 1000, tzinfo=UTC)
    assert mugs.flips_at == datetime(2026, 7, 1, 12, 0, 0, 1000, tzinfo=UTC)  # a month after 1 June
    assert (whole.flips_at, whole.flips_to) == (mugs.flips_at, False)


def test_somebody_comes_in_by_the_passing_of_time(world: Stores):
    older = {**ACTIVE, "operator": "olderThan"}
    [found] = why(world, older).verdicts
    assert (found.holds, found.flips_at, found.flips_to) == (
        False,
        datetime(2026, 7, 29, 12, 0, 0, 1000, tzinfo=UTC),
        True,
    )


@pytest.mark.parametrize(
    ("customer", "tree", "own"),
    [
        ("newcomer", MUGS, "no matching order"),
        ("newcomer", SPENT | {"field": "city", "operator": "isSet", "value": None}, "no value"),
        ("wrong", SPENT, "no value"),
        ("asha", MUGS | {"measure": "sum", "within": None},
         "₹2,000.5 in 2 matching orders, the last on 30 June 2026"),
        ("asha", {"type": "behaviour", "measure": "daysSinceFirst", "operator": "lessThan", "value": 40},
         "30 days ago; 3 matching orders, the last on 30 June 2026"),
        ("bala", TOP, "₹1,000, rank 2"),
        ("nulls", TOP, "no value, in no rank"),
        ("asha", FAILED, "sent, variant A"),
        ("blanks", FAILED, "no message of that campaign"),
        ("bala", {"type": "list", "listId": "fair", "in": False}, "on the list as b-77"),
        ("zoe", {"type": "list", "listId": "fair", "in": False}, "not on the list"),
        ("asha", {"type": "segment", "segmentId": "spenders", "in": False}, "in that segment"),
        ("asha", SPENT | {"field": "tags", "operator": "containsAny", "value": "vip"}, "VIP, Gold"),
        ("asha", SPENT | {"field": "isInactive", "operator": "equals", "value": True}, "no"),
    ],
)  # fmt: skip
def test_own_values_in_words(world: Stores, customer: str, tree: dict[str, Any], own: str):
    assert why(world, tree, customer).verdicts[0].own == own


def test_nobody_is_not_explained(stores: Stores):
    with pytest.raises(NotFound):
        why(stores, SPENT, "nobody")


def test_near_misses_count_who_fails_one_node_alone(world: Stores):
    rule = rulebook.parse(world, both(SPENT, {**ACTIVE}, join="AND"))
    found = explain.near_misses(world, rule, now=NOW, zone=UTC_ZONE)
    # bala was active and spent just too little; nobody spent enough and was away.
    assert found["rules.conditions[0]"] == 1
    assert found["rules.conditions[1]"] == 0


def test_the_api_explains_segments_and_rules(client, stores: Stores):
    shop.customer(stores, "c1", name="Asha", totalSpent=1500.0)
    marketer = client("marketer")
    made = marketer.post("/api/segments", json={"name": "Spenders", "rules": SPENT})
    assert made.status_code == 201, made.text
    answer = marketer.get(f"/api/segments/{made.json()['_id']}/explain/c1")
    assert answer.status_code == 200
    assert answer.json()["inside"] is True
    assert answer.json()["verdicts"][0]["own"] == "₹1,500"
    same = marketer.post("/api/audience/explain", json={"rules": SPENT, "customerId": "c1"}).json()
    assert same["verdicts"] == answer.json()["verdicts"]
    assert marketer.post("/api/audience/explain", json={"rules": SPENT, "customerId": "x"}).status_code == 404
    assert marketer.post("/api/audience/explain", json={"rules": SPENT}).status_code == 422
    bad = marketer.post("/api/audience/explain", json={"rules": {}, "customerId": "c1"})
    assert bad.json()["error"]["fields"][0]["field"] == "rules.type"
