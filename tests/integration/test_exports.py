"""An audience as a file, as of an instant, through a ticket."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm import accounts, attributes, exports, library
from crm.attributes import Found
from crm.auth import Account
from crm.errors import InvalidInput, InvalidRule, NotFound
from crm.exports import Export
from crm.fields import FieldType
from crm.stores.connection import Stores
from tests.crowd import crowd
from tests.shop import customer, order

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
BOUGHT = {
    "type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": 1,
    "within": {"last": {"days": 30}},
}  # fmt: skip
FILE = Export(BOUGHT, ("name", "tags", "totalSpent"), "csv", NOW)


@pytest.fixture
def shop(stores: Stores) -> Stores:
    customer(stores, "a", "Pune", ("vip", "new"), name="=cmd()", totalSpent=10.5)
    customer(stores, "b", name="Bo")
    order(stores, "o1", "a", "2026-05-01T10:00", 10.5)
    order(stores, "o2", "b", "2026-02-01T10:00", 5.0)
    return stores


def text(stores: Stores, export: Export) -> str:
    return "".join(exports.pieces(stores, export, zone=ZONE))


def rows(stores: Stores, export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(stores, export), newline="")))


def test_a_file_has_who_was_in_the_audience_at_its_instant(shop: Stores) -> None:
    (now,) = rows(shop, FILE)
    assert (now["_id"], now["name"], now["tags"], now["totalSpent"]) == ("a", "'=cmd()", "vip, new", "10.5")
    assert [row["_id"] for row in rows(shop, replace(FILE, as_of=NOW - timedelta(days=90)))] == ["b"]
    assert rows(shop, replace(FILE, as_of=NOW - timedelta(days=365))) == []


def test_orders_after_the_instant_do_not_count_without_a_time_either(shop: Stores) -> None:
    ever = {key: value for key, value in BOUGHT.items() if key != "within"}
    before = replace(FILE, rules=ever, as_of=datetime(2026, 3, 1, tzinfo=UTC))
    assert [row["_id"] for row in rows(shop, before)] == ["b"]


def test_custom_attributes_are_fields_by_their_names(shop: Stores) -> None:
    field = attributes.discover(shop, [Found("shoe size", FieldType.NUMBER)], now=NOW)["shoesize"]
    shop.db.customers.update_one({"_id": "a"}, {"$set": {field.path: 41}})
    wanted = replace(FILE, fields=("shoe size",), format="ndjson")
    assert json.loads(text(shop, wanted)) == {"_id": "a", "shoe size": 41}


def test_a_file_comes_in_pieces(stores: Stores) -> None:
    crowd(stores, 1_200)
    whole = replace(FILE, rules={"type": "everyone"}, format="ndjson")
    found = list(exports.pieces(stores, whole, zone=ZONE))
    assert len(found) == 3
    assert sum(piece.count("\n") for piece in found) == 1_200


def test_what_can_not_be_evaluated_is_refused_before_the_first_piece(shop: Stores) -> None:
    with pytest.raises(InvalidRule):
        exports.pieces(shop, replace(FILE, rules={"type": "list", "listId": "x", "in": True}), zone=ZONE)
    with pytest.raises(InvalidInput):
        exports.pieces(shop, replace(FILE, fields=("passwordHash",)), zone=ZONE)


@pytest.fixture
def anna(shop: Stores) -> Account:
    return accounts.create_account(
        shop, email="anna@crm.example", name="Anna", role="marketer", password="a long enough password",
        by=None, now=NOW,
    )  # fmt: skip


def test_a_ticket_leads_to_the_file_without_signing_in(shop: Stores, anna: Account, client) -> None:
    segment = library.save(shop, name="Käufer", rules=BOUGHT, account=anna, now=NOW, zone=ZONE)
    wanted = replace(FILE, name=segment["name"], segment_id=segment["_id"])
    answer = client(None).get(f"/api/exports/{exports.offer(shop, anna, wanted)}")
    assert answer.text == text(shop, wanted)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "K%C3%A4ufer%202026-05-15.csv" in answer.headers["content-disposition"]
    assert library.get(shop, segment["_id"])["lastUsedFor"] == "export"
    entry = shop.db.audit.find_one({"action": "audience_exported"})
    assert entry is not None and entry["subject"] == segment["_id"]


def test_a_ticket_ends_with_the_session_and_the_role(shop: Stores, anna: Account, client) -> None:
    ticket = exports.offer(shop, anna, FILE)
    admin = client("administrator")
    accounts.change_role(shop, anna.id, "uploader", by=Account("x" * 24, "", "", "administrator"), now=NOW)
    assert admin.get(f"/api/exports/{ticket}").status_code == 403


def test_a_ticket_that_nobody_gave_out_or_that_ran_out_leads_nowhere(shop: Stores, anna: Account) -> None:
    ticket = exports.offer(shop, anna, FILE)
    [key] = shop.redis.keys(f"{shop.prefix}download:*")
    assert 0 < shop.redis.ttl(key) <= 600
    assert ticket.encode() not in key
    shop.redis.delete(key)
    for unknown in (ticket, "x"):
        with pytest.raises(NotFound):
            exports.redeem(shop, unknown)


def test_members_by_rest_as_a_file_are_a_use_of_the_segment(shop: Stores, anna: Account, client) -> None:
    segment = library.save(shop, name="All", rules=BOUGHT, account=anna, now=NOW, zone=ZONE)
    analyst, path = client("analyst"), f"/api/segments/{segment['_id']}/members?asOf={NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert [one["_id"] for one in analyst.get(path).json()["items"]] == ["a"]
    assert "lastUsedFor" not in library.get(shop, segment["_id"])
    assert json.loads(analyst.get(f"{path}&format=ndjson").text)["_id"] == "a"
    assert library.get(shop, segment["_id"])["lastUsedFor"] == "export"
