"""What a request's body may be: its encoding, its type, its size, and how much may wait."""

import gzip

import orjson
import pytest

from api import bodies
from crm.settings import settings
from crm.stores import groups, streams
from tests.waiting import until

ORDER = {"orderReference": "R1", "customerEmail": "a@x.example", "totalAmount": 5}
NDJSON = b'{"email": "a@x.example"}\n{"email": "b@x.example"}\n'


def send(caller, path, body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.post(path, content=body, headers={"Content-Type": "application/json", **named})


def published(stores, stream=streams.CUSTOMERS):
    return stores.redis.xlen(streams.key(stores, stream))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_is_unpacked(stores, client, encoding):
    body = gzip.compress(NDJSON[:25]) + gzip.compress(NDJSON[25:])  # two members are one file
    answer = send(
        client("uploader"), "/api/customers/bulk", body,
        Content_Encoding=encoding, Content_Type="application/x-ndjson",
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": []})


def test_a_gzip_bomb_is_refused_before_it_unfolds(stores, client):
    bomb = gzip.compress(b" " * (bodies.MAX_BODY + 1), 1)
    assert len(bomb) < bodies.MAX_BODY // 100
    answer = send(client("uploader"), "/api/customers/bulk", bomb, Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


BAD_GZIP = {
    "cut short": gzip.compress(NDJSON)[:-9],
    "none at all": NDJSON,
    "followed by rest": gzip.compress(NDJSON) + b"rest",
}


@pytest.mark.parametrize("what", BAD_GZIP)
def test_gzip_that_is_none_is_named(stores, client, what):
    answer = send(
        client("uploader"), "/api/customers/bulk", BAD_GZIP[what],
        Content_Encoding="gzip", Content_Type="application/x-ndjson",
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == "body"
    assert published(stores) == 0


def test_other_encodings_and_types_are_415(stores, client):
    caller = client("uploader")
    encoded = send(caller, "/api/customers/bulk", b"[]", Content_Encoding="br")
    assert (encoded.status_code, encoded.headers["Accept-Encoding"]) == (415, "gzip")
    for path in ("/api/customers", "/api/customers/bulk", "/api/orders", "/api/products/bulk"):
        answer = send(caller, path, b"email=a@x.example", Content_Type="application/x-www-form-urlencoded")
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
        assert "application/json" in answer.json()["error"]["message"]
    signing_up = send(client(None), "/api/auth/login", b"a=b", Content_Type="text/plain")
    assert signing_up.status_code == 415


def test_a_type_that_is_json_or_left_out_is_taken(stores, client):
    caller = client("uploader")
    for content_type in ("application/json; charset=utf-8", "application/vnd.shop+json", ""):
        assert send(caller, "/api/orders", orjson.dumps(ORDER), Content_Type=content_type).status_code == 202


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setenv("CRM_STREAMS_MB", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_too_much_waiting_is_429_with_a_time_to_come_again_and_takes_nothing(stores, client, little_room):
    caller = client("uploader")
    many = [{"email": f"p{number}@x.example", "name": "n" * 400} for number in range(4000)]
    assert caller.post("/api/customers/bulk", json=many).status_code == 202
    before = published(stores)
    refused = until_refused(caller)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "too_busy"
    assert int(refused.headers["Retry-After"]) > 0
    assert caller.post("/api/orders", json=ORDER).status_code == 202  # another kind has room of its own
    groups.join(stores, [streams.CUSTOMERS])
    entries = groups.take(stores, "me", [streams.CUSTOMERS], 10_000, 10)[streams.CUSTOMERS]
    assert len(entries) >= before
    groups.acknowledge(stores, streams.CUSTOMERS, [entry.id for entry in entries])
    groups.trim(stores, streams.CUSTOMERS)
    until(lambda: caller.post("/api/customers", json={"email": "late@x.example"}).status_code == 202)


def until_refused(caller):
    return until(
        lambda: (
            (answer := caller.post("/api/customers", json={"email": "c@x.example"})).status_code == 429
            and answer
        )
    )
