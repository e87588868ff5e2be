"""Campaigns on real stores: planned, sent and settled, with the books in balance at every step."""

import itertools
import random
import threading
from collections import Counter
from datetime import timedelta

import pytest

from crm import campaigns, delivery, ledger, planning, rehearsal
from crm.errors import IllegalTransition, InvalidInput, InvalidRule, NotFound
from crm.stores import plan as plan_store
from crm.stores import streams
from crm.stores.plan import Planned
from crm.vendors.protocol import EMAIL, Message
from crm.vendors.simulated import SimulatedVendor
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd

HELLO = "Hi {name|there}"


def launched(stores, template=HELLO, rules=EVERYONE, name="Summer"):
    campaign = campaigns.launch_new(
        stores, name=name, rules=rules, template=template, account=MARKETER, now=NOW
    )
    return campaign["_id"]


def stats(stores, campaign_id):
    return campaigns.stats(stores, campaign_id)


def balanced(stores, campaign_id):
    """The books, audited; fails with what is wrong."""
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert books.audience == sum(books.counts.values())
    return books.counts


def rows(stores, campaign_id):
    return {row["_id"]: row for row in stores.collection("deliveries").find({"campaignId": campaign_id})}


def act(stores, action, campaign_id):
    return getattr(campaigns, action)(stores, campaign_id, account=MARKETER, now=NOW)


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
    for row in rows(stores, campaign_id).values():
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
    ready = rehearsal.readiness(stores, rules=EVERYONE, template="Hi {name} {city|x}", now=NOW)
    assert (ready.size, ready.missing, ready.unrenderable, ready.reachable) == (27, {"name": 7}, 7, 20)
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


def test_a_paused_campaign_hands_nothing_over_until_it_is_resumed(stores):
    crowd(stores, 1_500)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND, count=1)
    act(stores, "pause", campaign_id)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 1_000
    assert len(rows(stores, campaign_id)) == 500
    act(stores, "resume", campaign_id)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 0
    assert stats(stores, campaign_id)["status"] == "finished"


def test_a_batch_in_the_vendors_hands_is_carried_to_its_end_while_paused(stores):
    crowd(stores, 600)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    entries = hands.take(streams.SEND, 1)
    delivery.send(stores, entries, now=NOW)
    lost = hands.take(streams.RECEIPTS)  # the sender died before the receipts were published
    assert lost
    act(stores, "pause", campaign_id)
    delivery.send(stores, entries, now=NOW)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 100


def test_a_campaign_whose_last_answers_come_while_it_is_paused_finishes(stores):
    crowd(stores, 10)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND)
    act(stores, "pause", campaign_id)
    hands.finish()
    assert stats(stores, campaign_id)["status"] == "finished"


def test_cancel_writes_down_who_was_not_sent_anything(stores):
    crowd(stores, 1_500)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND, count=1)
    act(stores, "cancel", campaign_id)
    assert balanced(stores, campaign_id)["pending"] == 1_500
    hands.finish(times=2)
    counts = balanced(stores, campaign_id)
    assert (counts["cancelled"], counts["pending"]) == (1_000, 0)
    assert counts["sent"] + counts["failed"] == 500
    assert ledger.reasons(stores, campaign_id, "cancelled") == {planning.CANCELLED: 1_000}
    assert stats(stores, campaign_id)["status"] == "cancelled"
    page = ledger.deliveries(stores, campaign_id, state="cancelled", limit=1)
    assert page["items"][0]["name"].startswith("Person ")


def test_cancel_while_planning_leaves_no_audience(stores):
    crowd(stores, 10)
    hands = Hands(stores)
    campaign_id = launched(stores)
    plan_store.take_over(stores, campaign_id, "planner", NOW)
    plan_store.write(stores, campaign_id, "planner", [Planned(0, ["x"])], NOW)
    act(stores, "cancel", campaign_id)
    assert not plan_store.write(stores, campaign_id, "planner", [Planned(1, ["y"])], NOW)
    assert plan_store.complete(stores, campaign_id, "planner", 2, 2, NOW) is None
    hands.finish()
    assert stores.collection("plan").count_documents({}) == 0
    assert balanced(stores, campaign_id) == dict.fromkeys(plan_store.COUNTED, 0)


