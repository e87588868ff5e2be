"""A preview says the same from the snapshot's columns as from MongoDB."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crm import attributes, audiences, rulebook, segments, snapshot
from crm.attributes import Found
from crm.fields import Field, FieldType, folded_document
from crm.moment import utc_now
from crm.settings import settings
from crm.snapshot import Keeper
from crm.stores.connection import Stores, new_id

NOW = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Kolkata")
RULES = [
    {"type": "everyone"},
    {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 5000},
    {"type": "condition", "field": "city", "operator": "in", "value": ["pune", "DELHI"]},
    {"type": "condition", "field": "lastOrdered", "operator": "inTheLast", "value": {"last": {"months": 6}}},
    {"type": "condition", "field": "name", "operator": "contains", "value": "son 1"},
    {
        "type": "group",
        "operator": "NOT",
        "conditions": [
            {"type": "condition", "field": "tags", "operator": "containsAny", "value": ["vip"]},
            {"type": "condition", "field": "city", "operator": "isNotSet"},
        ],
    },
    {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 10**9},
]


def people(seed: int, size: int) -> list[dict[str, object]]:
    chance = random.Random(seed)
    found = []
    for number in range(size):
        one: dict[str, object] = {
            "_id": new_id(),
            "name": f"Person {number}",
            "totalSpent": round(chance.choice([0, 10, 900, 20_000]) * chance.random(), 2),
            "orderCount": chance.randrange(5),
            "bucket": chance.randrange(10_000),
        }
        if city := chance.choice(["Pune", "pune ", "PUNE", "Delhi", "Mumbai", "", None, 7]):
            one["city"] = city
        if chance.random() < 0.7:
            ago = timedelta(days=chance.randrange(900), milliseconds=chance.randrange(999))
            one["lastOrdered"] = NOW - ago
        if chance.random() < 0.5:
            one["tags"] = chance.choice([["VIP"], ["news", "vip"], ["news"], []])
        found.append({**one, "folded": folded_document(one)})
    return found


@pytest.fixture
def shop(stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stores]:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    stores.db.customers.insert_many(people(1, 700))
    yield stores
    settings.cache_clear()  # or the next test would look for a snapshot here


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("field", rule["type"]))
def test_both_engines_preview_alike(shop: Stores, rule: dict[str, object]):
    parsed = segments.parse(rule)
    from_mongodb = audiences.preview(shop, parsed, now=NOW, zone=ZONE)
    Keeper(shop, snapshot.shelf_of(settings())).rebuild()
    from_columns = audiences.preview(shop, parsed, now=NOW, zone=ZONE)
    assert (from_mongodb.engine, from_columns.engine) == ("mongodb", "columns")
    alike = replace(from_columns, engine="mongodb", known_at=from_mongodb.known_at)
    assert alike == from_mongodb


def test_an_old_snapshot_is_not_asked(shop: Stores):
    keeper = Keeper(shop, snapshot.shelf_of(settings()))
    keeper.rebuild()
    keeper.shelf.touch(as_of=utc_now() - timedelta(minutes=1), token=None)
    preview = audiences.preview(shop, segments.parse({"type": "everyone"}), now=NOW, zone=ZONE)
    assert preview.engine == "mongodb"


def test_a_snapshot_of_other_data_is_not_asked(shop: Stores):
    Keeper(shop, snapshot.shelf_of(settings())).rebuild()
    shelf = snapshot.shelf_of(settings())
    state = shelf.state()
    assert state is not None
    shelf.replace([], as_of=utc_now(), token=None, fields={}, source="other")
    assert snapshot.fresh(shop, settings(), now=utc_now()) is None


FOUND = (
    Found("colour", FieldType.TEXT), Found("$score", FieldType.NUMBER), Found("renews.on", FieldType.DATE),
    Found("member", FieldType.BOOLEAN), Found("<likes>", FieldType.TAGS),
)  # fmt: skip


def with_attributes(chance: random.Random, fields: dict[str, Field]) -> dict[str, object]:
    values = {
        FieldType.TEXT: lambda: chance.choice(["Red", "red ", "Blue", ""]),
        FieldType.NUMBER: lambda: chance.choice([0, -4, 12.5, 3000]),
        FieldType.DATE: lambda: NOW - timedelta(days=chance.randrange(900)),
        FieldType.BOOLEAN: lambda: chance.random() < 0.5,
        FieldType.TAGS: lambda: chance.choice([["Tea"], ["go", "tea"], []]),
    }
    own = {field.key: values[field.type]() for field in fields.values() if chance.random() < 0.7}
    return {"attributes": own} if own else {}


def test_both_engines_chart_attributes_alike_whoever_has_them(shop: Stores):
    fields = attributes.discover(shop, FOUND, now=NOW)
    chance = random.Random(5)
    more = [one | with_attributes(chance, fields) for one in people(2, 300)]
    shop.db.customers.insert_many({**one, "folded": folded_document(one, fields.values())} for one in more)
    names = [field.name for field in fields.values()]
    rule = rulebook.parse(shop, {"type": "condition", "field": "$score", "operator": "isNotSet"})
    asked = {"now": NOW, "zone": ZONE, "charts": names}
    from_mongodb = audiences.preview(shop, rule, **asked)
    Keeper(shop, snapshot.shelf_of(settings())).rebuild()
    from_columns = audiences.preview(shop, rule, **asked)
    assert [chart.field.name for chart in from_columns.charts] == names
    assert replace(from_columns, engine="mongodb", known_at=from_mongodb.known_at) == from_mongodb
    assert from_columns.charts[0].bars[0].value in ("Red", "red")
