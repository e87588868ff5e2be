"""Campaigns by REST: the original's bodies, one error shape, who may do what."""

from datetime import timedelta

import pytest

from crm import library
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import streams
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


@pytest.fixture
def marketer(client):
    return client("marketer")


def segment(stores):
    return library.save(stores, name="All", rules=EVERYONE, account=MARKETER, now=NOW, zone=settings().zone)[
        "_id"
    ]


def launched(stores, marketer, size=30, **body):
    crowd(stores, size)
    body = {"name": "Sale", "segmentId": segment(stores), "messageTemplate": "Hi {name}"} | body
    answer = marketer.post("/api/campaigns", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["_id"]


def test_a_posted_campaign_is_launched_at_once_and_its_figures_are_true(stores, marketer):
    campaign_id = launched(stores, marketer)
    Hands(stores).finish()
    stats = marketer.get(f"/api/campaigns/{campaign_id}/stats").json()
    assert (stats["status"], stats["total"], stats["pending"]) == ("finished", 30, 0)
    assert stats["sent"] + stats["failed"] == 30
    campaign = marketer.get(f"/api/campaigns/{campaign_id}").json()
    assert campaign["audienceSize"] == 30
    assert (campaign["sentCount"], campaign["failedCount"]) == (stats["sent"], stats["failed"])
    assert marketer.get("/api/campaigns").json()["items"] == [campaign]


def test_a_draft_waits_for_its_launch(stores, marketer):
    campaign_id = launched(stores, marketer, status="draft")
    assert marketer.get(f"/api/campaigns/{campaign_id}/stats").json()["status"] == "draft"
    changed = marketer.put(f"/api/campaigns/{campaign_id}", json={"name": "Better"}).json()
    assert changed["name"] == "Better"
    assert marketer.post(f"/api/campaigns/{campaign_id}/launch").json()["status"] == "planning"
    again = marketer.post(f"/api/campaigns/{campaign_id}/launch")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_transition")
    assert marketer.delete(f"/api/campaigns/{campaign_id}").status_code == 409


def test_a_time_schedules_the_launch_and_can_be_called_back(stores, marketer):
    soon = (utc_now() + timedelta(days=1)).replace(tzinfo=None).isoformat()
    campaign_id = launched(stores, marketer, scheduledAt=soon, freeze="now")
    path = f"/api/campaigns/{campaign_id}"
    campaign = marketer.get(path).json()
    assert (campaign["status"], campaign["freeze"]) == ("scheduled", "now")
    assert campaign["scheduledAt"].startswith(soon[:19])
    assert marketer.put(path, json={"name": "Later"}).status_code == 409
    back = marketer.post(f"{path}/unschedule").json()
    assert (back["status"], back["scheduledAt"], back["rules"]) == ("draft", None, None)
    assert marketer.post(f"{path}/unschedule").status_code == 409
    again = marketer.post(f"{path}/schedule", json={"scheduledAt": soon})
    assert (again.json()["status"], again.json()["freeze"]) == ("scheduled", "start")
    assert marketer.post(f"{path}/launch").json()["status"] == "planning"


def test_the_message_may_be_left_out(stores, marketer):
    campaign_id = launched(stores, marketer, messageTemplate=None)
    Hands(stores).finish()
    log = marketer.get(f"/api/campaigns/{campaign_id}/deliveries").json()["items"]
    assert log[0]["body"] == f"Hi {log[0]['name']}, here's 10% off on your next order!"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"segmentId": None}, "segmentId"),
        ({"messageTemplate": "Hi {nme}"}, "messageTemplate"),
        ({"messageTemplate": " "}, "messageTemplate"),
        ({"status": "running"}, "status"),
        ({"scheduledAt": "2020-01-01T00:00:00Z"}, "scheduledAt"),
        ({"scheduledAt": "tomorrow"}, "scheduledAt"),
        ({"scheduledAt": "2099-01-01"}, "scheduledAt"),
        ({"scheduledAt": 5}, "scheduledAt"),
        ({"scheduledAt": "2030-01-01T00:00", "status": "draft"}, "status"),
        ({"segmentId": None, "rules": {"type": "group", "operator": "AND", "conditions": []}},
         "rules.conditions"),
        ({"segmentId": None, "rules": {"type": "condition", "field": "city", "operator": "equals",
                                       "value": ""}}, "rules.value"),
        ({"segmentId": None, "rules": {"type": "condition", "field": "shoe", "operator": "equals",
                                       "value": 3}}, "rules.field"),
    ],
)  # fmt: skip
def test_what_can_not_be_launched_is_422_names_the_field_and_leaves_nothing(stores, marketer, body, field):
    crowd(stores, 3)
    body = {"name": "Sale", "segmentId": segment(stores), "messageTemplate": "Hi"} | body
    answer = marketer.post("/api/campaigns", json=body)
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["error"]["fields"]] == [field]
    assert marketer.get("/api/campaigns").json()["items"] == []


def test_an_unknown_segment_or_campaign_is_404(marketer):
    body = {"name": "Sale", "segmentId": "nobody", "messageTemplate": "Hi"}
    assert marketer.post("/api/campaigns", json=body).status_code == 404
    assert marketer.get("/api/campaigns/nobody/stats").status_code == 404
    assert marketer.post("/api/campaigns/nobody/pause").status_code == 404


def test_a_campaign_is_paused_resumed_cancelled_and_retried(stores, marketer):
    campaign_id = launched(stores, marketer, size=700)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    path = f"/api/campaigns/{campaign_id}"
    assert marketer.post(f"{path}/pause").json()["status"] == "paused"
    hands.finish()
    assert marketer.get(f"{path}/stats").json()["pending"] == 700
    assert marketer.post(f"{path}/resume").json()["status"] == "running"
    hands.finish()
    assert marketer.post(f"{path}/retry").json()["status"] == "running"
    hands.finish()
    assert marketer.post(f"{path}/cancel").status_code == 409


