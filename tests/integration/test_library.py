"""Saved segments on a real MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import library
from crm.auth import Account
from crm.errors import Conflict, InvalidInput, InvalidRule, NotFound
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, 30, 15, 123456, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
MORE = {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": "1000"}
BIG = {"id": 1, "type": "group", "operator": "AND", "conditions": [MORE]}


def saved(stores: Stores, name: str = "Big spenders", rules: Any = BIG, at: datetime = NOW) -> dict[str, Any]:
    return library.save(stores, name=name, rules=rules, account=ANNA, now=at, zone=ZONE)


def test_a_saved_segment_reads_back_as_it_was_given_with_its_size(stores: Stores) -> None:
    stores.db.customers.insert_many([{"_id": "1", "totalSpent": 5000.0}, {"_id": "2", "totalSpent": 1.0}])
    segment = saved(stores, "  Big   spenders ")
    assert segment == library.get(stores, segment["_id"])
    assert (segment["name"], segment["rules"], segment["lastSize"]) == ("Big spenders", BIG, 1)
    assert segment["createdBy"] == ANNA.id


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (None, "rules"),
        ({}, "rules.type"),
        ({"type": "group", "operator": "AND", "conditions": []}, "rules.conditions"),
        ({**BIG, "conditions": [{**MORE, "value": ""}]}, "rules.conditions[0].value"),
        ({**BIG, "conditions": [{**MORE, "field": "shoeSize"}]}, "rules.conditions[0].field"),
    ],
)
def test_rules_that_cannot_be_evaluated_are_not_saved(stores: Stores, rules: Any, path: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        saved(stores, rules=rules)
    assert refused.value.path == path
    segment = saved(stores)
    with pytest.raises(InvalidRule):
        library.update(stores, segment["_id"], rules=rules or {}, account=ANNA, now=NOW, zone=ZONE)
    assert library.get(stores, segment["_id"]) == segment
    assert library.total(stores) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_segment_needs_a_name_of_reasonable_length(stores: Stores, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        saved(stores, name)
    assert refused.value.fields[0].field == "name"


def test_a_name_is_taken_whatever_its_case(stores: Stores) -> None:
    saved(stores, "Straße")
    with pytest.raises(Conflict, match="STRASSE"):
        saved(stores, "STRASSE")


def test_a_description_stays_where_only_the_name_is_changed(stores: Stores) -> None:
    at = saved(stores, "Vip")["_id"]
    described = library.rename(stores, at, "Vip", description=" For May ", account=ANNA, now=NOW)
    assert described["description"] == "For May"
    assert library.rename(stores, at, "VIP", account=ANNA, now=NOW)["description"] == "For May"


def test_a_segment_may_be_renamed_to_another_spelling_of_its_own_name(stores: Stores) -> None:
    segment = saved(stores, "vip")
    assert library.rename(stores, segment["_id"], "VIP", account=ANNA, now=NOW)["name"] == "VIP"


def test_renaming_to_a_taken_name_changes_nothing(stores: Stores) -> None:
    saved(stores, "One")
    two = saved(stores, "Two")
    with pytest.raises(Conflict):
        library.rename(stores, two["_id"], "one", account=ANNA, now=NOW)
    assert library.get(stores, two["_id"])["name"] == "Two"


def test_a_change_by_somebody_else_meanwhile_is_not_overwritten(stores: Stores) -> None:
    segment = saved(stores)
    later = NOW + timedelta(minutes=1)
    change = {"account": ANNA, "zone": ZONE, "expected": segment["updatedAt"]}
    first = library.update(stores, segment["_id"], description="mine", now=later, **change)
    with pytest.raises(Conflict, match="Somebody changed"):
        library.update(stores, segment["_id"], description="theirs", now=later, **change)
    assert library.get(stores, segment["_id"]) == first


def test_new_rules_are_counted_at_once(stores: Stores) -> None:
    segment = saved(stores)
    stores.db.customers.insert_one({"_id": "1", "totalSpent": 1.0})
    later = NOW + timedelta(days=1)
    everyone = {"type": "everyone"}
    changed = library.update(stores, segment["_id"], rules=everyone, account=ANNA, now=later, zone=ZONE)
    assert (segment["lastSize"], changed["lastSize"]) == (0, 1)
    assert changed["lastSizeAt"] > segment["lastSizeAt"]
    assert changed["name"] == segment["name"]


def test_a_copy_gets_a_name_of_its_own(stores: Stores) -> None:
    segment = saved(stores)
    names = [library.duplicate(stores, segment["_id"], account=ANNA, now=NOW)["name"] for _ in range(3)]
    assert names == ["Big spenders (copy)", "Big spenders (copy 2)", "Big spenders (copy 3)"]


def test_a_copy_of_the_longest_name_still_fits(stores: Stores) -> None:
    segment = saved(stores, "x" * 120)
    assert library.duplicate(stores, segment["_id"], account=ANNA, now=NOW)["name"] == "x" * 113 + " (copy)"


@pytest.mark.parametrize("status", ["draft", "running", "paused"])
def test_a_segment_that_an_open_campaign_uses_is_not_deleted(stores: Stores, status: str) -> None:
    segment = saved(stores)
    campaign = {"_id": "c", "name": "May sale", "segmentId": segment["_id"], "status": status}
    stores.db.campaigns.insert_one(campaign)
    with pytest.raises(Conflict, match="May sale"):
        library.delete(stores, segment["_id"], account=ANNA, now=NOW)
    stores.db.campaigns.update_one({"_id": "c"}, {"$set": {"status": "finished"}})
    library.delete(stores, segment["_id"], account=ANNA, now=NOW)
    with pytest.raises(NotFound):
        library.get(stores, segment["_id"])


def test_a_segment_that_is_gone_is_not_found(stores: Stores) -> None:
    for act in (
        lambda: library.get(stores, "nope"),
        lambda: library.rename(stores, "nope", "x", account=ANNA, now=NOW),
        lambda: library.update(stores, "nope", name="x", account=ANNA, now=NOW, zone=ZONE),
        lambda: library.duplicate(stores, "nope", account=ANNA, now=NOW),
        lambda: library.delete(stores, "nope", account=ANNA, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()


def test_pages_list_each_segment_once_latest_change_first(stores: Stores) -> None:
    for number in range(7):
        saved(stores, f"S{number}", at=NOW + timedelta(seconds=number // 2))
    names, cursor = [], None
    while True:
        items, cursor = library.listing(stores, limit=3, cursor=cursor)
        names += [item["name"] for item in items]
        if cursor is None:
            break
    assert names == ["S6", "S5", "S4", "S3", "S2", "S1", "S0"]


def test_a_search_takes_text_literally_whatever_its_case(stores: Stores) -> None:
    for name in ("VIP (a+b)", "vip", "new"):
        saved(stores, name)
    assert [item["name"] for item in library.listing(stores, search="(A+")[0]] == ["VIP (a+b)"]
    assert library.total(stores, "VI") == 2


def test_what_happens_to_segments_is_in_the_audit_log(stores: Stores) -> None:
    segment = saved(stores)
    library.rename(stores, segment["_id"], "Other", account=ANNA, now=NOW)
    library.delete(stores, segment["_id"], account=ANNA, now=NOW)
    entries = stores.db.audit.find({"subject": segment["_id"]}).sort("_id", 1)
    assert [entry["action"] for entry in entries] == ["segment_saved", "segment_renamed", "segment_deleted"]
