"""Idempotency-Key: the same request again is answered as the first time was, and takes effect once."""

from datetime import timedelta

import pytest

from crm import repeats
from crm.errors import Conflict
from crm.stores import streams
from tests.crowd import NOW

ORDER = {"customerEmail": "a@x.example", "totalAmount": 5}


def entries(stores):
    return sum(stores.redis.xlen(streams.key(stores, name)) for name in streams.ORDERS)


def test_a_repeated_order_without_a_reference_is_one_order(stores, client):
    caller = client("uploader")
    first, second = (caller.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"}) for _ in "ab")
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert entries(stores) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/orders/bulk", [ORDER, {"totalAmount": 1}]),
        ("/api/customers", {"email": "a@x.example"}),
        ("/api/customers/bulk", [{"email": "a@x.example"}, 7]),
        ("/api/products/bulk", [{"productId": "P1"}]),
    ],
)
def test_every_write_of_records_takes_a_key(stores, client, path, body):
    caller = client("uploader")
    answers = [caller.post(path, json=body, headers={"Idempotency-Key": "k1"}) for _ in "ab"]
    assert answers[0].json() == answers[1].json()
    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_a_key_with_another_body_is_422_and_other_callers_and_routes_have_keys_of_their_own(stores, client):
    caller = client("uploader")
    caller.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    other = caller.post("/api/orders", json={**ORDER, "totalAmount": 6}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert other.json()["error"]["fields"][0]["field"] == "Idempotency-Key"
    assert entries(stores) == 1
    key = {"Idempotency-Key": "k1"}
    for another in (
        caller.post("/api/orders/bulk", json=[ORDER], headers=key),
        client("marketer").post("/api/orders", json=ORDER, headers=key),
    ):
        assert another.status_code == 202
    assert entries(stores) == 3


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_what_is_no_key_is_422(stores, client, key):
    answer = client("uploader").post("/api/orders", json=ORDER, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_refused_request_frees_its_key(stores, client):
    caller = client("uploader")
    refused = caller.post("/api/orders", json={"totalAmount": 5}, headers={"Idempotency-Key": "k1"})
    assert refused.status_code == 422
    mended = caller.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    assert mended.status_code == 202


def once(stores, work, now=NOW):
    return repeats.once(stores, caller="c", route="r", key="k", body=b"b", now=now, work=work)


def test_the_same_request_while_the_first_is_worked_on_is_a_conflict(stores):
    def work(seed):
        with pytest.raises(Conflict):
            once(stores, work)
        return b"done"

    assert once(stores, work) == repeats.Answer(b"done", repeated=False)


def test_a_request_whose_process_died_is_worked_on_again_with_the_same_seed(stores):
    seeds = []

    def dies(seed):
        seeds.append(seed)
        raise KeyboardInterrupt

    def answers(seed):
        seeds.append(seed)
        return b"done"

    with pytest.raises(KeyboardInterrupt):
        once(stores, dies)
    # Killed for good, it would not even have freed its key.
    stores.db.idempotency.insert_one(
        {"_id": seeds[0], "body": repeats.digest(b"b"), "begunAt": NOW, "expiresAt": NOW + repeats.KEPT}
    )
    with pytest.raises(Conflict):
        once(stores, answers, NOW + timedelta(seconds=5))
    assert once(stores, answers, NOW + timedelta(minutes=2)).json == b"done"
    assert seeds[0] == seeds[1]