def test_the_log_is_paged_filtered_searched_and_exported(stores, marketer):
    campaign_id = launched(stores, marketer, size=120)
    Hands(stores).finish()
    path = f"/api/campaigns/{campaign_id}/deliveries"
    first = marketer.get(path, params={"limit": 100}).json()
    rest = marketer.get(path, params={"limit": 100, "cursor": first["next"]}).json()
    assert len(first["items"]) + len(rest["items"]) == 120
    assert rest["next"] is None
    failed = marketer.get(path, params={"state": "failed"}).json()["items"]
    assert {row["state"] for row in failed} == {"failed"}
    assert all(row["reason"] for row in failed)
    found = marketer.get(path, params={"search": "person 00007"}).json()["items"]
    assert [row["name"] for row in found] == ["Person 00007"]
    text = marketer.get(path, params={"format": "csv"})
    assert text.headers["content-type"].startswith("text/csv")
    assert text.text.count("\r\n") == 121
    assert marketer.get(path, params={"state": "lost"}).status_code == 422


def test_receipts_settle_in_any_order_and_number(stores, client, marketer):
    campaign_id = launched(stores, marketer, size=4)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    hands.take(streams.RECEIPTS)  # the simulated vendor's own are lost
    vendor = client("vendor")
    log = marketer.get(f"/api/campaigns/{campaign_id}/deliveries").json()["items"]
    told = [(log[0]["_id"], "SENT"), (log[1]["_id"], "FAILED"), (f"{log[2]['_id']}:1", "sent")]
    for log_id, status in [*told, *reversed(told)]:
        body = {"communicationLogId": log_id, "status": status, "vendorMessageId": f"m-{log_id}"}
        assert vendor.post("/api/delivery-receipt", json=body).status_code == 202
    hands.finish()
    stats = marketer.get(f"/api/campaigns/{campaign_id}/stats").json()
    assert (stats["sent"], stats["failed"], stats["pending"]) == (2, 1, 1)
    row = marketer.get(f"/api/campaigns/{campaign_id}/deliveries").json()["items"][0]
    assert row["vendorMessageId"] == f"m-{row['_id']}"


def test_a_late_receipt_of_the_first_attempt_leaves_the_second_alone(stores, client, marketer):
    campaign_id = launched(stores, marketer, size=1)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    hands.take(streams.RECEIPTS)
    vendor = client("vendor")
    log_id = marketer.get(f"/api/campaigns/{campaign_id}/deliveries").json()["items"][0]["_id"]
    body = {"communicationLogId": log_id, "status": "FAILED", "vendorMessageId": "first"}
    vendor.post("/api/delivery-receipt", json=body)
    hands.finish()
    marketer.post(f"/api/campaigns/{campaign_id}/retry")
    hands.step(streams.PLAN)
    vendor.post("/api/delivery-receipt", json=body)
    hands.step(streams.RECEIPTS)
    assert marketer.get(f"/api/campaigns/{campaign_id}/stats").json()["pending"] == 1
    vendor.post("/api/delivery-receipt", json=body | {"status": "SENT", "vendorMessageId": "second"})
    hands.step(streams.RECEIPTS)
    assert marketer.get(f"/api/campaigns/{campaign_id}/stats").json()["sent"] == 1


def test_a_receipt_that_makes_no_sense_is_refused(stores, client, marketer):
    campaign_id = launched(stores, marketer, size=1)
    Hands(stores).finish()
    vendor = client("vendor")
    log_id = marketer.get(f"/api/campaigns/{campaign_id}/deliveries").json()["items"][0]["_id"]
    bad = vendor.post("/api/delivery-receipt", json={"communicationLogId": log_id, "status": "DELIVERED"})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (422, "status")
    assert vendor.post("/api/delivery-receipt", json={"status": "SENT"}).status_code == 422
    missing = {"communicationLogId": "a:b", "status": "SENT"}
    assert vendor.post("/api/delivery-receipt", json=missing).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "writes", "reports"),
    [
        ("marketer", 200, 422, 403),
        ("analyst", 200, 403, 403),
        ("uploader", 403, 403, 403),
        ("vendor", 403, 403, 422),
        (None, 401, 401, 401),
    ],
)
def test_who_may_do_what(client, role, reads, writes, reports):
    caller = client(role)
    assert caller.get("/api/campaigns").status_code == reads
    assert caller.post("/api/campaigns", json={}).status_code == writes
    assert caller.post("/api/campaigns/x/launch").status_code == (404 if writes == 422 else writes)
    assert caller.post("/api/delivery-receipt", json={}).status_code == reports


def test_messages_are_drafted_from_a_brief_and_only_for_marketers(stores, marketer, client, monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    crowd(stores, 4)
    body = {"brief": "Diwali sale, 20% off", "segmentId": segment(stores), "channel": "sms", "language": None}
    found = marketer.post("/api/campaigns/write", json=body).json()
    assert (found["source"], found["goal"], found["audience"]) == ("templates", "festival", 4)
    first = found["messages"][0]
    assert "20% off" in first["messageTemplate"] and "subject" not in first
    assert (first["people"], first["smsParts"], first["defaulted"]) == (4, 1, {})
    bad = marketer.post("/api/campaigns/write", json=body | {"brief": 5})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (422, "brief")
    assert client("analyst").post("/api/campaigns/write", json=body).status_code == 403
