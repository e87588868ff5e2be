"""A cursor that is none of the list's is refused, whatever list is asked for page by page."""

import pytest

from crm import cursors
from tests.integration.test_api_segment_keeping import MORE

FILE = b"name,email\nAsha,asha@x.example\n"
FOREIGN = cursors.written("anything else", "a" * 24)


@pytest.fixture
def caller(client):
    return client("administrator")


@pytest.fixture
def paths(caller):
    """Every path of the API that takes a cursor, of things that are there."""
    segment = caller.post("/api/segments", json={"name": "Big", "rules": MORE}).json()["_id"]
    body = {"name": "May", "segmentId": segment, "messageTemplate": "Hi", "status": "draft"}
    campaign = caller.post("/api/campaigns", json=body).json()["_id"]
    upload = caller.post("/api/imports?kind=customers&filename=a.csv", content=FILE).json()["importId"]
    things = {"segment_id": segment, "campaign_id": campaign, "import_id": upload}
    described = caller.get("/api/openapi.json").json()["paths"]
    found = []
    for path, methods in described.items():
        names = [each["name"] for each in methods.get("get", {}).get("parameters", [])]
        if "cursor" in names:
            found.append(path.format(**things))
    return found


def test_every_list_refuses_a_cursor_that_is_none_of_its_own(caller, paths):
    told = {}
    for path in paths:
        for bad in ("nonsense", "\0", "🎈", FOREIGN):
            answer = caller.get(path, params={"cursor": bad})
            fields = answer.json().get("error", {}).get("fields", [])
            told[path, bad] = answer.status_code, [each["field"] for each in fields]
    assert len(paths) >= 14
    assert {each: said for each, said in told.items() if said != (422, ["cursor"])} == {}


def test_every_list_takes_an_empty_cursor_for_its_beginning(caller, paths):
    assert {path: caller.get(path, params={"cursor": ""}).status_code for path in paths} == dict.fromkeys(
        paths, 200
    )


def test_a_cursor_of_another_order_is_none_of_the_list(caller):
    for name in ("Big", "Bigger"):
        caller.post("/api/segments", json={"name": name, "rules": MORE})
    following = caller.get("/api/segments?limit=1&sort=name").json()["next"]
    assert caller.get(f"/api/segments?sort=name&cursor={following}").json()["items"][0]["name"] == "Bigger"
    assert caller.get(f"/api/segments?sort=size&cursor={following}").status_code == 422


def test_deleted_segments_are_one_page(caller):
    answer = caller.get("/api/segments?deleted=true&cursor=nonsense")
    assert answer.json()["error"]["fields"][0]["field"] == "cursor"
