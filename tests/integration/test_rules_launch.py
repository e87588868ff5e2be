"""Every kind of node can be launched, and what was launched stays as it was."""

from datetime import timedelta

import pytest

from crm import audiences, campaigns, dry_run, planning, rulebook
from crm.auth import Account
from crm.rules.parse import MAX_DEPTH
from crm.settings import settings
from crm.stores import campaigns as store
from crm.stores.connection import Stores
from tests import rule_world
from tests.rule_cases import NOW, WORLD

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
MUGS = {"type": "segment", "segmentId": "mugs", "in": True}


@pytest.fixture
def world(stores: Stores) -> Stores:
    rule_world.store(stores, WORLD)
    return stores


KINDS = {
    "behaviour": {"type": "behaviour", "measure": "count", "operator": "lessThan", "value": 2},
    "top": {"type": "top", "n": 2, "by": "totalSpent", "of": {"type": "everyone"}},
    "segment": MUGS,
    "campaign": {"type": "campaign", "campaignId": "spring", "state": "sent"},
    "list": {"type": "list", "listId": "fair"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_node_is_rehearsed_launched_and_planned_alike(world: Stores, kind: str):
    rules = KINDS[kind]
    *_, ready = dry_run.over(world, {"rules": rules, "messageTemplate": "Hi {name}"}, now=NOW)
    made = campaigns.launch_new(world, name="Now", rules=rules, template="Hi {name}", account=ANNA, now=NOW)
    assert planning.write_audience_down(world, made["_id"], NOW)
    expected = audiences.count(world, rulebook.parse(world, rules), now=NOW, zone=settings().zone)
    stored = store.find(world, made["_id"])
    assert stored["audienceSize"] == made["expectedSize"] == ready.total == expected > 0


def test_a_later_edit_of_an_inner_segment_changes_nothing_launched(world: Stores):
    made = campaigns.launch_new(world, name="Now", rules=MUGS, template="Hi", account=ANNA, now=NOW)
    world.collection("segments").update_one({"_id": "mugs"}, {"$set": {"rules": {"type": "everyone"}}})
    world.collection("segments").delete_one({"_id": "spenders"})
    frozen = rulebook.parse(world, store.find(world, made["_id"])["rules"])
    found = list(audiences.customer_ids(world, frozen, now=NOW + timedelta(0), zone=settings().zone))
    assert found == ["asha", "bala"]
    assert "Mug people" in made["description"]


def test_the_deepest_tree_is_rehearsed(world: Stores):
    tree = {"type": "condition", "field": "name", "operator": "isSet"}
    for _ in range(MAX_DEPTH - 1):
        tree = {"type": "group", "operator": "AND", "conditions": [tree]}
    *_, ready = dry_run.over(world, {"rules": tree, "messageTemplate": "Hi {name} of {city}"}, now=NOW)
    assert ready.total == 4
