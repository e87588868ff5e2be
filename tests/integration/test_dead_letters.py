"""What can't be persisted: the bad record alone is put aside, found with its reason, mended, sent again."""

from typing import Any

import pytest

from crm import dead_letters
from crm.stores import imports, streams
from crm.stores.connection import Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles
from workers.consumer import Policy

VERSION = 1_760_000_000_000_000
POLICY = Policy(claim_after=1.0, max_attempts=1)
BAD = (2, 5)
MOMENTS = (1, 1, 2, 3, 3)


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "orderReference": f"R{number}",
        "customerEmail": "asha@x.example",
        "total": 10.0,
        "createdAt": "2026-01-02T10:00:00+00:00",
        **more,
    }


def batch(records: list[Any], **more: Any) -> dict[str, Any]:
    rows = list(range(1, len(records) + 1))
    return {
        "kind": "orders",
        "batch": "b",
        "version": VERSION,
        "after": {},
        "rows": rows,
        "records": records,
        **more,
    }


def spoilt() -> list[Any]:
    return [order(number, **({"total": "ten"} if number in BAD else {})) for number in range(8)]


def letters(stores: Stores) -> list[dict[str, Any]]:
    return dead_letters.listing(stores).items


def worked(stores: Stores, *payloads: Any, stream: str = streams.ORDERS[3]) -> None:
    """Have a worker do with these what can be done."""
    with working(stores, roles.KINDS["ingest"], POLICY):
        streams.publish(stores, stream, payloads)
        until(lambda: not streams.backlog(stores, stream))


def asha(stores: Stores) -> dict[str, Any]:
    return stores.db.customers.find_one({"folded.email": "asha@x.example"}) or {}


def test_a_bad_record_is_put_aside_alone_and_all_others_are_persisted(stores: Stores) -> None:
    worked(stores, batch(spoilt()))
    assert {one["_id"] for one in stores.db.orders.find()} == {f"R{n}" for n in range(8) if n not in BAD}
    assert (asha(stores)["orderCount"], asha(stores)["totalSpent"]) == (6, 60)
    found = letters(stores)
    assert sorted(one["references"] for one in found) == [["r2"], ["r5"]]
    assert all(len(one["records"]) == 1 and "Error" in one["detail"] for one in found)
    assert {one["_id"] for one in stores.db.rejections.find({"references": "r2"})} == {"b:3"}


def test_a_letter_says_in_plain_words_what_is_wrong_and_what_to_do(stores: Stores) -> None:
    worked(stores, batch([order(1, total="ten"), order(2)]))
    [letter] = letters(stores)
    assert letter["reason"] == (
        "The order can't be stored. total: “ten” is not a number. Mend that and send it once more."
    )
    [refused] = stores.db.rejections.find()
    assert (refused["field"], refused["code"]) == ("total", "not_persisted")
    assert refused["reason"] == "“ten” is not a number"


def test_a_letter_of_a_record_that_looks_right_says_so(stores: Stores) -> None:
    for stream in (streams.ORDERS[0], streams.SEND):
        letter = {"d": streams.data(batch([order(4)])), "reason": "KeyError: 'x'"}
        stores.redis.xadd(streams.dead_key(stores, stream), letter)
    found = letters(stores)
    assert all(one["reason"].startswith("The order could not be stored, though nothing") for one in found)
    assert {one["detail"] for one in found} == {"KeyError: 'x'"}


@pytest.mark.parametrize("stream", streams.ALL)
def test_a_letter_without_records_says_what_can_be_done_with_it(stores: Stores, stream: str) -> None:
    stores.redis.xadd(streams.dead_key(stores, stream), {"d": b"{\xff", "reason": "ValueError: odd"})
    [letter] = letters(stores)
    assert "ValueError" not in letter["reason"]
    assert any(word in letter["reason"] for word in ("once more", "Discard"))


def test_the_books_of_an_import_balance_with_a_bad_record_in_it(stores: Stores) -> None:
    stores.db.imports.insert_one({"_id": "i1", "state": "importing", "kind": "orders"})
    worked(stores, batch(spoilt(), importId="i1"), batch(spoilt(), importId="i1"))
    counted = imports.counted(stores, ["i1"])["i1"]
    assert (counted["batches"], counted["created"], counted["rejected"]) == (1, 6, 2)
    assert "importId" not in letters(stores)[0]["payload"]


@pytest.mark.parametrize(
    "payload", [3, {"kind": "orders"}, batch([order(1)]) | {"records": 7}, {"kind": "?"}]
)
def test_what_is_no_batch_is_put_aside_whole_and_holds_nobody_up(stores: Stores, payload: Any) -> None:
    worked(stores, payload, batch([order(1)]))
    assert asha(stores)["orderCount"] == 1
    [letter] = letters(stores)
    assert (letter["payload"], letter["records"]) == (payload, None)