def test_cancel_of_a_retry_leaves_what_was_sent_and_cancels_the_rest(stores):
    crowd(stores, 600)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.finish()
    failed = stats(stores, campaign_id)["failed"]
    act(stores, "retry", campaign_id)
    hands.step(streams.PLAN)
    act(stores, "cancel", campaign_id)
    hands.finish()
    counts = balanced(stores, campaign_id)
    assert (counts["cancelled"], counts["failed"], counts["pending"]) == (failed, 0, 0)


def test_a_retry_sends_the_failed_ones_again_as_another_attempt(stores):
    crowd(stores, 800)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.finish()
    before = rows(stores, campaign_id)
    failed = {key for key, row in before.items() if row["state"] == "failed"}
    act(stores, "retry", campaign_id)
    with pytest.raises(IllegalTransition, match="already"):
        act(stores, "retry", campaign_id)
    hands.finish()
    after = rows(stores, campaign_id)
    assert {key for key, row in after.items() if row["attempt"] == 2} == failed
    assert all(after[key] == before[key] for key in before.keys() - failed)
    counts = balanced(stores, campaign_id)
    assert counts["failed"] < len(failed)
    assert stats(stores, campaign_id)["status"] == "finished"


def test_a_retry_of_a_paused_campaign_waits_for_resume(stores):
    crowd(stores, 700)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.step(streams.PLAN)
    hands.step(streams.SEND, count=1)
    hands.step(streams.RECEIPTS)
    act(stores, "pause", campaign_id)
    failed = stats(stores, campaign_id)["failed"]
    act(stores, "retry", campaign_id)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == failed + 200
    act(stores, "resume", campaign_id)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 0


def test_nothing_failed_is_nothing_to_retry(stores):
    crowd(stores, 3)
    campaign_id = launched(stores, "Hi")
    with pytest.raises(IllegalTransition, match="has failed"):
        act(stores, "retry", campaign_id)


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_what_the_status_does_not_allow_is_refused(stores, action):
    crowd(stores, 3)
    campaign_id = launched(stores)
    with pytest.raises(IllegalTransition, match="that is planning can't be"):
        act(stores, action, campaign_id)
    with pytest.raises(NotFound):
        act(stores, action, "nobody")


