"""Hostile rules through the API: a clear 422 with the path, and nothing is touched."""

from typing import Any

import pytest

from crm.stores.connection import Stores
from tests import shop

EVERYONE = {"type": "everyone"}


def condition(**changes: Any) -> dict[str, Any]:
    return {"type": "condition", "field": "name", "operator": "equals", "value": "x"} | changes


def behaviour(**changes: Any) -> dict[str, Any]:
    return {
        "type": "behaviour", "measure": "count", "operator": "greaterThan", "value": 1, **changes,
    }  # fmt: skip


HOSTILE: dict[str, tuple[Any, str]] = {
    "$where as a field": (condition(field="$where", value="sleep(9999)"), "rules.field"),
    "$where as a key": (condition() | {"$where": "1"}, "rules"),
    "a dotted name": (condition(field="folded.name"), "rules.field"),
    "a name with a NUL": (condition(field="name\x00"), "rules.field"),
    "an operator of MongoDB": (condition(operator="$regex", value="(a+)+$"), "rules.operator"),
    "a value that is a query": (condition(value={"$ne": None}), "rules.value"),
    "a list of queries": (condition(operator="in", value=[{"$gt": ""}]), "rules.value"),
    "ten megabytes": (condition(value="x" * 10_000_000), "rules.value"),
    "ten megabytes of items": (condition(operator="in", value=["x" * 900] * 11_000), "rules.value"),
    "a number out of bounds": (condition(field="age", value=10**400), "rules.value"),
    "a length of time out of bounds": (
        condition(field="lastActive", operator="inTheLast", value={"last": {"days": 10**9}}),
        "rules.value",
    ),
    "a kind there is none of": ({"type": "javascript"}, "rules.type"),
    "no tree": ("$where", "rules"),
    "a huge top": ({"type": "top", "n": 10**12, "by": "age", "of": EVERYONE}, "rules.n"),
    "a top by a text": ({"type": "top", "n": 1, "by": "name", "of": EVERYONE}, "rules.by"),
    "a top by a dotted name": ({"type": "top", "n": 1, "by": "opening.$", "of": EVERYONE}, "rules.by"),
    "a behaviour on a dotted name": (
        behaviour(where=[{"field": "products.0.name", "operator": "isSet"}]),
        "rules.where[0].field",
    ),
    "a behaviour with a query": (
        behaviour(where=[{"field": "product", "operator": "equals", "value": {"$gt": ""}}]),
        "rules.where[0].value",
    ),
    "a behaviour of a hundred conditions": (
        behaviour(where=[{"field": "product", "operator": "isSet"}] * 100),
        "rules.where",
    ),
    "a deleted segment": ({"type": "segment", "segmentId": "gone"}, "rules.segmentId"),
    "a segment's id that is a query": ({"type": "segment", "segmentId": {"$ne": 1}}, "rules.segmentId"),
    "a list's id that is a query": ({"type": "list", "listId": {"$ne": 1}}, "rules.listId"),
    "a campaign's id that is a query": (
        {"type": "campaign", "campaignId": {"$ne": 1}, "state": "sent"},
        "rules.campaignId",
    ),
    "a campaign's state that is a query": (
        {"type": "campaign", "campaignId": "x", "state": {"$ne": 1}},
        "rules.state",
    ),
}


@pytest.fixture
def marketer(client, stores: Stores):
    shop.customer(stores, "c1", name="x")
    return client("marketer")


def refused(answer: Any, path: str) -> None:
    assert answer.status_code == 422, answer.text[:300]
    error = answer.json()["error"]
    assert (error["code"], error["fields"][0]["field"]) == ("invalid_rule", path)
    assert len(answer.content) < 5_000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rules_are_refused_at_every_door(marketer, stores: Stores, name: str):
    rules, path = HOSTILE[name]
    if name == "a number out of bounds":  # JSON may hold it, the client's library writes it
        rules = {**rules, "value": "9" * 30}
    refused(marketer.post("/api/audience/preview", json={"rules": rules}), path)
    refused(marketer.post("/api/segments", json={"name": "Bad", "rules": rules}), path)
    refused(marketer.post("/api/audience/explain", json={"rules": rules, "customerId": "c1"}), path)
    refused(marketer.post("/api/campaigns", json={"name": "Bad", "rules": rules}), path)
    for collection in ("segments", "campaigns", "plan", "deliveries"):
        assert stores.collection(collection).count_documents({}) == 0
    assert stores.collection("customers").count_documents({}) == 1


@pytest.mark.parametrize("depth", [60, 1_000])
def test_a_tree_too_deep_is_refused(marketer, depth: int):
    head, tail = '{"type": "group", "operator": "NOT", "conditions": [', "]}"
    tree = head * depth + '{"type": "everyone"}' + tail * depth
    answer = marketer.post("/api/audience/preview", content=f'{{"rules": {tree}}}')
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]


def test_a_pattern_of_a_regex_is_text(marketer):
    for pattern in ("(a+)+$", "^(.*)*$", ".*", "[", "\\"):
        rules = condition(operator="contains", value=pattern)
        assert marketer.post("/api/audience/preview", json={"rules": rules}).json()["size"] == 0


def segment(marketer, name: str, rules: Any) -> str:
    answer = marketer.post("/api/segments", json={"name": name, "rules": rules})
    assert answer.status_code == 201, answer.text
    return answer.json()["_id"]


def inside(segment_id: str) -> dict[str, Any]:
    return {"type": "segment", "segmentId": segment_id, "in": True}


def test_a_segment_that_would_contain_itself_is_refused(marketer):
    one = segment(marketer, "One", EVERYONE)
    refused(marketer.put(f"/api/segments/{one}", json={"rules": inside(one)}), "rules.segmentId")
    two = segment(marketer, "Two", inside(one))
    in_a_group = {"type": "group", "operator": "AND", "conditions": [inside(two)]}
    refused(marketer.put(f"/api/segments/{one}", json={"rules": in_a_group}), "rules.conditions[0].segmentId")
    assert marketer.get(f"/api/segments/{one}").json()["rules"] == EVERYONE


def test_segments_that_lead_to_each_other_in_the_data_are_refused(marketer, stores: Stores):
    one = segment(marketer, "One", EVERYONE)
    two = segment(marketer, "Two", inside(one))
    stores.collection("segments").update_one({"_id": one}, {"$set": {"rules": inside(two)}})
    for tree in (inside(one), inside(two)):
        refused(marketer.post("/api/audience/preview", json={"rules": tree}), "rules.segmentId")
    assert marketer.get(f"/api/segments/{two}/members").status_code == 422


def test_a_segment_that_refers_to_a_deleted_one_says_so(marketer, stores: Stores):
    one = segment(marketer, "One", EVERYONE)
    two = segment(marketer, "Two", inside(one))
    stores.collection("segments").delete_one({"_id": one})
    refused(marketer.get(f"/api/segments/{two}/members"), "rules.segmentId")
    refused(marketer.get(f"/api/segments/{two}/explain/c1"), "rules.segmentId")
    refused(marketer.post("/api/campaigns", json={"name": "C", "segmentId": two}), "rules.segmentId")
    assert stores.collection("campaigns").count_documents({}) == 0
