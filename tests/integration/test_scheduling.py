"""Campaigns that are launched by themselves: once, at their time, to the segment that was chosen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from crm import campaigns, launching, library
from crm.errors import IllegalTransition, InvalidInput
from crm.settings import settings
from crm.stores import streams
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.integration.working import working
from tests.waiting import until
from workers import roles

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


def city(name):
    return {"type": "condition", "field": "city", "operator": "equals", "value": name}


@pytest.fixture
def segment(stores):
    crowd(stores, 5)
    crowd(stores, 2, city="Delhi")
    return library.save(
        stores, name="Here", rules=city("Pune"), account=MARKETER, now=NOW, zone=settings().zone
    )


def scheduled(stores, segment_id=None, **more):
    more = {"at": LATER, "template": "Hi"} | more
    rules = None if segment_id else EVERYONE
    return campaigns.schedule_new(
        stores, name="x", segment_id=segment_id, rules=rules, account=MARKETER, now=NOW, **more
    )


def status(stores, campaign):
    return campaigns.get(stores, campaign["_id"])["status"]


def change_the_segment(stores, segment):
    library.update(
        stores, segment["_id"], rules=city("Delhi"), account=MARKETER, now=NOW, zone=settings().zone
    )


def test_a_campaign_is_launched_when_its_time_has_come_and_not_before(stores):
    crowd(stores, 3)
    campaign = scheduled(stores)
    assert launching.start_due(stores, LATER - timedelta(seconds=1)) == 0
    assert status(stores, campaign) == "scheduled"
    assert launching.start_due(stores, LATER) == 1
    assert launching.start_due(stores, LATER) == 0
    Hands(stores).finish()
    found = campaigns.get(stores, campaign["_id"])
    assert (found["status"], found["audienceSize"], found["launchedAt"]) == ("finished", 3, LATER)


def test_many_workers_launch_a_due_campaign_once(stores):
    crowd(stores, 3)
    for _ in range(4):
        scheduled(stores)
    with ThreadPoolExecutor(4) as pool:
        launched = list(pool.map(lambda _: launching.start_due(stores, LATER), range(8)))
    assert sum(launched) == 4
    assert len(Hands(stores).waiting(streams.PLAN)) == 4


@pytest.mark.parametrize(("freeze", "reached"), [("start", 2), ("now", 5)])
def test_a_segment_that_changes_counts_as_was_chosen(stores, segment, freeze, reached):
    campaign = scheduled(stores, segment["_id"], freeze=freeze)
    assert "Pune" in campaign["description"]
    change_the_segment(stores, segment)
    launching.start_due(stores, LATER)
    found = campaigns.get(stores, campaign["_id"])
    assert (found["expectedSize"], found["freeze"]) == (reached, freeze)


def test_a_time_without_an_offset_is_the_accounts(stores, monkeypatch):
    crowd(stores, 1)
    monkeypatch.setenv("CRM_TIME_ZONE", "Asia/Kolkata")
    settings.cache_clear()
    campaign = scheduled(stores, at="2025-06-01T18:00")
    settings.cache_clear()
    assert campaign["scheduledAt"] == datetime(2025, 6, 1, 12, 30, tzinfo=UTC)


def test_a_campaign_that_can_not_be_launched_is_a_draft_again_and_says_why(stores, segment):
    nobody = scheduled(stores, segment["_id"])
    stores.collection("customers").delete_many({})
    assert launching.start_due(stores, LATER) == 0
    found = campaigns.get(stores, nobody["_id"])
    assert (found["status"], found["scheduledAt"]) == ("draft", None)
    assert "nobody" in found["problem"]


def test_a_scheduled_campaign_is_called_back_cancelled_or_launched_early(stores):
    crowd(stores, 2)
    back, gone, early = (scheduled(stores) for _ in range(3))
    asked = {"account": MARKETER, "now": NOW}
    assert campaigns.unschedule(stores, back["_id"], **asked)["status"] == "draft"
    assert campaigns.cancel(stores, gone["_id"], **asked)["status"] == "cancelled"
    assert campaigns.launch(stores, early["_id"], **asked)["status"] == "planning"
    assert launching.start_due(stores, LATER) == 0
    with pytest.raises(IllegalTransition, match="called back"):
        campaigns.unschedule(stores, early["_id"], **asked)


@pytest.mark.parametrize("bad", [{"at": NOW}, {"at": NOW - HOUR}, {"at": "soon"}, {"freeze": "maybe"}])
def test_a_schedule_that_makes_no_sense_keeps_nothing(stores, bad):
    with pytest.raises(InvalidInput):
        scheduled(stores, **bad)
    with pytest.raises(InvalidInput, match="message"):
        scheduled(stores, template="Hi {nme}")
    assert campaigns.listing(stores)["items"] == []


def test_a_worker_launches_what_is_due(stores):
    crowd(stores, 4)
    campaign = scheduled(stores)
    with working(stores, roles.KINDS["delivery"]):
        until(lambda: status(stores, campaign) == "finished", timeout=60)
