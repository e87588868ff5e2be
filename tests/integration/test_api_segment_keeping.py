"""Versions, tags, trends and deleted segments by REST."""

import pytest

MORE = {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}
LESS = {**MORE, "operator": "lessThan"}


@pytest.fixture
def marketer(client):
    return client("marketer")


def saved(caller, name="Big", rules=MORE, **other):
    answer = caller.post("/api/segments", json={"name": name, "rules": rules, **other})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_versions_are_listed_compared_and_restored(marketer):
    segment = saved(marketer)
    path = f"/api/segments/{segment['_id']}"
    assert marketer.put(path, json={"rules": LESS}).json()["version"] == 2
    listed = marketer.get(f"{path}/versions?limit=1").json()
    assert [one["version"] for one in listed["items"]] == [2]
    [first] = marketer.get(f"{path}/versions?cursor={listed['next']}").json()["items"]
    assert (first["rules"], first["savedByName"], first["size"]) == (MORE, "marketer", 0)
    found = marketer.get(f"{path}/difference?earlier=1&later=2").json()
    assert found["changes"] == [
        {
            "kind": "changed",
            "path": "rules",
            "before": "spent more than ₹1,000",
            "after": "spent less than ₹1,000",
        }
    ]
    restored = marketer.post(f"{path}/restore", json={"version": 1}).json()
    assert (restored["rules"], restored["version"]) == (MORE, 3)


def test_restoring_over_a_change_by_somebody_else_is_a_conflict(marketer):
    segment = saved(marketer)
    path = f"/api/segments/{segment['_id']}"
    marketer.put(path, json={"rules": LESS})
    answer = marketer.post(f"{path}/restore", json={"version": 1, "updatedAt": segment["updatedAt"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize(("version", "status"), [(7, 404), ("1", 422), (True, 422), (0, 422), (None, 422)])
def test_a_version_that_is_none_is_refused(marketer, version, status):
    path = f"/api/segments/{saved(marketer)['_id']}/restore"
    assert marketer.post(path, json={"version": version}).status_code == status


def test_a_deleted_segment_is_listed_and_restored(marketer):
    path = f"/api/segments/{saved(marketer, tags=['vip'])['_id']}"
    assert marketer.delete(path).status_code == 204
    assert marketer.get(path).status_code == 404
    assert [one["name"] for one in marketer.get("/api/segments?deleted=true").json()["items"]] == ["Big"]
    assert marketer.post(f"{path}/restore", json={}).json()["tags"] == ["vip"]
    assert marketer.get(path).status_code == 200
    assert marketer.post(f"{path}/restore", json={}).status_code == 404


def test_a_segment_in_use_is_not_deleted_and_says_by_what(marketer):
    segment = saved(marketer)
    path = f"/api/segments/{segment['_id']}"
    outer = saved(marketer, "Outer", {"type": "segment", "segmentId": segment["_id"], "in": False})
    draft = {"name": "May sale", "segmentId": segment["_id"], "status": "draft"}
    campaign = marketer.post("/api/campaigns", json=draft).json()
    users = marketer.get(path).json()["usedBy"]
    assert users["segments"] == [{"_id": outer["_id"], "name": "Outer"}]
    assert users["campaigns"] == [{"_id": campaign["_id"], "name": "May sale", "status": "draft"}]
    answer = marketer.delete(path)
    assert answer.status_code == 409
    assert "May sale" in answer.json()["error"]["message"]
    assert "Outer" in answer.json()["error"]["message"]


def test_tags_are_set_and_asked_for(marketer):
    at = saved(marketer, "A", tags=["vip", "Spring"])["_id"]
    saved(marketer, "B", tags=["vip"])
    assert marketer.put(f"/api/segments/{at}", json={"tags": ["vip", "May"]}).json()["tags"] == ["vip", "May"]
    names = [one["name"] for one in marketer.get("/api/segments?tag=VIP&sort=name").json()["items"]]
    assert names == ["A", "B"]
    assert len(marketer.get("/api/segments?tag=vip&tag=may").json()["items"]) == 1
    assert marketer.put(f"/api/segments/{at}", json={"tags": "vip"}).status_code == 422
    assert marketer.get("/api/segments?sort=$where").status_code == 422
