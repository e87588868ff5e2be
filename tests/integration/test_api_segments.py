"""Segments, their members, previews and prompts by REST."""

import csv
import io
import json

import pytest
from fastapi.testclient import TestClient

from api.application import build
from crm import attributes, auth
from crm.attributes import Found
from crm.fields import FieldType
from crm.moment import utc_now
from crm.settings import settings
from tests.shop import at, customer

MORE = {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": "1000"}
BIG = {"id": 1, "type": "group", "operator": "AND", "conditions": [MORE]}
BAD = [
    (None, "rules"),
    ([], "rules"),
    ({"id": 1, "type": "group", "operator": "AND", "conditions": []}, "rules.conditions"),
    ({**BIG, "conditions": [{**MORE, "value": ""}]}, "rules.conditions[0].value"),
    ({**BIG, "conditions": [MORE, {**MORE, "field": "$where"}]}, "rules.conditions[1].field"),
]


@pytest.fixture
def client(stores, monkeypatch, tmp_path):
    """`client(role)`: a client of the API that is signed in with this role."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    settings.cache_clear()
    api = build(lambda: stores)

    def signed_in(role):
        account = auth.create_account(
            stores, email=f"{role}@shop.example", name=role, role=role, password="a long enough password",
            by=None, now=utc_now(),
        )  # fmt: skip
        token = auth.issue_token(account, key=settings().secret("token"), now=utc_now())
        return TestClient(api, raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"})

    yield signed_in
    settings.cache_clear()


@pytest.fixture
def analyst(client):
    return client("analyst")


@pytest.fixture
def shop(stores):
    customer(stores, "a", "Mumbai", name="=Asha", email="a@x.io", totalSpent=5000.0, orderCount=4,
             lastOrdered=at("2026-01-05T10:00"))  # fmt: skip
    customer(stores, "b", "Pune", name="Bela", email="b@x.io", totalSpent=2000.5, orderCount=1)
    customer(stores, "c", name="Chen", email="c@x.io")
    return stores


def saved(analyst, name="Big", rules=BIG):
    answer = analyst.post("/api/segments", json={"name": name, "rules": rules})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_preview_counts_and_sums_exactly(shop, analyst):
    answer = analyst.post("/api/audience/preview", json={"rules": BIG})
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("asOf").endswith("Z")
    assert body == {
        "size": 2, "total": 3, "reachable": 2, "nodes": {"rules": 2, "rules.conditions[0]": 2},
        "totals": {"totalSpent": 7000.5, "averageSpent": 3500.25}, "engine": "mongodb",
    }  # fmt: skip


def test_relative_dates_count_from_as_of(shop, analyst):
    rules = {
        "type": "condition",
        "field": "lastOrdered",
        "operator": "inTheLast",
        "value": {"last": {"days": 30}},
    }
    sizes = [
        analyst.post("/api/audience/preview", json={"rules": rules, "asOf": as_of}).json()["size"]
        for as_of in ("2026-01-10", "2026-01-01", "2026-03-01T00:00:00Z")
    ]
    assert sizes == [1, 0, 0]


@pytest.mark.parametrize(("rules", "path"), BAD)
def test_bad_rules_are_refused_with_their_path_and_nothing_is_kept(shop, analyst, rules, path):
    segment = saved(analyst, "Good")
    answers = [
        analyst.post("/api/audience/preview", json={"rules": rules}),
        analyst.post("/api/segments", json={"name": "Bad", "rules": rules}),
        analyst.put(f"/api/segments/{segment['_id']}", json={"rules": rules}),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["code"] == "invalid_rule"
        assert answer.json()["error"]["fields"][0]["field"].startswith(path)
    assert [found["name"] for found in analyst.get("/api/segments").json()["items"]] == ["Good"]


def test_rules_nested_beyond_reason_are_refused(shop, analyst):
    deep = '{"type":"group","operator":"AND","conditions":[' * 900 + '{"type":"everyone"}' + "]}" * 900
    answer = analyst.post(
        "/api/audience/preview", content=f'{{"rules":{deep}}}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert analyst.post("/api/audience/preview", content="[1").status_code in (400, 422)


def test_a_segment_is_saved_read_changed_listed_and_deleted(shop, analyst):
    segment = saved(analyst)
    path = f"/api/segments/{segment['_id']}"
    assert (segment["rules"], segment["lastSize"]) == (BIG, 2)
    sizes = [{"at": segment["lastSizeAt"], "size": 2, "total": 3}]
    nobody = {"campaigns": [], "segments": []}
    assert analyst.get(path).json() == {**segment, "sizes": sizes, "usedBy": nobody}
    changed = analyst.put(path, json={"name": "Bigger", "rules": {"type": "everyone"}}).json()
    assert (changed["name"], changed["lastSize"], changed["_id"]) == ("Bigger", 3, segment["_id"])
    assert analyst.get("/api/segments").json() == {"items": [changed], "next": None}
    assert analyst.delete(path).status_code == 204
    assert analyst.get(path).status_code == 404
    assert analyst.delete(path).json()["error"]["code"] == "not_found"


def test_a_taken_name_is_a_conflict(shop, analyst):
    saved(analyst, "Big")
    answer = analyst.post("/api/segments", json={"name": "BIG", "rules": BIG})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_a_change_of_what_somebody_changed_meanwhile_is_a_conflict(shop, analyst):
    segment = saved(analyst)
    path = f"/api/segments/{segment['_id']}"
    seen = {"updatedAt": segment["updatedAt"]}
    assert analyst.put(path, json={"description": "mine", **seen}).status_code == 200
    assert analyst.put(path, json={"description": "theirs", **seen}).status_code == 409


@pytest.mark.parametrize("body", [{"rules": BIG}, {"name": 7, "rules": BIG}, {"name": " ", "rules": BIG}])
def test_a_segment_without_a_proper_name_is_refused(shop, analyst, body):
    answer = analyst.post("/api/segments", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == "name"


def test_segments_are_listed_page_by_page(shop, analyst):
    for number in range(5):
        saved(analyst, f"S{number}")
    first = analyst.get("/api/segments?limit=3").json()
    second = analyst.get(f"/api/segments?limit=3&cursor={first['next']}").json()
    names = [segment["name"] for segment in first["items"] + second["items"]]
    assert (sorted(names), second["next"]) == (["S0", "S1", "S2", "S3", "S4"], None)


def test_members_come_page_by_page(shop, analyst):
    path = f"/api/segments/{saved(analyst, rules={'type': 'everyone'})['_id']}/members"
    first = analyst.get(f"{path}?limit=2").json()
    asha = {"_id": "a", "name": "=Asha", "email": "a@x.io"}
    bela = {"_id": "b", "name": "Bela", "email": "b@x.io"}
    assert first["items"] == [asha, bela]
    second = analyst.get(f"{path}?limit=2&cursor={first['next']}&fields=orderCount").json()
    assert second == {"items": [{"_id": "c", "orderCount": 0}], "next": None}


def test_members_as_csv_never_hold_a_formula(shop, analyst):
    answer = analyst.get(
        f"/api/segments/{saved(analyst)['_id']}/members?format=csv&fields=name,city,totalSpent"
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
        ["_id", "name", "city", "totalSpent"],
        ["a", "'=Asha", "Mumbai", "5000.0"],
        ["b", "Bela", "Pune", "2000.5"],
    ]


def test_members_as_ndjson_are_one_object_a_line(shop, analyst):
    answer = analyst.get(f"/api/segments/{saved(analyst)['_id']}/members?format=ndjson&fields=lastOrdered")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [{"_id": "a", "lastOrdered": "2026-01-05T10:00:00Z"}, {"_id": "b"}]


def test_members_come_with_their_attributes_by_name(shop, analyst):
    names = ["colour", "likes, mostly", "=cmd|' /C calc'!A0"]
    found = attributes.discover(shop, [Found(name, FieldType.TEXT) for name in names], now=utc_now())
    own = {field.key: "=Red" for field in found.values()}
    shop.db.customers.update_one({"_id": "a"}, {"$set": {"attributes": own}})
    path = f"/api/segments/{saved(analyst)['_id']}/members"
    page = analyst.get(path, params={"fields": "name,colour", "limit": 1}).json()
    assert page["items"] == [{"_id": "a", "name": "=Asha", "colour": "=Red"}]
    answer = analyst.get(path, params={"format": "csv", "fields": 'colour,"likes, mostly",' + names[2]})
    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
        ["_id", "colour", "likes, mostly", "'=cmd|' /C calc'!A0"],
        ["a", "'=Red", "'=Red", "'=Red"],
        ["b", "", "", ""],
    ]


@pytest.mark.parametrize(
    "query", ["fields=passwordHash", "fields=$where", "asOf=yesterday", "format=xml", "limit=0"]
)
def test_members_are_asked_for_properly(shop, analyst, query):
    answer = analyst.get(f"/api/segments/{saved(analyst)['_id']}/members?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/audience/preview"), ("GET", "/api/segments"), ("POST", "/api/segments"),
     ("GET", "/api/segments/x"), ("PUT", "/api/segments/x"), ("DELETE", "/api/segments/x"),
     ("GET", "/api/segments/x/members"), ("POST", "/api/ai-query"), ("POST", "/ai-query")],
)  # fmt: skip
def test_an_uploader_has_nothing_to_do_with_segments(client, method, path):
    uploader = client("uploader")
    assert uploader.request(method, path, json={}).status_code == 403
    uploader.headers.pop("Authorization")
    assert uploader.request(method, path, json={}).status_code == 401


@pytest.mark.parametrize("path", ["/api/ai-query", "/ai-query"])
def test_a_prompt_becomes_rules_with_their_filter_and_count(shop, analyst, path):
    answer = analyst.post(path, json={"prompt": "customers from Mumbai or Pune with at least 3 orders"})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["type"], body["count"], body["source"]) == ("segment", 1, "grammar")
    assert "Mumbai" in body["description"]
    assert list(shop.db.customers.find(body["query"], {"_id": 1})) == [{"_id": "a"}]
    assert analyst.post("/api/audience/preview", json={"rules": body["rules"]}).json()["size"] == 1


def test_a_prompt_that_is_not_understood_is_asked_about(shop, analyst):
    body = analyst.post("/api/ai-query", json={"prompt": "the blorptastic ones"}).json()
    assert body["type"] == "clarify"
    assert "blorptastic" in body["message"]


def test_a_question_has_answers_and_one_of_them_completes_the_prompt(shop, analyst):
    body = {"prompt": "customers from Mumbai and Pune"}
    asked = analyst.post("/api/ai-query", json=body).json()
    (question,) = asked["questions"]
    assert (asked["type"], question["answers"]) == ("clarify", ["from Mumbai or Pune"])
    given = {question["words"]: question["answers"][0]}
    answer = analyst.post("/api/ai-query", json={**body, "answers": given}).json()
    assert answer["type"] == "segment"
    assert answer["prompt"] == "customers from Mumbai or Pune"
    assert answer["assumptions"] == ["“from Mumbai and Pune” is taken as “from Mumbai or Pune”."]


def test_a_follow_up_changes_the_rules_that_are_sent_with_it(shop, analyst):
    rules = analyst.post("/api/ai-query", json={"prompt": "from Mumbai or Pune"}).json()["rules"]
    body = {"prompt": "only those with at least 3 orders", "rules": rules}
    answer = analyst.post("/api/ai-query", json=body).json()
    assert answer["count"] == 1
    assert answer["changed"] == ["Added “placed at least 3 orders”."]
    (anew,) = answer["alternatives"]
    assert (anew["label"], len(anew["rules"]["conditions"])) == ("Start anew instead", 1)
    undo = analyst.post("/api/ai-query", json={"prompt": "undo", "rules": rules}).json()
    assert (undo["type"], "rules" in undo) == ("clarify", False)


def test_rules_that_a_follow_up_takes_up_are_checked(shop, analyst):
    rules = {"type": "group", "operator": "AND", "conditions": []}
    answer = analyst.post("/api/ai-query", json={"prompt": "only those in Pune", "rules": rules})
    assert answer.status_code == 422


@pytest.mark.parametrize("answers", ["x", ["x"], {"recently": 7}, {"recently": "x" * 501}])
def test_answers_are_texts_by_the_words_they_stand_for(shop, analyst, answers):
    answer = analyst.post("/api/ai-query", json={"prompt": "ordered recently", "answers": answers})
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == "answers"


@pytest.mark.parametrize("prompt", [None, "", 7, ["x"]])
def test_a_prompt_is_text(shop, analyst, prompt):
    answer = analyst.post("/api/ai-query", json={"prompt": prompt})
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == "prompt"
