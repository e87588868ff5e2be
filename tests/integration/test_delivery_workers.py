"""Delivery by real workers: several at once, every entry twice, and one that looks for what got lost."""

import pytest

from crm import campaigns, carriers, ledger
from crm.moment import utc_now
from crm.stores import streams
from tests.crowd import EVERYONE, MARKETER, NOW, crowd
from tests.integration.working import working
from tests.waiting import until
from workers import roles

DELIVERY = roles.KINDS["delivery"]


def launched(stores):
    return campaigns.launch_new(
        stores, name="x", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=NOW
    )["_id"]


def finished(stores, campaign_id):
    return campaigns.stats(stores, campaign_id)["status"] == "finished"


def everybody_settled_once(stores, campaign_id, size):
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert books.counts["sent"] + books.counts["failed"] == size
    attempts = stores.collection("deliveries").distinct("attempt")
    assert attempts == [1]


def test_two_workers_share_a_campaign_whose_entries_all_come_twice(stores):
    crowd(stores, 3_200)
    campaign_id = launched(stores)
    streams.publish(stores, streams.PLAN, [{"campaignId": campaign_id}])
    with working(stores, DELIVERY), working(stores, DELIVERY):
        until(lambda: campaigns.stats(stores, campaign_id)["status"] != "planning", timeout=120)
        again = [{"campaignId": campaign_id, "number": number, "attempt": 1} for number in range(7)]
        streams.publish(stores, streams.SEND, again)
        until(lambda: finished(stores, campaign_id), timeout=120)
        until(lambda: not streams.backlog(stores, "plan", "send", "receipts"))
    everybody_settled_once(stores, campaign_id, 3_200)


def test_several_campaigns_at_once_keep_their_own_books(stores):
    crowd(stores, 700)
    with working(stores, DELIVERY):
        started = [launched(stores) for _ in range(4)]
        for campaign_id in started:
            until(lambda at=campaign_id: finished(stores, at), timeout=120)
    for campaign_id in started:
        everybody_settled_once(stores, campaign_id, 700)


def test_a_worker_finds_the_campaign_whose_entry_was_lost(stores):
    crowd(stores, 20)
    campaign_id = launched(stores)
    stores.redis.delete(streams.key(stores, streams.PLAN))
    with working(stores, DELIVERY):
        until(lambda: finished(stores, campaign_id), timeout=120)
    everybody_settled_once(stores, campaign_id, 20)


def settled(stores, campaign_id):
    stats = campaigns.stats(stores, campaign_id)
    return stats["sent"] + stats["failed"]


def slow_vendor(stores, **configuration):
    wanted = {"latency": 0.05, "batch": 1, "calls": 20} | configuration
    carriers.configure(stores, carriers.DEFAULT, wanted, account=MARKETER, now=NOW)


@pytest.mark.parametrize(("action", "left"), [("pause", "pending"), ("cancel", "cancelled")])
def test_no_hand_over_begins_after_a_pause_or_a_cancellation(stores, action, left):
    crowd(stores, 3_000)
    slow_vendor(stores, rate=200)
    with working(stores, DELIVERY), working(stores, DELIVERY):
        campaign_id = launched(stores)
        until(lambda: settled(stores, campaign_id) > 50, timeout=120)
        getattr(campaigns, action)(stores, campaign_id, account=MARKETER, now=utc_now())
        after = utc_now()
        until(lambda: campaigns.stats(stores, campaign_id)[left] > 1_000, timeout=120)
        until(lambda: not streams.backlog(stores, "plan", "send", "receipts"))
    handed = stores.collection("plan").find({"handedAt": {"$exists": True}}, {"handedAt": 1})
    assert max(batch["handedAt"] for batch in handed) <= after
    assert ledger.books(stores, campaign_id).problems == ()


def test_a_campaign_with_a_rate_of_its_own_holds_up_no_other(stores):
    crowd(stores, 600)
    with working(stores, DELIVERY):
        slow = campaigns.launch_new(
            stores, name="slow", rules=EVERYONE, template="Hi", options={"rateLimit": 5}, account=MARKETER,
            now=NOW,
        )["_id"]  # fmt: skip
        quick = launched(stores)
        until(lambda: finished(stores, quick), timeout=120)
        assert settled(stores, slow) < 300
        campaigns.cancel(stores, slow, account=MARKETER, now=utc_now())


def test_what_is_put_off_is_tried_again_by_workers(stores):
    crowd(stores, 60)
    slow_vendor(stores, temporary=0.15, batch=20, calls=4, latency=0, tries=20)
    with working(stores, DELIVERY), working(stores, DELIVERY):
        campaign_id = launched(stores)
        until(lambda: finished(stores, campaign_id), timeout=120)
    everybody_settled_once(stores, campaign_id, 60)
    assert stores.collection("deliveries").find_one({"tries": {"$gte": 1}})


def test_workers_ask_for_every_answer_that_does_not_come(stores):
    crowd(stores, 700)
    slow_vendor(stores, lost=1, answerWithin=0.5, batch=100, calls=4, latency=0)
    with working(stores, DELIVERY), working(stores, DELIVERY):
        campaign_id = launched(stores)
        until(lambda: finished(stores, campaign_id), timeout=120)
    everybody_settled_once(stores, campaign_id, 700)