def test_a_launch_freezes_rules_message_and_instant(stores):
    crowd(stores, 4)
    draft = campaigns.create(
        stores, name="x", rules=EVERYONE, template="Hi", account=MARKETER, now=NOW - timedelta(days=1)
    )
    campaign = act(stores, "launch", draft["_id"])
    assert campaign["status"] == "planning"
    assert (campaign["launchedAt"], campaign["expectedSize"], campaign["audienceSize"]) == (NOW, 4, None)
    assert campaign["rules"] == EVERYONE
    with pytest.raises(IllegalTransition):
        act(stores, "launch", draft["_id"])
    with pytest.raises(IllegalTransition):
        campaigns.edit(stores, draft["_id"], name="y", account=MARKETER, now=NOW)
    with pytest.raises(IllegalTransition):
        campaigns.delete(stores, draft["_id"], account=MARKETER, now=NOW)


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"type": "group", "operator": "AND", "conditions": []}, "rules.conditions"),
        (
            {"type": "group", "operator": "AND", "conditions": [
                {"type": "condition", "field": "city", "operator": "equals", "value": ""}]},
            "rules.conditions[0].value",
        ),
        ({"type": "condition", "field": "nope", "operator": "equals", "value": 1}, "rules.field"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_never_launched_and_leaves_nothing_behind(stores, rules, path):
    crowd(stores, 3)
    with pytest.raises(InvalidRule) as caught:
        launched(stores, rules=rules)
    assert caught.value.path == path
    with pytest.raises(InvalidRule):
        campaigns.create(stores, name="x", rules=rules, account=MARKETER, now=NOW)
    assert campaigns.listing(stores)["items"] == []


def test_a_campaign_without_people_message_or_segment_is_not_launched(stores):
    with pytest.raises(InvalidInput, match="nobody"):
        launched(stores)
    crowd(stores, 1)
    with pytest.raises(InvalidInput, match="message"):
        launched(stores, template="Hi {nme}")
    with pytest.raises(InvalidInput, match="whom"):
        launched(stores, rules=None)
    with pytest.raises(InvalidInput, match="name"):
        launched(stores, name=" ")
    assert campaigns.listing(stores)["items"] == []


def test_a_vendor_that_is_none_is_refused_by_its_name(stores):
    crowd(stores, 1)
    with pytest.raises(InvalidInput) as caught:
        campaigns.launch_new(
            stores, name="x", rules=EVERYONE, options={"vendor": "pigeons"}, account=MARKETER, now=NOW
        )
    assert caught.value.fields[0].field == "vendor"
    assert campaigns.listing(stores)["items"] == []


def test_two_planners_write_one_plan(stores):
    crowd(stores, 1_200)
    campaign_id = launched(stores)
    assert plan_store.take_over(stores, campaign_id, "first", NOW)
    assert plan_store.write(stores, campaign_id, "first", [Planned(0, ["x"]), Planned(1, ["y"])], NOW)
    assert planning.write_audience_down(stores, campaign_id, NOW)
    assert not plan_store.write(stores, campaign_id, "first", [Planned(7, ["z"])], NOW)
    assert plan_store.complete(stores, campaign_id, "first", 2, 2, NOW) is None
    hands = Hands(stores)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 0
    assert stats(stores, campaign_id)["total"] == 1_200


def test_a_planner_that_died_after_fixing_the_size_is_redelivered_and_publishes(stores):
    crowd(stores, 600)
    hands = Hands(stores)
    campaign_id = launched(stores)
    planning.write_audience_down(stores, campaign_id, NOW)  # and it dies before it publishes
    assert hands.waiting(streams.SEND) == []
    hands.finish()
    assert stats(stores, campaign_id)["status"] == "finished"


def test_a_campaign_whose_entry_was_never_published_is_found_and_seen_to(stores):
    crowd(stores, 20)
    for name in ("planning", "running"):
        campaign_id = launched(stores, name=name)
        hands = Hands(stores)
        if name == "running":
            planning.write_audience_down(stores, campaign_id, NOW)
        stores.redis.delete(*[streams.key(stores, stream) for stream in ("plan", "send", "receipts")])
        assert planning.resume_stuck(stores, NOW) == 1
        hands = Hands(stores)
        hands.finish()
        assert stats(stores, campaign_id)["status"] == "finished"
        stores.redis.delete(*[streams.key(stores, stream) for stream in ("plan", "send", "receipts")])
    assert planning.resume_stuck(stores, NOW) == 0


def test_a_retry_that_comes_while_finishing_is_not_lost(stores):
    crowd(stores, 100)
    hands = Hands(stores)
    campaign_id = launched(stores)
    hands.finish()
    act(stores, "retry", campaign_id)
    assert not delivery.finish_if_done(stores, campaign_id, NOW)
    hands.finish()
    assert balanced(stores, campaign_id)["pending"] == 0


def test_the_listing_is_newest_first_with_counts_page_by_page(stores):
    crowd(stores, 5)
    names = [f"campaign {number}" for number in range(5)]
    hands = Hands(stores)
    for name in names:
        launched(stores, name=name)
    hands.finish()
    first = campaigns.listing(stores, limit=3)
    second = campaigns.listing(stores, limit=3, cursor=first["next"])
    assert [each["name"] for each in first["items"] + second["items"]] == names[::-1]
    assert second["next"] is None
    assert {each["sentCount"] + each["failedCount"] for each in first["items"]} == {5}


def test_sums_come_from_the_index_alone(stores):
    crowd(stores, 5)
    campaign_id = launched(stores)
    Hands(stores).finish()
    stores.db.command("profile", 2)
    plan_store.counts(stores, [campaign_id])
    stores.db.command("profile", 0)
    profile = stores.collection("system.profile").find_one({"command.aggregate": "plan"})
    assert (profile["docsExamined"], profile["keysExamined"]) == (0, 1)


def test_sums_balance_at_every_look_while_batches_are_counted_anew(stores):
    counts = dict.fromkeys(plan_store.COUNTED, 0)
    batches = [
        {"_id": f"c:{number}", "campaignId": "c", "number": number, "counts": counts | {"pending": 500}}
        for number in range(3_000)
    ]
    plan = stores.collection("plan")
    plan.insert_many(batches)
    done = threading.Event()

    def settle():
        swapped = {f"counts.{one}": {"$subtract": [500, f"$counts.{one}"]} for one in ("pending", "sent")}
        for number in itertools.cycle(range(0, 3_000, 7)):
            if done.is_set():
                return
            plan.update_one({"_id": f"c:{number}"}, [{"$set": swapped}])

    thread = threading.Thread(target=settle, daemon=True)
    thread.start()
    sums = {sum(plan_store.counts(stores, ["c"])["c"].values()) for _ in range(60)}
    done.set()
    thread.join()
    assert sums == {1_500_000}


def everybody(stores, campaign_id, **asked):
    """All pages of the log, put together."""
    found, cursor = [], None
    while True:
        page = ledger.deliveries(stores, campaign_id, cursor=cursor, limit=170, **asked)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("sent_batches", [0, 1, 3])
def test_each_number_of_the_books_opens_its_people(stores, sent_batches):
    crowd(stores, 1_100)
    crowd(stores, 30, name=None)
    hands = Hands(stores)
    campaign_id = launched(stores, "Hi {name}")
    hands.step(streams.PLAN)
    hands.step(streams.SEND, count=sent_batches)
    hands.step(streams.RECEIPTS, count=max(0, sent_batches - 1))
    counts = balanced(stores, campaign_id)
    for state, many in counts.items():
        assert len({each["_id"] for each in everybody(stores, campaign_id, state=state)}) == many
    everyone = everybody(stores, campaign_id)
    assert len({each["customerId"] for each in everyone}) == len(everyone) == 1_130


def test_the_log_is_searched_by_name_and_address_and_takes_text_as_text(stores):
    crowd(stores, 600)
    crowd(stores, 1, name="Żaneta O'Neil (VIP)", email="zaneta@shop.example")
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    for _ in ("waiting", "sent"):
        for text in ("żANETA", "(vip)", "zaneta@"):
            names = [each["name"] for each in everybody(stores, campaign_id, search=text)]
            assert names == ["Żaneta O'Neil (VIP)"]
        assert everybody(stores, campaign_id, search=".*") == []
        assert len(everybody(stores, campaign_id, search="person", state="pending")) in (600, 0)
        hands.finish()


def test_the_export_holds_everybody_and_no_formula(stores):
    crowd(stores, 620)
    crowd(stores, 1, name="=HYPERLINK(1)")
    campaign_id = launched(stores)
    Hands(stores).finish()
    text = "".join(ledger.deliveries_csv(stores, campaign_id))
    assert text.count("\r\n") == 622
    assert "'=HYPERLINK(1)" in text and ",=HYPERLINK" not in text
    with pytest.raises(InvalidInput):
        ledger.deliveries_csv(stores, campaign_id, state="lost")


def test_the_log_refuses_what_makes_no_sense(stores):
    crowd(stores, 1)
    campaign_id = launched(stores)
    Hands(stores).finish()
    for bad in ({"state": "gone"}, {"limit": 0}, {"cursor": "x:1"}, {"cursor": "w:a"}):
        with pytest.raises(InvalidInput):
            ledger.deliveries(stores, campaign_id, **bad)
    with pytest.raises(NotFound):
        ledger.deliveries(stores, "nobody")


def test_failures_are_found_by_an_index_that_pending_and_sent_rows_are_not_in(stores):
    crowd(stores, 300)
    campaign_id = launched(stores)
    Hands(stores).finish()
    stores.db.command("profile", 2)
    failed = everybody(stores, campaign_id, state="failed")
    stores.db.command("profile", 0)
    profile = stores.collection("system.profile").find_one({"ns": f"{stores.db.name}.deliveries"})
    assert profile["docsExamined"] == len(failed) == stats(stores, campaign_id)["failed"]


def test_reasons_are_counted_in_the_rows_of_batches_that_have_changed_and_no_others(stores):
    crowd(stores, 1_700)
    campaign_id = launched(stores)
    hands = Hands(stores)
    for stream, entries in ((streams.PLAN, 1), (streams.SEND, 2), (streams.RECEIPTS, 9)):
        hands.step(stream, entries)
    two = ledger.reasons(stores, campaign_id, "failed")
    hands.step(streams.SEND, 1)
    hands.step(streams.RECEIPTS)
    stores.db.command("profile", 2)
    three = ledger.reasons(stores, campaign_id, "failed")
    unchanged = ledger.reasons(stores, campaign_id, "failed")
    stores.db.command("profile", 0)
    rows = list(stores.collection("deliveries").find({"state": "failed"}))
    assert two == Counter(row["reason"] for row in rows if row["batch"] < 2)
    assert three == unchanged == Counter(row["reason"] for row in rows)
    [read] = stores.collection("system.profile").find({"command.aggregate": "deliveries"})
    assert read["docsExamined"] == 500
