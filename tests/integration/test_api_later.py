"""What happens after a record was taken: refusals under its reference, and visits."""

import pytest

from tests.integration.working import working
from tests.waiting import until
from workers import roles

UNKNOWN = {"orderReference": "Ref-1", "customerId": "nobody", "totalAmount": 5}


@pytest.fixture
def refused(stores, client):
    """An order that was taken, and that a worker then refused."""
    with working(stores, roles.KINDS["ingest"]):
        assert client("uploader").post("/api/orders/bulk", json=[UNKNOWN]).status_code == 202
        until(lambda: stores.db.rejections.count_documents({}))


def test_a_later_refusal_is_found_under_its_reference(client, refused):
    caller = client("marketer")
    [found] = caller.get("/api/rejections?reference=ref-1").json()["items"]
    assert (found["kind"], found["row"], found["field"], found["code"]) == (
        "orders", 1, "customerId", "unknown_customer",
    )  # fmt: skip
    assert found["values"]["customerId"] == "nobody"
    assert caller.get("/api/rejections?reference=other").json() == {"items": [], "next": None}
    answer = caller.get("/api/orders/Ref-1")
    assert answer.status_code == 404
    assert found["reason"] in answer.json()["error"]["message"]


def test_a_shopper_is_not_told_of_refusals(client, refused):
    shopper = client(None)
    account = {"name": "Sam", "email": "sam@shop.example", "password": "a long enough password"}
    token = shopper.post("/api/auth/register", json=account).json()["token"]
    answer = shopper.get("/api/orders/Ref-1", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["error"]["message"] == "There is no such order."


def test_pages_of_refusals_end(stores, client):
    caller = client("uploader")
    with working(stores, roles.KINDS["ingest"]):
        many = [{**UNKNOWN, "orderReference": f"R{number}"} for number in range(5)]
        caller.post("/api/orders/bulk", json=many)
        until(lambda: stores.db.rejections.count_documents({}) == 5)
    seen, cursor = [], ""
    while cursor is not None:
        page = caller.get(f"/api/rejections?limit=2&cursor={cursor}").json()
        seen += [one["references"][0] for one in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == [f"r{number}" for number in range(5)]


@pytest.fixture
def asha(stores):
    fields = {"externalId": "C1", "folded": {"email": "asha@x.example"}, "visitCount": 2}
    stores.db.customers.insert_one({"_id": "a" * 24, **fields})
    return lambda: stores.db.customers.find_one({"_id": "a" * 24})


@pytest.mark.parametrize(
    "whose", [{"customerId": "a" * 24}, {"customerId": "C1"}, {"customerEmail": " Asha@x.example"}]
)
def test_a_visit_counts_on_the_customer(client, asha, whose):
    answer = client("uploader").post("/api/visits", json={**whose, "at": "2026-01-02T10:00:00Z"})
    assert (answer.status_code, answer.json()) == (200, {"visitCount": 3})
    assert asha()["lastActive"].isoformat() == "2026-01-02T10:00:00+00:00"


def test_a_visit_told_of_late_does_not_turn_the_clock_back_and_a_repeated_one_counts_once(client, asha):
    caller = client("uploader")
    for day, key in (("03", "a"), ("02", "b"), ("02", "b")):
        visit = {"customerId": "C1", "at": f"2026-01-{day}T10:00:00Z"}
        assert caller.post("/api/visits", json=visit, headers={"Idempotency-Key": key}).status_code == 200
    assert asha()["visitCount"] == 4
    assert asha()["lastActive"].day == 3


@pytest.mark.parametrize(
    ("visit", "status", "field"),
    [
        ({}, 422, "customerId"),
        ({"customerId": {"$ne": 1}}, 422, "customerId"),
        ({"customerId": "C1", "at": "2999-01-01"}, 422, "at"),
        ({"customerId": "C1", "at": "soon"}, 422, "at"),
        ({"customerId": "C2"}, 404, None),
    ],
)
def test_a_visit_of_nobody_or_of_no_time_is_refused(client, asha, visit, status, field):
    answer = client("uploader").post("/api/visits", json=visit)
    assert answer.status_code == status
    assert [one["field"] for one in answer.json()["error"].get("fields", [])] == ([field] if field else [])
    assert asha()["visitCount"] == 2


def test_a_shopper_visits_as_himself_only_and_his_log_ins_count(stores, client, asha):
    shopper = client(None)
    account = {"name": "Sam", "email": "sam@shop.example", "password": "a long enough password"}
    shopper.post("/api/auth/register", json=account)
    for _ in range(2):
        token = shopper.post("/api/auth/login", json=account).json()["token"]
    shopper.headers["Authorization"] = f"Bearer {token}"
    assert shopper.post("/api/visits", json={"customerId": "C1"}).json() == {"visitCount": 1}
    assert asha()["visitCount"] == 2
    sam = stores.db.customers.find_one({"folded.email": "sam@shop.example"})
    assert (sam["loginCount"], sam["visitCount"]) == (2, 1)
    assert sam["lastActive"] >= sam["lastLogin"]
