"""Campaigns on real stores: planned, sent and settled, with the books in balance at every step."""

import random

from crm import campaigns, delivery, dry_run, ledger
from crm.stores import streams
from crm.vendors.protocol import EMAIL, Message
from crm.vendors.simulated import SimulatedVendor
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.integration.books import act, balanced, launched, rows, stats


def test_a_campaign_reaches_everybody_once_and_finishes(stores):
    people = crowd(stores, 1_203)
    hands = Hands(stores)
    campaign_id = launched(stores)
    assert stats(stores, campaign_id) == {
        "status": "planning", "total": 0, "pending": 0, "sent": 0, "failed": 0, "skipped": 0, "cancelled": 0,
    }  # fmt: skip
    hands.step(streams.PLAN)
    assert stats(stores, campaign_id)["pending"] == 1_203
    balanced(stores, campaign_id)
    hands.step(streams.SEND, count=1)
    assert balanced(stores, campaign_id)["pending"] == 1_203
    hands.finish()
    counts = balanced(stores, campaign_id)
    assert counts["sent"] + counts["failed"] == 1_203
    assert 0.06 < counts["failed"] / 1_203 < 0.14
    campaign = campaigns.get(stores, campaign_id)
    assert campaign["status"] == "finished"
    assert campaign["audienceSize"] == campaign["sentCount"] + campaign["failedCount"] == 1_203
    assert {row["customerId"] for row in rows(stores, campaign_id).values()} == set(people)


def test_the_outcome_is_the_simulated_vendors_verdict(stores):
    crowd(stores, 300)
    campaign_id = launched(stores)
    Hands(stores).finish()
    settled = rows(stores, campaign_id)
    assert len(settled) == 300
    for row in settled.values():
        message = Message(f"{row['_id']}:1", EMAIL, row["email"], row["body"])
        receipt = SimulatedVendor().submit([message])[0]
        assert (row["state"], row.get("reason")) == (receipt.verdict, receipt.reason)


def test_the_message_that_was_written_is_the_message_that_is_sent(stores):
    crowd(stores, 3)
    campaign_id = launched(stores, "Dear {name}, {city} misses you. {totalSpent}")
    Hands(stores).finish()
    bodies = sorted(row["body"] for row in rows(stores, campaign_id).values())
    assert bodies[0] == "Dear Person 00000, Pune misses you. ₹0"


def test_each_gets_his_variant_with_subject_and_html_and_keeps_it_on_a_retry(stores):
    crowd(stores, 400)
    options = {
        "channel": "email", "unsubscribeFooter": False, "subject": "For {name}", "html": "<p>{name}</p>",
        "variants": [
            {"name": "A", "share": 3, "messageTemplate": "A {{ name|upper }}"}, {"name": "B", "share": 1}],
    }  # fmt: skip
    campaign_id = campaigns.launch_new(
        stores, name="x", rules=EVERYONE, template="B {name}", options=options, account=MARKETER, now=NOW
    )["_id"]
    hands = Hands(stores)
    hands.finish()
    before = rows(stores, campaign_id)
    assert 0.68 < sum(row["variant"] == "A" for row in before.values()) / 400 < 0.82
    for row in before.values():
        name = row["name"]
        assert row["body"] == (f"A {name.upper()}" if row["variant"] == "A" else f"B {name}")
        assert (row["subject"], row["html"]) == (f"For {name}", f"<p>{name}</p>")
    act(stores, "retry", campaign_id)
    hands.finish()
    after = rows(stores, campaign_id)
    assert {key: row["variant"] for key, row in after.items()} == {
        key: row["variant"] for key, row in before.items()
    }


def test_every_entry_handled_twice_and_then_replayed_changes_nothing(stores):
    crowd(stores, 1_100)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.finish(times=2)
    counts, settled = balanced(stores, campaign_id), rows(stores, campaign_id)
    hands.replay()
    hands.finish(times=2)
    assert balanced(stores, campaign_id) == counts
    assert rows(stores, campaign_id) == settled
    assert counts["sent"] + counts["failed"] == 1_100


