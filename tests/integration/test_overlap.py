"""How segments lie over each other, from MongoDB and from columns."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import audiences, library, rulebook
from crm.auth import Account
from crm.errors import InvalidInput, NotFound
from crm.moment import utc_now
from crm.saved.overlap import overlap
from crm.settings import settings
from crm.snapshot import Keeper, shelf_of
from crm.stores.connection import Stores
from tests.shop import customer, order

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
BOUGHT = {
    "type": "behaviour", "measure": "count", "within": {"last": {"days": 30}},
    "operator": "greaterThanOrEqual", "value": 1,
}  # fmt: skip


@pytest.fixture
def shop(stores: Stores) -> Stores:
    for number in range(12):
        customer(stores, f"c{number:02}", "Pune" if number % 2 else "Goa", totalSpent=100.0 * number)
    for number in range(6):
        order(stores, f"o{number}", f"c{number:02}", "2026-05-10T10:00", 10.0)
    return stores


def saved(stores: Stores, name: str, rules: Any) -> str:
    return library.save(stores, name=name, rules=rules, account=ANNA, now=NOW, zone=ZONE)["_id"]


def three(stores: Stores) -> list[str]:
    pune = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
    rich = {"type": "condition", "field": "totalSpent", "operator": "greaterThanOrEqual", "value": 300}
    return [saved(stores, "Pune", pune), saved(stores, "Rich", rich), saved(stores, "Bought", BOUGHT)]


def regions(found: Any) -> dict[tuple[str, ...], int]:
    names = {segment["_id"]: segment["name"] for segment in found.segments}
    return {tuple(names[one] for one in region.inside): region.size for region in found.regions}


EXPECTED = {
    (): 0, ("Pune",): 0, ("Rich",): 3, ("Pune", "Rich"): 3, ("Bought",): 2, ("Pune", "Bought"): 1,
    ("Rich", "Bought"): 1, ("Pune", "Rich", "Bought"): 2,
}  # fmt: skip


def test_every_region_has_whoever_is_in_exactly_those_segments(shop: Stores) -> None:
    found = overlap(shop, three(shop), now=NOW, zone=ZONE)
    assert regions(found) == EXPECTED
    assert [segment["size"] for segment in found.segments] == [6, 9, 6]
    assert (found.total, found.engine) == (12, audiences.MONGODB)
    assert [region.size for region in found.regions] == sorted(EXPECTED.values(), reverse=True)


def test_the_columns_have_the_same_regions(shop: Stores, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    keeper = Keeper(shop, shelf_of(settings()))
    keeper.catch_up()
    ids = three(shop)
    found = overlap(shop, ids, now=NOW, zone=ZONE)
    earlier = overlap(shop, ids, now=NOW - timedelta(days=10), zone=ZONE)
    settings.cache_clear()
    assert (regions(found), found.engine) == (EXPECTED, audiences.COLUMNS)
    assert found.known_at <= utc_now()
    assert (earlier.segments[2]["size"], earlier.engine) == (0, audiences.COLUMNS)


def test_the_rule_of_a_region_selects_whoever_is_in_it(shop: Stores) -> None:
    found = overlap(shop, three(shop), now=NOW, zone=ZONE)
    assert regions(found) == EXPECTED
    for region in found.regions:
        rule = rulebook.parse(shop, found.tree(region))
        assert audiences.count(shop, rule, now=NOW, zone=ZONE) == region.size


def test_orders_after_the_instant_do_not_count(shop: Stores) -> None:
    found = overlap(shop, three(shop), now=NOW - timedelta(days=10), zone=ZONE)
    assert found.segments[2]["size"] == 0


@pytest.mark.parametrize("pick", [lambda ids: ids[:1], lambda ids: ids[:1] * 2, lambda ids: ids * 2])
def test_two_to_five_different_segments_are_compared(shop: Stores, pick: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        overlap(shop, pick(three(shop)), now=NOW, zone=ZONE)
    assert refused.value.fields[0].field == "segmentIds"


def test_a_segment_that_is_gone_is_not_found(shop: Stores) -> None:
    with pytest.raises(NotFound):
        overlap(shop, ["x", three(shop)[0]], now=NOW, zone=ZONE)


def test_regions_come_by_rest_with_rules_to_save(shop: Stores, client) -> None:
    analyst, ids = client("analyst"), three(shop)
    body = analyst.post("/api/segments/overlap", json={"segmentIds": ids, "asOf": NOW.isoformat()}).json()
    assert (body["total"], len(body["regions"])) == (12, 8)
    largest = body["regions"][0]
    preview = analyst.post("/api/audience/preview", json={"rules": largest["rules"], "asOf": NOW.isoformat()})
    assert preview.json()["size"] == largest["size"]
    for bad in ({"segmentIds": ids[:1]}, {"segmentIds": "x"}, {}, {"segmentIds": [{"$ne": 1}, "a"]}):
        assert analyst.post("/api/segments/overlap", json=bad).status_code == 422
