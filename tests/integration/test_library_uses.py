"""Who goes by a segment, and what becomes of it when it is deleted."""

from datetime import timedelta

import pytest

from crm import campaigns, library
from crm.errors import Conflict, NotFound
from crm.saved import trash, usage, versions
from crm.stores.connection import Stores
from tests.integration.kept import ANNA, BO, NOW, changed, delete, more, saved, together, within

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