def test_a_retry_replayed_does_not_retry_again(stores):
    crowd(stores, 700)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.finish()
    act(stores, "retry", campaign_id)
    hands.finish(times=2)
    settled = rows(stores, campaign_id)
    hands.replay()
    hands.finish()
    assert rows(stores, campaign_id) == settled
    assert {row["attempt"] for row in settled.values()} == {1, 2}
    balanced(stores, campaign_id)


def test_receipts_in_any_order_and_number_end_in_the_same_state(stores):
    crowd(stores, 900)
    ends = []
    for seed in (1, 2):
        hands = Hands(stores)
        campaign_id = launched(stores, name=f"order {seed}")
        hands.seen |= {}
        hands.step(streams.PLAN)
        hands.step(streams.SEND)
        entries = [each for each in hands.take(streams.RECEIPTS) if each["campaignId"] == campaign_id] * 3
        random.Random(seed).shuffle(entries)
        for entry in entries:
            delivery.settle(stores, [entry], now=NOW)
            balanced(stores, campaign_id)
        verdicts = {row["state"] for row in rows(stores, campaign_id).values()}
        ends.append((stats(stores, campaign_id)["status"], verdicts))
    assert ends == [("finished", {"sent", "failed"})] * 2


def test_a_receipt_for_an_earlier_attempt_is_kept_and_changes_nothing(stores):
    crowd(stores, 400)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    first = hands.take(streams.RECEIPTS)
    delivery.settle(stores, first, now=NOW)
    failed = stats(stores, campaign_id)["failed"]
    act(stores, "retry", campaign_id)
    hands.step(streams.PLAN)
    before = rows(stores, campaign_id)
    delivery.settle(stores, first, now=NOW)
    assert rows(stores, campaign_id) == before
    waiting = next(row for row in before.values() if row["state"] == "pending")
    assert (waiting["attempt"], waiting["earlier"][0]["attempt"]) == (2, 1)
    sent = {
        "state": "sent",
        "attempt": 1,
        "reason": None,
        "messageId": "m",
        "customers": [waiting["customerId"]],
    }
    contrary = {"campaignId": campaign_id, "number": waiting["batch"], "outcomes": [sent]}
    delivery.settle(stores, [contrary, contrary], now=NOW)
    kept = rows(stores, campaign_id)[waiting["_id"]]
    assert kept == waiting | {"lateAnswers": [{"attempt": 1, "state": "sent", "reason": None}]}
    assert balanced(stores, campaign_id)["pending"] == failed


def test_people_without_a_needed_field_are_skipped_and_everybody_else_is_not(stores):
    crowd(stores, 20)
    crowd(stores, 7, name=None, email=None, externalId=None)
    draft = {"rules": EVERYONE, "messageTemplate": "Hi {name} {city|x}"}
    *_, ready = dry_run.over(stores, draft, now=NOW)
    assert (ready.total, ready.missing, ready.reachable) == (27, {"name": 7}, 20)
    campaign_id = launched(stores, "Hi {name} {city|x}")
    Hands(stores).finish()
    counts = balanced(stores, campaign_id)
    assert counts["skipped"] == 7
    assert ledger.reasons(stores, campaign_id, "skipped") == {"not renderable: name is missing": 7}
    assert stats(stores, campaign_id)["status"] == "finished"


def test_customers_deleted_after_planning_are_skipped_with_that_reason(stores):
    people = crowd(stores, 10)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    stores.collection("customers").delete_many({"_id": {"$in": people[:4]}})
    hands.finish()
    assert ledger.reasons(stores, campaign_id, "skipped") == {delivery.GONE: 4}
    assert balanced(stores, campaign_id)["skipped"] == 4


def test_somebody_who_joins_the_segment_after_planning_is_not_messaged(stores):
    crowd(stores, 5)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    crowd(stores, 3)
    hands.finish()
    assert stats(stores, campaign_id)["total"] == 5
