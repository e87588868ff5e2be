"""What is kept about saved segments: versions, tags, sizes."""

from datetime import timedelta
from typing import Any

import pytest

from crm import library
from crm.errors import Conflict, InvalidInput, NotFound
from crm.saved import sizes, usage, versions
from crm.stores.connection import Stores
from tests.integration.kept import ANNA, BO, NOW, ZONE, changed, delete, more, saved, together, within

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
