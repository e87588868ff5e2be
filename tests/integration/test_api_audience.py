"""Suppressions, rehearsals and slices of failures by REST."""

import orjson
import pytest

from crm import carriers
from crm.settings import settings
from crm.stores import samples, streams
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


@pytest.fixture
def marketer(client):
    return client("marketer")


def test_addresses_are_suppressed_listed_and_let_go(marketer):
    given = {"addresses": ["a@x.example", "A@X.example", "b@x.example"], "reason": "bounced", "note": "hard"}
    assert marketer.post("/api/suppressions", json=given).json() == {"added": 2, "known": 0}
    text = {"addresses": "Ann <a@x.example>, c@x.example"}
    assert marketer.post("/api/suppressions", json=text).json() == {"added": 1, "known": 1}
    first = marketer.get("/api/suppressions", params={"limit": 2}).json()
    rest = marketer.get("/api/suppressions", params={"limit": 2, "cursor": first["next"]}).json()
    found = first["items"] + rest["items"]
    assert [each["address"].lower() for each in found] == ["a@x.example", "b@x.example", "c@x.example"]
    assert [each["reason"] for each in found] == ["bounced", "bounced", "manual"]
    assert marketer.get("/api/suppressions", params={"search": ".*"}).json()["items"] == []
    assert marketer.get("/api/suppressions/B@x.example").json()["note"] == "hard"
    assert marketer.delete("/api/suppressions/b@x.example").status_code == 204
    assert marketer.get("/api/suppressions/b@x.example").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "addresses"),
        ({"addresses": []}, "addresses"),
        ({"addresses": "nothing", "reason": "x"}, "reason"),
        ({"addresses": ["a@x.example"], "note": 7}, "note"),
    ],
)
def test_a_suppression_that_makes_no_sense_is_refused(marketer, body, field):
    answer = marketer.post("/api/suppressions", json=body)
    assert (answer.status_code, answer.json()["error"]["fields"][0]["field"]) == (422, field)


def test_a_campaign_is_rehearsed_with_progress_and_nothing_is_kept(stores, marketer):
    crowd(stores, 30)
    crowd(stores, 5, name=None)
    body = {"rules": EVERYONE, "messageTemplate": "Hi {name}", "holdout": 0}
    found = marketer.post("/api/campaigns/check", json=body).json()
    assert (found["audience"], found["reachable"], found["notRenderable"]) == (35, 30, 5)
    assert found["missing"] == {"name": 5}
    lines = marketer.post("/api/campaigns/check", params={"format": "ndjson"}, json=body).content.splitlines()
    assert [orjson.loads(line)["finished"] for line in (lines[0], lines[-1])] == [False, True]
    assert marketer.get("/api/campaigns").json()["items"] == []
    bad = marketer.post("/api/campaigns/check", json=body | {"messageTemplate": "{nme}"})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (422, "messageTemplate")


def test_a_rehearsal_by_real_e_mail_warns_of_sample_data_and_counts_who_has_no_e_mail(
    stores, marketer, monkeypatch
):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.shop.example")
    settings.cache_clear()
    crowd(stores, 3)
    crowd(stores, 2, email=None)
    mail = {"host": "mail.test", "sender": "shop@mail.test"}
    carriers.configure(stores, "smtp", mail, account=MARKETER, now=NOW)
    body = {"rules": EVERYONE, "messageTemplate": "Hi", "vendor": "smtp"}
    found = marketer.post("/api/campaigns/check", json=body).json()
    assert (found["warnings"], found["reachable"], found["notReachable"]) == ([], 3, 2)
    samples.made_at(stores, "a shop", NOW)
    (warning,) = marketer.post("/api/campaigns/check", json=body).json()["warnings"]
    assert "sample data" in warning
    assert marketer.post("/api/campaigns/check", json=body | {"vendor": "simulated"}).json()["warnings"] == []


def test_a_message_is_previewed_as_a_customer(stores, marketer):
    who = crowd(stores, 1, name="<b>", city="Pune")[0]
    body = {"customerId": who, "messageTemplate": "Hi {name}", "html": "<p>{name}</p>", "channel": "email",
            "unsubscribeFooter": False}  # fmt: skip
    shown = marketer.post("/api/campaigns/preview", json=body).json()["versions"][0]
    assert (shown["text"], shown["html"]) == ("Hi <b>", "<p>&lt;b&gt;</p>")
    assert marketer.post("/api/campaigns/preview", json={}).status_code == 422


def test_options_are_shown_changed_and_refused_by_their_names(stores, marketer):
    crowd(stores, 20)
    body = {"name": "Sale", "rules": EVERYONE, "status": "draft", "holdout": 0.1, "rateLimit": 50}
    made = marketer.post("/api/campaigns", json=body).json()
    assert (made["holdout"], made["rateLimit"], made["variants"]) == (0.1, 50, None)
    path = f"/api/campaigns/{made['_id']}"
    two = [{"name": "A", "share": 1}, {"name": "B", "share": 3}]
    changed = marketer.put(path, json={"variants": two, "holdout": None}).json()
    assert (changed["holdout"], [each["name"] for each in changed["variants"]]) == (None, ["A", "B"])
    bad = marketer.put(path, json={"variants": [{"name": "A"}]})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (422, "variants")
    checked = marketer.post(f"{path}/check")
    assert checked.status_code == 422  # it has no message yet


def test_a_slice_is_retried_by_its_reason(stores, marketer):
    crowd(stores, 300)
    body = {"name": "Sale", "rules": EVERYONE, "messageTemplate": "Hi"}
    path = f"/api/campaigns/{marketer.post('/api/campaigns', json=body).json()['_id']}"
    hands = Hands(stores)
    hands.finish()
    reason = stores.collection("deliveries").find_one({"state": "failed"})["reason"]
    assert marketer.post(f"{path}/retry", params={"reason": "none such"}).status_code == 409
    assert marketer.post(f"{path}/retry", params={"reason": reason}).status_code == 200
    hands.step(streams.PLAN)
    pending = stores.collection("deliveries").find({"state": "pending"})
    assert {row["earlier"][0]["reason"] for row in pending} == {reason}


def test_who_may_suppress(client):
    body = {"addresses": ["a@x.example"]}
    assert client("analyst").post("/api/suppressions", json=body).status_code == 403
    assert client("uploader").get("/api/suppressions").status_code == 403
    assert client(None).get("/api/suppressions").status_code == 401
