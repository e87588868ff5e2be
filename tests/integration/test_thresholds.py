"""The curve of an audience's size over one amount of its rule, from both engines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import audiences, segments, snapshot, thresholds
from crm.columnar import nearness
from crm.fields import folded_document
from crm.settings import settings
from crm.snapshot import Keeper
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def condition(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"type": "condition", "field": field, "operator": operator, "value": value}


SPENT = condition("totalSpent", "greaterThan", 1234)
ORDERED = {"type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": 1}
RICHEST = {"type": "top", "n": 20, "by": "totalSpent", "direction": "desc", "of": SPENT}
IN_PUNE = condition("city", "equals", "Pune")
RULES = [
    ({"type": "group", "operator": "AND", "conditions": [IN_PUNE, SPENT]}, "rules.conditions[1]"),
    ({"type": "group", "operator": "NOT", "conditions": [ORDERED, SPENT]}, "rules.conditions[1]"),
    ({"type": "group", "operator": "OR", "conditions": [IN_PUNE, ORDERED]}, "rules.conditions[1]"),
    ({"type": "group", "operator": "AND", "conditions": [RICHEST, IN_PUNE]}, "rules.conditions[0].of"),
    (condition("lastOrdered", "inTheLast", {"last": {"days": 77}}), "rules"),
    (condition("lastOrdered", "greaterThan", 77), "rules"),
    (condition("lastOrdered", "before", "2026-02-10"), "rules"),
    ({"type": "group", "operator": "AND", "conditions": [
        IN_PUNE, condition("lastOrdered", "between", ["2025-10-03", "2026-02-10"])]}, "rules.conditions[1]"),
]  # fmt: skip


@pytest.fixture
def shop(stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stores:
    """A hundred people; every fourth has n orders."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    for n in range(100):
        one = {"_id": f"{n:024x}", "city": "Pune" if n % 3 else "Delhi", "totalSpent": n * 97.5, "bucket": n,
               "lastOrdered": NOW - timedelta(days=3 * n)}  # fmt: skip
        stores.db.customers.insert_one({**one, "folded": folded_document(one)})
        for at in range(n % 4):
            stores.db.orders.insert_one({"_id": f"{n}-{at}", "customerId": one["_id"], "status": "paid",
                                         "createdAt": NOW, "total": 10.0, "products": []})  # fmt: skip
    return stores


@pytest.mark.parametrize("engine", ["mongodb", "columns"])
@pytest.mark.parametrize(("tree", "path"), RULES)
def test_every_point_is_what_the_rule_with_that_amount_selects(
    shop: Stores, engine: str, tree: dict[str, Any], path: str
) -> None:
    rule = segments.parse(tree)
    if engine == "columns":
        Keeper(shop, snapshot.shelf_of(settings())).rebuild()
    found = thresholds.curve(shop, rule, path, now=NOW, zone=ZONE)
    node: Any = dict(segments.walk(rule))[path]
    assert found.dial.amount in found.amounts
    assert list(found.amounts) == sorted(set(found.amounts))
    assert 2 < len(found.amounts) <= (thresholds.MOST if engine == "columns" else thresholds.MOST_LIVE)
    for amount, size in zip(found.amounts, found.sizes, strict=True):
        other = nearness.with_node(rule, path, thresholds.turned(node, found.dial, amount))
        assert size == audiences.count(shop, other, now=NOW, zone=ZONE), amount


@pytest.mark.parametrize("engine", ["mongodb", "columns"])
def test_the_amounts_of_a_field_are_round_and_reach_over_all_that_anybody_has(
    shop: Stores, engine: str
) -> None:
    if engine == "columns":
        Keeper(shop, snapshot.shelf_of(settings())).rebuild()
    found = thresholds.curve(shop, segments.parse(SPENT), "rules", now=NOW, zone=ZONE)
    assert (found.amounts[0], found.amounts[-1]) == (0, 9700)
    assert all(len(f"{amount:g}".rstrip("0")) <= 2 for amount in found.amounts if amount != 1234)


@pytest.mark.parametrize("which", [0, 1])
def test_the_ends_of_a_range_are_tried_up_to_each_other(shop: Stores, which: int) -> None:
    rule: Any = segments.parse(condition("totalSpent", "between", [1000, 5000]))
    found = thresholds.curve(shop, rule, "rules", now=NOW, zone=ZONE, which=which)
    assert len(found.amounts) > 4
    assert max(found.amounts) <= 5000 if which == 0 else min(found.amounts) >= 1000
    for amount, size in zip(found.amounts, found.sizes, strict=True):
        other = thresholds.turned(rule, found.dial, amount)
        assert size == audiences.count(shop, other, now=NOW, zone=ZONE)


def test_a_field_that_nobody_has_leaves_the_present_amount_alone(shop: Stores) -> None:
    rule = segments.parse(condition("age", "greaterThan", 30))
    found = thresholds.curve(shop, rule, "rules", now=NOW, zone=ZONE)
    assert (found.amounts, found.sizes) == ((30,), (0,))


def test_a_node_without_an_amount_has_no_curve(shop: Stores) -> None:
    with pytest.raises(KeyError):
        thresholds.curve(shop, segments.parse(IN_PUNE), "rules", now=NOW, zone=ZONE)