@pytest.fixture
def administrator(client):
    return client("administrator")


def test_a_mended_letter_is_sent_once_more_and_gone(stores, administrator):
    worked(stores, batch([order(1, total="ten", customerEmail="asha@x.example")]))
    [letter] = administrator.get("/api/dead-letters").json()["items"]
    assert administrator.get(f"/api/dead-letters/{letter['_id']}").json() == letter
    path = f"/api/dead-letters/{letter['_id']}/resubmit"
    refused = administrator.post(path, json={"records": [{**letter["records"][0], "total": -1}]})
    assert refused.status_code == 422
    assert refused.json()["error"]["fields"][0]["field"] == "records[0].total"
    assert letters(stores)
    assert administrator.post(path, json={"records": []}).status_code == 422
    mended = {**letter["records"][0], "total": 12.5}
    assert administrator.post(path, json={"records": [mended]}).status_code == 202
    assert not letters(stores)
    assert administrator.post(path, json={"records": [mended]}).status_code == 404
    with working(stores, roles.KINDS["ingest"], POLICY):
        until(lambda: asha(stores).get("totalSpent") == 12.5)
    assert stores.db.audit.count_documents({"action": "dead_letter_resubmitted"}) == 1


def test_a_letter_sent_again_as_it_is_takes_effect_once_the_cause_is_gone(stores, administrator):
    streams.publish(stores, streams.ORDERS[0], [])
    stores.redis.xadd(streams.dead_key(stores, streams.ORDERS[0]), {"d": streams.data(batch([order(4)]))})
    [letter] = letters(stores)
    assert administrator.post(f"/api/dead-letters/{letter['_id']}/resubmit").status_code == 202
    with working(stores, roles.KINDS["ingest"], POLICY):
        until(lambda: asha(stores).get("orderCount") == 1)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (None, 409),
        ({"state": "failed"}, 409),
        ({"state": "undone", "undo": {}}, 409),
        ({"state": "finished", "undo": {}}, 202),
        ({"state": "reading"}, 202),
    ],
)
def test_a_letter_of_a_file_is_sent_again_only_where_that_does_something(
    stores, administrator, document, status
):
    if document:
        stores.db.imports.insert_one({"_id": "i1", **document})
    letter = {"d": streams.data({"importId": "i1"}), "reason": "KeyError: 'x'"}
    stores.redis.xadd(streams.dead_key(stores, streams.SMALL_IMPORTS), letter)
    [letter] = letters(stores)
    assert administrator.post(f"/api/dead-letters/{letter['_id']}/resubmit").status_code == status
    assert stores.redis.xlen(streams.key(stores, streams.SMALL_IMPORTS)) == (status == 202)


def test_a_discarded_letter_is_gone(stores, administrator):
    worked(stores, batch(spoilt()))
    first, second = letters(stores)
    path = f"/api/dead-letters/{first['_id']}"
    assert [administrator.delete(path).status_code for _ in "ab"] == [204, 404]
    assert [one["_id"] for one in letters(stores)] == [second["_id"]]


def test_what_is_no_json_is_shown_and_can_be_sent_back_or_discarded(stores, administrator):
    stores.redis.xadd(streams.dead_key(stores, streams.SEND), {"d": b"{\xff", "reason": "?"})
    [letter] = administrator.get("/api/dead-letters").json()["items"]
    assert letter["payload"] == "{\ufffd"
    path = f"/api/dead-letters/{letter['_id']}"
    assert administrator.post(f"{path}/resubmit", json={"records": [1]}).status_code == 422
    assert administrator.post(f"{path}/resubmit").status_code == 202
    assert stores.redis.xlen(streams.key(stores, streams.SEND)) == 1


def test_pages_of_letters_go_over_all_streams_the_latest_first(stores, administrator):
    for number in range(5):
        name = streams.ORDERS[number]
        stores.redis.xadd(streams.dead_key(stores, name), {"d": str(number)}, id=f"{MOMENTS[number]}-0")
    seen, cursor = [], ""
    while cursor is not None:
        page = administrator.get(f"/api/dead-letters?limit=2&cursor={cursor}").json()
        seen += [one["payload"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [4, 3, 2, 1, 0]  # of one moment, the later stream first
    assert administrator.get("/api/dead-letters/orders:0:x").status_code == 404
    assert administrator.get("/api/dead-letters/elsewhere:1-0").status_code == 404
