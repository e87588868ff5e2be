"""What is kept about saved segments: versions, tags, sizes, who goes by them, the deleted ones."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm import campaigns, library
from crm.auth import Account
from crm.errors import Conflict, CrmError, InvalidInput, NotFound
from crm.saved import sizes, trash, usage, versions
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, 30, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
BO = Account("b" * 24, "bo@example.com", "Bo", "analyst")
EVERYONE = {"type": "everyone"}


def more(amount: int) -> dict[str, Any]:
    return {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": amount}


def within(segment: dict[str, Any]) -> dict[str, Any]:
    return {"type": "segment", "segmentId": segment["_id"], "in": True}


def saved(stores: Stores, name: str = "Big", rules: Any = None, **other: Any) -> dict[str, Any]:
    rules = rules or more(1000)
    return library.save(stores, name=name, rules=rules, account=ANNA, now=NOW, zone=ZONE, **other)


def changed(stores: Stores, segment: dict[str, Any], rules: Any, **other: Any) -> dict[str, Any]:
    given = {"account": BO, "now": NOW + timedelta(hours=1), "zone": ZONE} | other
    return library.update(stores, segment["_id"], rules=rules, **given)


def delete(stores: Stores, segment: dict[str, Any], at: datetime = NOW) -> None:
    trash.delete(stores, segment["_id"], account=ANNA, now=at)


# Versions


def test_each_change_of_the_rules_keeps_the_old_ones_with_who_when_and_how_many(stores: Stores) -> None:
    stores.db.accounts.insert_one({"_id": ANNA.id, "name": "Anna", "email": "anna@example.com"})
    stores.db.customers.insert_many([{"_id": "1", "totalSpent": 5000.0}, {"_id": "2", "totalSpent": 50.0}])
    segment = saved(stores)
    later = changed(stores, segment, more(10))
    assert (segment["version"], later["version"]) == (1, 2)
    items, following = versions.listing(stores, segment["_id"])
    assert following is None
    assert [(one["version"], one["size"], one["rules"]["value"]) for one in items] == [
        (2, 2, 10),
        (1, 1, 1000),
    ]
    first = items[1]
    assert (first["savedBy"], first["savedByName"], first["savedAt"]) == (ANNA.id, "Anna", NOW)
    assert items[0]["savedBy"] == BO.id
    assert first["description"] == "Customers who spent more than ₹1,000"


def test_another_name_or_the_same_rules_make_no_version(stores: Stores) -> None:
    segment = saved(stores)
    again = {"id": 9, "type": "group", "operator": "AND", "conditions": [{**more(1000), "value": "1000"}]}
    assert changed(stores, segment, again, name="Other")["version"] == 1
    assert len(versions.listing(stores, segment["_id"])[0]) == 1


def test_another_order_of_the_conditions_is_kept_and_makes_no_version(stores: Stores) -> None:
    other = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
    both = [
        {"type": "group", "operator": "AND", "conditions": each}
        for each in ([more(1), other], [other, more(1)])
    ]
    segment = saved(stores, rules=both[0])
    turned = changed(stores, segment, both[1])
    assert (turned["rules"], turned["version"]) == (both[1], 1)
    assert library.get(stores, segment["_id"])["rules"] == both[1]


def test_versions_are_compared_condition_by_condition(stores: Stores) -> None:
    segment = saved(stores)
    changed(stores, segment, more(10))
    [step] = versions.compare(stores, segment["_id"], 1, 2)
    assert (step.kind, step.before, step.after) == (
        "changed",
        "spent more than ₹1,000",
        "spent more than ₹10",
    )


def test_restoring_makes_another_version_and_loses_none(stores: Stores) -> None:
    segment = saved(stores)
    changed(stores, segment, more(10))
    given = {"account": ANNA, "now": NOW + timedelta(hours=2), "zone": ZONE}
    restored = versions.restore(stores, segment["_id"], 1, **given)
    assert (restored["version"], restored["rules"]) == (3, segment["rules"])
    back = versions.restore(stores, segment["_id"], 2, **given)
    assert (back["version"], back["rules"]["value"]) == (4, 10)
    assert [one["rules"]["value"] for one in versions.listing(stores, segment["_id"])[0]] == [
        10,
        1000,
        10,
        1000,
    ]


def test_restoring_what_somebody_changed_meanwhile_is_refused(stores: Stores) -> None:
    segment = saved(stores)
    changed(stores, segment, more(10))
    with pytest.raises(Conflict, match="Somebody changed"):
        versions.restore(
            stores, segment["_id"], 1, account=ANNA, now=NOW, zone=ZONE, expected=segment["updatedAt"]
        )
    assert library.get(stores, segment["_id"])["version"] == 2


def test_versions_come_page_by_page(stores: Stores) -> None:
    segment = saved(stores)
    for amount in range(1, 5):
        changed(stores, segment, more(amount))
    numbers, before = [], None
    while True:
        items, before = versions.listing(stores, segment["_id"], limit=2, before=before)
        numbers += [one["version"] for one in items]
        if before is None:
            break
    assert numbers == [5, 4, 3, 2, 1]


def test_a_version_whose_segment_is_gone_can_still_be_read(stores: Stores) -> None:
    other = saved(stores, "Other")
    segment = saved(stores, rules=within(other))
    changed(stores, segment, more(10))
    delete(stores, other)
    assert versions.get(stores, segment["_id"], 1)["description"] is not None
    assert [step.kind for step in versions.compare(stores, segment["_id"], 1, 2)] == ["added", "removed"]


def test_a_version_that_never_was_is_not_found(stores: Stores) -> None:
    segment = saved(stores)
    for number in (0, 2, -1):
        with pytest.raises(NotFound):
            versions.get(stores, segment["_id"], number)
    with pytest.raises(NotFound):
        versions.listing(stores, "nope")


def test_changes_at_once_keep_every_version(stores: Stores) -> None:
    segment = saved(stores)
    amounts = list(range(1, 9))
    together([lambda amount=amount: changed(stores, segment, more(amount)) for amount in amounts])
    items, _ = versions.listing(stores, segment["_id"])
    assert [one["version"] for one in items] == list(range(9, 0, -1))
    assert sorted(one["rules"]["value"] for one in items) == [*amounts, 1000]


def together(acts: list[Any]) -> list[Exception]:
    """Do all at once; what was refused."""
    refused: list[Exception] = []
    start = threading.Barrier(len(acts))

    def run(act: Any) -> None:
        start.wait()
        try:
            act()
        except CrmError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


# Tags and the list


def test_tags_are_kept_once_whatever_their_case(stores: Stores) -> None:
    segment = saved(stores, tags=[" Spring  sale ", "vip", "VIP"])
    assert segment["tags"] == ["Spring sale", "vip"]
    tagged = library.tag(stores, segment["_id"], add=["new"], remove=["SPRING SALE"], account=BO, now=NOW)
    assert (tagged["tags"], tagged["updatedAt"]) == (["vip", "new"], segment["updatedAt"])
    assert library.known_tags(stores) == ["new", "vip"]


def test_tags_set_at_once_are_all_there(stores: Stores) -> None:
    segment = saved(stores)
    at = segment["_id"]
    together([lambda n=n: library.tag(stores, at, add=[f"t{n}"], account=BO, now=NOW) for n in range(6)])
    assert sorted(library.get(stores, at)["tags"]) == [f"t{n}" for n in range(6)]


@pytest.mark.parametrize("tags", [[""], ["x" * 41], [f"t{n}" for n in range(21)]])
def test_a_bad_tag_is_refused(stores: Stores, tags: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        saved(stores, tags=tags)
    assert refused.value.fields[0].field == "tags"


def test_the_list_is_narrowed_by_tags_and_text(stores: Stores) -> None:
    saved(stores, "A", tags=["sale", "vip"])
    saved(stores, "B", tags=["Sale"])
    saved(stores, "sales", tags=[])
    assert names(stores, tags=["SALE"]) == ["A", "B"]
    assert names(stores, tags=["sale", "vip"]) == ["A"]
    assert names(stores, search="sale") == ["A", "B", "sales"]
    assert library.total(stores, tags=["vip"]) == 1


def names(stores: Stores, **asked: Any) -> list[str]:
    return sorted(one["name"] for one in library.listing(stores, **asked)[0])


@pytest.mark.parametrize(
    ("order", "expected"),
    [("name", "ABCDE"), ("size", "EDCBA"), ("used", "DBECA"), ("changed", "EDCBA")],
)
def test_every_order_lists_each_segment_once_page_by_page(stores: Stores, order: str, expected: str) -> None:
    for number, name in enumerate("ABCDE"):
        segment = saved(stores, name)
        at = NOW + timedelta(minutes=number)
        stores.db.segments.update_one(
            {"_id": segment["_id"]}, {"$set": {"lastSize": number // 2, "updatedAt": at}}
        )
        if name in "BD":
            usage.note(stores, segment["_id"], usage.EXPORT, now=at)
    found, cursor = "", None
    while True:
        items, cursor = library.listing(stores, limit=2, cursor=cursor, order=order)
        found += "".join(item["name"] for item in items)
        if cursor is None:
            break
    assert found == expected


# Sizes


def test_sizes_are_kept_at_each_save_and_once_a_day(stores: Stores) -> None:
    stores.db.customers.insert_many([{"_id": "1", "totalSpent": 5000.0}, {"_id": "2", "totalSpent": 50.0}])
    segment = saved(stores)
    changed(stores, segment, more(10))
    day = NOW + timedelta(days=1)
    stores.db.customers.delete_one({"_id": "2"})
    assert sizes.measure_all(stores, now=day, zone=ZONE) == 1
    assert sizes.measure_all(stores, now=day + timedelta(hours=2), zone=ZONE) == 0
    points = sizes.trends(stores, [segment["_id"]], now=day)[segment["_id"]]
    assert [(point["size"], point["total"]) for point in points] == [(1, 2), (2, 2), (1, 1)]
    kept = library.get(stores, segment["_id"])
    assert (kept["lastSize"], kept["lastTotal"], kept["lastSizeAt"]) == (1, 1, day)
    assert kept["updatedAt"] == NOW + timedelta(hours=1)


def test_a_segment_that_can_not_be_counted_keeps_no_other_from_it(stores: Stores) -> None:
    broken = saved(stores, "Broken")
    stores.db.segments.update_one(
        {"_id": broken["_id"]}, {"$set": {"rules": {"type": "list", "listId": "x"}}}
    )
    saved(stores, "Good")
    assert sizes.measure_all(stores, now=NOW, zone=ZONE) == 1


def test_several_workers_note_each_segment_once_a_day(stores: Stores) -> None:
    at = [saved(stores, f"S{number}")["_id"] for number in range(5)]
    together([lambda: sizes.measure_all(stores, now=NOW, zone=ZONE)] * 3)
    kept = stores.db.segmentSizes.find({"_id": {"$in": at}})
    assert [len(one["daily"]) for one in kept] == [1] * 5


def test_many_saves_push_no_day_out_of_the_trend(stores: Stores) -> None:
    segment = saved(stores)
    sizes.measure_all(stores, now=NOW, zone=ZONE)
    for _ in range(120):
        sizes.note_save(stores, segment["_id"], sizes.Size(7, 9, NOW + timedelta(minutes=1)))
    points = sizes.trends(stores, [segment["_id"]], now=NOW)[segment["_id"]]
    assert [point["size"] for point in points].count(7) == 100
    assert points[0] == {"at": NOW, "size": 0, "total": 0}


# Used by


def test_who_goes_by_a_segment_is_found_at_any_depth(stores: Stores) -> None:
    segment, alone = saved(stores), saved(stores, "Alone")
    top = {"type": "top", "n": 5, "by": "totalSpent", "direction": "desc", "of": within(segment)}
    nested = {"type": "group", "operator": "NOT", "conditions": [top]}
    user = saved(stores, "Nested", nested)
    stores.db.campaigns.insert_many(
        [
            {"_id": "c1", "name": "May", "status": "draft", "segmentId": segment["_id"]},
            {"_id": "c2", "name": "June", "status": "running", "rules": nested},
            {"_id": "c3", "name": "April", "status": "finished", "segmentId": segment["_id"]},
            {"_id": "c4", "name": "July", "status": "draft", "include": {"segments": [segment["_id"]]}},
            {"_id": "c5", "name": "August", "status": "draft", "exclude": {"segments": [segment["_id"]]}},
        ]
    )
    found = usage.users(stores, segment["_id"])
    assert [campaign["name"] for campaign in found.campaigns] == ["May", "June", "July", "August"]
    assert found.segments == [{"_id": user["_id"], "name": "Nested"}]
    assert not usage.users(stores, alone["_id"])
    with pytest.raises(Conflict, match=r"May.*June.*July.* and 1 more.*Nested"):
        delete(stores, segment)
    assert library.get(stores, segment["_id"]) == segment


def test_a_launch_is_a_use_and_an_earlier_one_is_none_any_more(stores: Stores) -> None:
    stores.db.customers.insert_one({"_id": "1", "totalSpent": 5000.0})
    segment = saved(stores)
    campaigns.launch_new(stores, name="May", account=ANNA, now=NOW, segment_id=segment["_id"])
    usage.note(stores, segment["_id"], usage.EXPORT, now=NOW - timedelta(days=1))
    used = library.get(stores, segment["_id"])
    assert (used["lastUsedAt"], used["lastUsedFor"]) == (NOW, "campaign")
    assert used["updatedAt"] == segment["updatedAt"]


# Deleted


def test_a_deleted_segment_comes_back_with_all_it_had(stores: Stores) -> None:
    segment = saved(stores, tags=["vip"])
    now = changed(stores, segment, more(10))
    delete(stores, segment)
    [deleted] = trash.listing(stores)
    assert (deleted["name"], deleted["keptUntil"]) == ("Big", NOW + timedelta(days=30))
    with pytest.raises(NotFound):
        library.get(stores, segment["_id"])
    restored = trash.restore(stores, segment["_id"], account=BO, now=NOW + timedelta(days=3))
    assert restored == {**now, "updatedAt": NOW + timedelta(days=3)}
    assert library.get(stores, segment["_id"]) == restored
    assert len(versions.listing(stores, segment["_id"])[0]) == 2
    assert trash.listing(stores) == []


def test_a_name_that_is_taken_meanwhile_gets_an_addition(stores: Stores) -> None:
    segment = saved(stores)
    delete(stores, segment)
    saved(stores, "BIG")
    assert trash.restore(stores, segment["_id"], account=BO, now=NOW)["name"] == "Big (restored)"


def test_a_segment_comes_back_only_after_those_it_refers_to(stores: Stores) -> None:
    inner = saved(stores, "Inner")
    outer = saved(stores, "Outer", within(inner))
    delete(stores, outer)
    delete(stores, inner)
    with pytest.raises(Conflict):
        trash.restore(stores, outer["_id"], account=BO, now=NOW)
    trash.restore(stores, inner["_id"], account=BO, now=NOW)
    trash.restore(stores, outer["_id"], account=BO, now=NOW)


def test_after_thirty_days_a_deleted_segment_is_gone_for_good(stores: Stores) -> None:
    segment, other = saved(stores), saved(stores, "Other")
    changed(stores, segment, more(10))
    delete(stores, segment)
    delete(stores, other, NOW + timedelta(days=2))
    assert trash.purge(stores, now=NOW + timedelta(days=31)) == 1
    assert [one["name"] for one in trash.listing(stores)] == ["Other"]
    assert stores.db.segmentVersions.count_documents({}) == 0
    with pytest.raises(NotFound):
        trash.restore(stores, segment["_id"], account=BO, now=NOW)


# At once


def test_a_segment_is_never_deleted_under_one_that_begins_to_refer_to_it(stores: Stores) -> None:
    for number in range(6):
        inner = saved(stores, f"Inner {number}")
        together([
            lambda inner=inner: delete(stores, inner),
            lambda inner=inner, number=number: saved(stores, f"Outer {number}", within(inner)),
        ])  # fmt: skip
        there = {segment["_id"] for segment in stores.db.segments.find()}
        outer = stores.db.segments.find_one({"name": f"Outer {number}"})
        assert (inner["_id"] in there) or outer is None


def test_a_segment_is_never_deleted_under_a_campaign_that_is_being_drafted(stores: Stores) -> None:
    for number in range(6):
        segment = saved(stores, f"For {number}")
        drafted = {"name": f"Sale {number}", "account": ANNA, "now": NOW, "segment_id": segment["_id"]}
        together([
            lambda segment=segment: delete(stores, segment),
            lambda drafted=drafted: campaigns.create(stores, **drafted),
        ])  # fmt: skip
        there = stores.db.segments.count_documents({"_id": segment["_id"]})
        drafts = stores.db.campaigns.count_documents({"segmentId": segment["_id"]})
        assert (there, drafts) in [(1, 1), (0, 0)]


def test_two_segments_never_come_to_refer_to_each_other(stores: Stores) -> None:
    for number in range(4):
        one, two = saved(stores, f"One {number}"), saved(stores, f"Two {number}")
        together([
            lambda one=one, two=two: changed(stores, one, within(two)),
            lambda one=one, two=two: changed(stores, two, within(one)),
        ])  # fmt: skip
        kinds = [library.get(stores, each["_id"])["rules"]["type"] for each in (one, two)]
        assert sorted(kinds) in (["condition", "segment"], ["condition", "condition"])
