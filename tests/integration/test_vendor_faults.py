"""A vendor that does as it pleases: every message ends once, and nobody is messaged twice."""

from collections import Counter
from dataclasses import replace

import pytest

from crm import campaigns, carriers, delivery, ledger
from crm.errors import Unavailable
from crm.stores import lanes, rates, streams
from crm.vendors.protocol import EMAIL, Answer, Limits, Message, Verdict
from crm.vendors.simulated import SimulatedVendor
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.waiting import until

SIZE = 620


def launched(stores, **options):
    return campaigns.launch_new(
        stores, name="x", rules=EVERYONE, template="Hi {name}", options=options, account=MARKETER, now=NOW
    )["_id"]


def configured(stores, **faults):
    carriers.configure(stores, carriers.DEFAULT, faults, account=MARKETER, now=NOW)


def ended(stores, campaign_id):
    """The books, audited, with their status."""
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    return {state: many for state, many in books.counts.items() if many}


def status(stores, campaign_id):
    return campaigns.get(stores, campaign_id)["status"]


def verdicts(stores):
    """What the vendor says of everybody's first attempt, whatever its faults."""
    rows = list(stores.collection("deliveries").find({}))
    answers = SimulatedVendor().ask([f"{row['_id']}:1" for row in rows])
    return {row["_id"]: row["state"] for row in rows}, {
        answer.key.removesuffix(":1"): str(answer.verdict) for answer in answers
    }


@pytest.mark.parametrize(
    "faults",
    [
        {"temporary": 0.4, "tries": 20},
        {"duplicate": 0.5, "late": 0.5, "lateBy": 600},
        {"lost": 0.3, "answerWithin": 5},
        {"temporary": 0.2, "duplicate": 0.3, "late": 0.3, "lost": 0.2, "tries": 20, "batch": 7, "calls": 8},
    ],
    ids=["temporary", "twice and late", "lost", "everything"],
)
def test_whatever_is_put_off_late_twice_or_lost_ends_as_the_vendor_says(stores, faults):
    crowd(stores, SIZE)
    configured(stores, **faults)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.finish()
    hands.skip(minutes=2)
    hands.finish()
    stated, true = verdicts(stores)
    assert stated == true
    assert status(stores, campaign_id) == "finished"
    assert sum(ended(stores, campaign_id).values()) == SIZE
    assert stores.collection("deliveries").count_documents({"waits": {"$exists": True}}) == 0


def test_what_a_throttle_puts_off_goes_when_there_is_room_again(stores):
    crowd(stores, SIZE)
    configured(stores, throttle=300)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)

    def done():
        hands.step(streams.SEND)
        hands.step(streams.RECEIPTS)
        hands.skip(minutes=1)
        return status(stores, campaign_id) == "finished"

    until(done, interval=1)  # the vendor counts in true seconds
    stated, true = verdicts(stores)
    assert stated == true
    assert sum(ended(stores, campaign_id).values()) == SIZE


def test_a_message_that_is_put_off_again_and_again_fails_for_that_reason(stores):
    crowd(stores, 30)
    configured(stores, temporary=1, tries=3)
    campaign_id = launched(stores, errorBudget=1)
    Hands(stores).finish()
    assert ledger.reasons(stores, campaign_id, "failed") == {"given up after 3 tries: try again later": 30}


class Recording(SimulatedVendor):
    """A vendor that keeps a list of the keys it was handed, and does what it is told first."""

    def __init__(self, *, keys=True, first=None, **more):
        super().__init__(refused=0, honours_keys=keys, **more)
        object.__setattr__(self, "seen", [])
        object.__setattr__(self, "first", first)

    def submit(self, messages):
        self.seen.extend(message.key for message in messages)
        first, _ = self.first, object.__setattr__(self, "first", None)
        if first is not None:
            raise first
        return super().submit(messages)


