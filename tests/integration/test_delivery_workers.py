"""Delivery by real workers: several at once, every entry twice, and one that looks for what got lost."""

from crm import campaigns, ledger
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
        until(lambda: campaigns.stats(stores, campaign_id)["status"] != "planning", timeout=60)
        again = [{"campaignId": campaign_id, "number": number, "attempt": 1} for number in range(7)]
        streams.publish(stores, streams.SEND, again)
        until(lambda: finished(stores, campaign_id), timeout=60)
        until(lambda: not any(streams.backlog(stores, name) for name in ("plan", "send", "receipts")))
    everybody_settled_once(stores, campaign_id, 3_200)


def test_several_campaigns_at_once_keep_their_own_books(stores):
    crowd(stores, 700)
    with working(stores, DELIVERY):
        started = [launched(stores) for _ in range(4)]
        for campaign_id in started:
            until(lambda at=campaign_id: finished(stores, at), timeout=60)
    for campaign_id in started:
        everybody_settled_once(stores, campaign_id, 700)


def test_a_worker_finds_the_campaign_whose_entry_was_lost(stores):
    crowd(stores, 20)
    campaign_id = launched(stores)
    stores.redis.delete(streams.key(stores, streams.PLAN))
    with working(stores, DELIVERY):
        until(lambda: finished(stores, campaign_id), timeout=60)
    everybody_settled_once(stores, campaign_id, 20)