def test_a_retried_try_keeps_its_key_and_only_a_retry_changes_it(stores):
    crowd(stores, 40)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    vendor = Recording(first=Unavailable("away"))
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=vendor)
    assert ended(stores, campaign_id) == {"pending": 40}
    hands.skip(seconds=5)
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=vendor)
    hands.finish()
    assert Counter(vendor.seen) == dict.fromkeys(vendor.seen, 2)
    assert {key[-2:] for key in vendor.seen} == {":1"}
    assert ended(stores, campaign_id) == {"sent": 40}


def test_a_vendor_that_stays_away_pauses_the_campaign_and_says_so(stores):
    crowd(stores, 40)
    configured(stores, outage=True)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    for _ in range(60):
        hands.step(streams.SEND)
        hands.skip(seconds=4)
        if status(stores, campaign_id) == "paused":
            break
    campaign = campaigns.get(stores, campaign_id)
    assert (campaign["status"], campaign["pendingCount"]) == ("paused", 40)
    assert "has not answered for a minute" in campaign["pausedBecause"]
    configured(stores, outage=False)
    resumed = campaigns.resume(stores, campaign_id, account=MARKETER, now=hands.now())
    assert resumed["pausedBecause"] is None
    hands.finish()
    assert sum(ended(stores, campaign_id).values()) == 40
    assert status(stores, campaign_id) == "finished"


def test_too_many_failures_pause_the_campaign_until_it_is_resumed(stores):
    crowd(stores, 1_600)
    configured(stores, refused=0.4)
    campaign_id = launched(stores, errorBudget=0.3)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND, count=1)
    hands.step(streams.RECEIPTS)
    hands.finish()
    campaign = campaigns.get(stores, campaign_id)
    assert campaign["status"] == "paused"
    assert "more than the 30% that this campaign allows" in campaign["pausedBecause"]
    assert campaign["pendingCount"] >= 1_000
    configured(stores, refused=0.1)
    campaigns.resume(stores, campaign_id, account=MARKETER, now=hands.now())
    hands.finish()
    assert status(stores, campaign_id) == "finished"
    assert sum(ended(stores, campaign_id).values()) == 1_600


def test_an_answer_that_never_comes_is_no_answer(stores):
    class Forgetful(SimulatedVendor):
        def ask(self, keys):
            return []

    crowd(stores, 25)
    configured(stores, lost=1, answerWithin=10)
    campaign_id = launched(stores, errorBudget=1)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carriers, "vendor", lambda *_: Forgetful())
        hands.skip(seconds=5)
        assert ended(stores, campaign_id) == {"pending": 25}
        hands.skip(seconds=6)
        hands.finish()
    assert ledger.reasons(stores, campaign_id, "failed") == {"no answer": 25}


def test_without_keys_a_lost_answer_is_unclear_and_never_sent_again_by_itself(stores):
    crowd(stores, 60)
    campaign_id = launched(stores, errorBudget=1)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    entries = hands.take(streams.SEND)
    vendor = Recording(keys=False)
    delivery.send(stores, entries, now=hands.now(), vendor=vendor)
    hands.take(streams.RECEIPTS)  # the sender died before it could tell
    stores.redis.delete(streams.key(stores, streams.RECEIPTS))
    hands.seen[streams.RECEIPTS] = "-"
    for _ in range(8):
        delivery.send(stores, entries, now=hands.now(), vendor=vendor)
        hands.step(streams.RECEIPTS)
        hands.ahead += delivery_age()
    hands.step(streams.RECEIPTS)
    assert len(vendor.seen) == len(set(vendor.seen)) == 60
    assert ledger.reasons(stores, campaign_id, "failed") == {"unclear: the vendor's answer was lost": 60}
    with pytest.raises(campaigns.IllegalTransition, match="No message"):
        campaigns.retry(stores, campaign_id, account=MARKETER, now=hands.now())
    campaigns.retry(
        stores, campaign_id, reason="unclear: the vendor's answer was lost", account=MARKETER, now=hands.now()
    )
    hands.finish()
    assert status(stores, campaign_id) == "finished"


def delivery_age():
    from crm.turns import UNCLEAR_AFTER

    return UNCLEAR_AFTER / 4


def test_without_keys_a_call_that_breaks_is_unclear_at_once(stores):
    crowd(stores, 12)
    campaign_id = launched(stores, errorBudget=1)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    vendor = Recording(keys=False, first=ConnectionResetError("gone"))
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=vendor)
    hands.finish()
    assert ended(stores, campaign_id) == {"failed": 12}


def test_pause_holds_what_was_put_off_and_cancel_calls_it_off(stores):
    crowd(stores, 50)
    configured(stores, temporary=1, tries=20)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    campaigns.pause(stores, campaign_id, account=MARKETER, now=NOW)
    configured(stores, temporary=0)
    hands.finish()
    assert ended(stores, campaign_id) == {"pending": 50}
    campaigns.cancel(stores, campaign_id, account=MARKETER, now=NOW)
    hands.finish()
    assert ended(stores, campaign_id) == {"cancelled": 50}


def test_a_rate_is_held_and_starts_from_nothing(stores):
    assert rates.take(stores, [], 500).granted == 500
    limit = [("x", 1_000.0)]
    first = rates.take(stores, limit, 500)
    assert first.granted == 0
    assert first.held_by == 0
    rates.take(stores, limit, 0)
    slow = rates.take(stores, [*limit, ("y", 0.5)], 5)
    assert (slow.granted, slow.held_by) == (0, 1)
    assert 1 < slow.wait <= 2


def test_campaigns_take_turns_so_a_small_one_does_not_wait_behind_a_large_one(stores):
    lanes.open_lane(stores, "large", ({"campaignId": "large", "number": n} for n in range(200)), ahead=0)
    lanes.open_lane(stores, "small", ({"campaignId": "small", "number": n} for n in range(3)), ahead=0)
    lanes.pump(stores, ahead=0)
    stores.redis.xgroup_create(streams.key(stores, streams.SEND), streams.GROUP, id="0", mkstream=True)
    lanes.pump(stores, ahead=8)
    names = [entry["campaignId"] for entry in Hands(stores).waiting(streams.SEND)]
    assert names == ["large", "small"] * 3 + ["large"] * 2


def test_what_is_due_twice_for_one_batch_is_published_once(stores):
    entry = {"campaignId": "c", "number": 1, "due": True}
    for _ in range(3):
        lanes.later(stores, streams.SEND, entry, NOW)
    lanes.later(stores, streams.RECEIPTS, entry, NOW)
    lanes.later(stores, streams.RECEIPTS, entry, NOW)
    assert lanes.pump(stores, NOW) == 3


def test_the_limit_of_calls_is_the_most_that_is_under_way(stores):
    crowd(stores, 300)
    launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    vendor = replace(SimulatedVendor(), limits=Limits(batch=10, calls=4))
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=vendor)
    hands.finish()
    stated, true = verdicts(stores)
    assert stated == true


def test_an_answer_for_nobody_is_left_alone(stores):
    class Chatty(SimulatedVendor):
        def submit(self, messages):
            stray = Message("x:y:1", EMAIL, None, "Hi")
            return [*super().submit(messages), Answer(stray.key, Verdict.SENT)]

    crowd(stores, 5)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=Chatty())
    hands.finish()
    assert sum(ended(stores, campaign_id).values()) == 5


def test_those_in_the_hands_of_a_vendor_who_answers_later_are_counted_by_their_variant(stores):
    crowd(stores, 50)
    configured(stores, late=1, lateBy=600)
    variants = [{"name": "A", "share": 1}, {"name": "B", "share": 1}]
    campaign_id = launched(stores, variants=variants)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    assert ledger.by_variant(stores, campaign_id) == {}
    hands.step(streams.SEND)
    counted = ledger.by_variant(stores, campaign_id)
    assert sum(counts["pending"] for counts in counted.values()) == 50
