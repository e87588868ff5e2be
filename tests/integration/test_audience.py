"""Who a campaign reaches, who of them is not messaged and why, counted beforehand and written down."""

from datetime import timedelta

import pytest

from crm import campaigns, dry_run, ledger, library, lists, suppressed
from crm.errors import InvalidInput, NotFound
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import contacts, streams
from crm.variants import Lots
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd

TWO = [{"name": "A", "share": 1}, {"name": "B", "share": 1}]


def launched(stores, name="x", rules=EVERYONE, template="Hi {name|you}", **options):
    return campaigns.launch_new(
        stores, name=name, rules=rules, template=template, options=options, account=MARKETER, now=utc_now()
    )["_id"]


def finished(stores, **options):
    campaign_id = launched(stores, **options)
    Hands(stores).finish()
    return campaign_id


def reached(stores, campaign_id):
    rows = stores.collection("deliveries").find(
        {"campaignId": campaign_id, "state": {"$in": ["sent", "failed"]}}
    )
    return {row["customerId"] for row in rows}


def skipped(stores, campaign_id):
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    return ledger.reasons(stores, campaign_id, "skipped")


def segment(stores, name, city):
    rule = {"type": "condition", "field": "city", "operator": "equals", "value": city}
    return library.save(stores, name=name, rules=rule, account=MARKETER, now=NOW, zone=settings().zone)["_id"]


def emails(stores, people):
    return [row["email"] for row in stores.collection("customers").find({"_id": {"$in": people}})]


def suppress(stores, people, reason="unsubscribed"):
    return suppressed.add(stores, emails(stores, people), reason=reason, account=MARKETER, now=NOW)


def test_segments_and_lists_are_included_and_excluded(stores):
    pune, delhi, goa = (crowd(stores, 4, city=city) for city in ("Pune", "Delhi", "Goa"))
    some = lists.create(
        stores, name="Some", text="\n".join(emails(stores, [pune[0], goa[0]])), account=MARKETER, now=NOW
    )["_id"]
    include = {"segments": [segment(stores, "Pune", "Pune"), segment(stores, "Delhi", "Delhi")]}
    campaign_id = finished(stores, rules=None, include=include, exclude={"lists": [some]})
    assert reached(stores, campaign_id) == {*pune[1:], *delhi}
    only = finished(stores, rules=None, include={"lists": [some]})
    assert reached(stores, only) == {pune[0], goa[0]}
    assert "Pune" in campaigns.get(stores, campaign_id)["description"]


def test_what_is_only_excluded_or_not_there_is_no_audience(stores):
    crowd(stores, 2)
    here = segment(stores, "Pune", "Pune")
    with pytest.raises(InvalidInput, match="whom to reach"):
        launched(stores, rules=None, exclude={"segments": [here]})
    with pytest.raises(InvalidInput, match="no such segment"):
        launched(stores, rules=None, include={"segments": ["nowhere"]})
    with pytest.raises(InvalidInput, match="nobody"):
        launched(stores, rules=None, include={"segments": [here]}, exclude={"segments": [here]})


def test_suppressed_addresses_are_skipped_with_their_reason_and_never_handed_over(stores):
    people = crowd(stores, 30)
    suppress(stores, people[:3])
    suppress(stores, people[2:5], "bounced")
    campaign_id = finished(stores)
    assert skipped(stores, campaign_id) == {"suppressed: unsubscribed": 3, "suppressed: bounced": 2}
    assert reached(stores, campaign_id) == set(people[5:])


def test_an_address_suppressed_after_planning_is_skipped_when_its_turn_comes(stores):
    people = crowd(stores, 20)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    suppress(stores, people[:4], "complained")
    hands.finish()
    assert skipped(stores, campaign_id) == {"suppressed: complained": 4}


def test_a_campaign_finishes_where_the_last_people_are_skipped_as_their_turn_comes(stores):
    people = crowd(stores, 3)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    suppress(stores, people)
    hands.step(streams.SEND)
    assert skipped(stores, campaign_id) == {"suppressed: unsubscribed": 3}
    assert campaigns.get(stores, campaign_id)["status"] == "finished"


def test_an_address_is_known_in_any_spelling(stores):
    crowd(stores, 1, email="Ann@Shop.example", phone="+91 (20) 555-0100")
    suppressed.add(stores, [" ANN@shop.EXAMPLE ", "+91205550100"], reason="manual", account=MARKETER, now=NOW)
    for channel in ("email", "sms"):
        assert skipped(stores, finished(stores, channel=channel)) == {"suppressed: by hand": 1}
    suppressed.remove(stores, "ann@shop.example", account=MARKETER, now=NOW)
    assert skipped(stores, finished(stores, channel="email")) == {}
    with pytest.raises(NotFound):
        suppressed.remove(stores, "ann@shop.example", account=MARKETER, now=NOW)


def test_whoever_has_no_address_for_the_channel_is_skipped(stores):
    crowd(stores, 5)
    crowd(stores, 3, email=None, phone="+91 98765")
    assert skipped(stores, finished(stores, channel="email")) == {"not reachable: no e-mail address": 3}
    assert skipped(stores, finished(stores, channel="sms")) == {"not reachable: no phone number": 5}


def test_a_cap_counts_the_messages_of_all_campaigns_in_its_days(stores):
    people = crowd(stores, 700)
    first = finished(stores, name="first", holdout=0.3)
    had = reached(stores, first)
    sent = {
        row["customerId"]
        for row in stores.collection("deliveries").find({"campaignId": first, "state": "sent"})
    }
    assert len(sent) < len(had) < len(people)
    second = finished(stores, name="second", frequencyCap={"messages": 1, "days": 7})
    assert reached(stores, second) == set(people) - sent
    assert skipped(stores, second) == {"capped: 1 message in 7 days": len(sent)}
    ago = utc_now() - timedelta(days=8)
    stores.collection("deliveries").update_many({}, {"$set": {"updatedAt": ago}})
    stores.collection("plan").update_many({}, {"$set": {"handedAt": ago}})
    assert skipped(stores, finished(stores, name="third", frequencyCap={"messages": 1, "days": 7})) == {}


def test_two_capped_campaigns_planned_at_the_same_moment_message_nobody_twice(stores):
    people = crowd(stores, 900)
    both = [launched(stores, name=name, frequencyCap={"messages": 1, "days": 1}) for name in ("a", "b")]
    hands = Hands(stores)
    hands.step(streams.PLAN)
    assert [skipped(stores, each) for each in both] == [{}, {}]
    hands.finish()
    counts = contacts.counts(stores, people, utc_now() - timedelta(days=1), "")
    assert max(counts.values()) == 1


def test_the_holdout_and_the_variants_are_the_hashes_and_a_retry_keeps_them(stores):
    people = crowd(stores, 800)
    campaign_id = launched(stores, holdout=0.25, variants=TWO)
    hands = Hands(stores)
    hands.finish()
    lots = Lots(campaign_id, 0.25, (1, 1))
    held = {who for who in people if lots.held_out(who)}
    assert skipped(stores, campaign_id) == {"held out": len(held)}
    assert reached(stores, campaign_id) == set(people) - held
    before = {row["customerId"]: row.get("variant") for row in stores.collection("deliveries").find({})}
    assert all(before[who] == "AB"[lots.variant(who)] for who in reached(stores, campaign_id))
    campaigns.retry(stores, campaign_id, account=MARKETER, now=utc_now())
    hands.finish()
    assert {
        row["customerId"]: row.get("variant") for row in stores.collection("deliveries").find({})
    } == before


def test_a_dry_run_foretells_the_books(stores):
    people = crowd(stores, 300)
    crowd(stores, 40, name=None)
    crowd(stores, 9, email=None)
    finished(stores, name="before", rules={"type": "condition", "field": "name", "operator": "isNotSet"})
    crowd(stores, 60, name=None)  # these were not messaged before, so that the missing name is the reason
    suppress(stores, people[:11])
    options = {
        "holdout": 0.2, "variants": TWO, "channel": "email", "frequencyCap": {"messages": 1, "days": 3},
        "subject": "{city}",
    }  # fmt: skip
    draft = campaigns.create(
        stores, name="x", rules=EVERYONE, template="Hi {name}", options=options, account=MARKETER, now=NOW
    )
    *_, told = dry_run.over(stores, dry_run.draft(stores, draft["_id"]), now=utc_now())
    shown = told.shown()
    assert shown["finished"] and shown["audience"] == 409
    assert shown["reachable"] + sum(shown["skipped"].values()) == 409
    assert shown["missing"] == {"name": shown["skipped"]["not renderable: name is missing"]}
    campaigns.launch(stores, draft["_id"], account=MARKETER, now=utc_now())
    Hands(stores).finish()
    assert skipped(stores, draft["_id"]) == shown["skipped"]
    assert len(reached(stores, draft["_id"])) == shown["reachable"] == sum(shown["variants"].values())


def test_skipped_people_are_written_down_at_once_and_a_planner_that_is_replaced_leaves_none(stores):
    people = crowd(stores, 1_200)
    suppress(stores, people[:100])
    campaign_id = launched(stores, holdout=0.1)
    hands = Hands(stores)
    hands.step(streams.PLAN)
    stats = campaigns.stats(stores, campaign_id)
    assert stats["skipped"] == sum(skipped(stores, campaign_id).values()) > 150
    assert stats["pending"] + stats["skipped"] == stats["total"] == 1_200
    waiting, cursor = [], None
    while True:
        page = ledger.deliveries(stores, campaign_id, cursor=cursor, limit=500)
        waiting += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len({each["customerId"] for each in waiting}) == len(waiting) == 1_200
    campaigns.cancel(stores, campaign_id, account=MARKETER, now=utc_now())
    hands.finish()
    stats = campaigns.stats(stores, campaign_id)
    assert stats["cancelled"] + stats["skipped"] == 1_200


def test_a_slice_of_the_failures_is_retried_alone(stores):
    crowd(stores, 900)
    campaign_id = finished(stores, variants=TWO)
    failed = list(stores.collection("deliveries").find({"state": "failed"}))
    reason = failed[0]["reason"]
    chosen = {row["_id"] for row in failed if row["reason"] == reason and row["variant"] == "A"}
    campaigns.retry(stores, campaign_id, reason=reason, variant="A", account=MARKETER, now=utc_now())
    Hands(stores).finish()
    again = {row["_id"] for row in stores.collection("deliveries").find({"attempt": 2})}
    assert again == chosen
    assert ledger.books(stores, campaign_id).problems == ()
    with pytest.raises(campaigns.IllegalTransition):
        campaigns.retry(stores, campaign_id, reason="no such", account=MARKETER, now=utc_now())


def test_a_message_is_previewed_as_any_customer(stores):
    who = crowd(stores, 1, name="Asha", city="Pune")[0]
    given = {"messageTemplate": "Hi {name}", "subject": "From {city}", "variants": [
        {"name": "A", "share": 1}, {"name": "B", "share": 1, "messageTemplate": "Hello {age}"}]}  # fmt: skip
    shown = dry_run.as_customer(stores, given, who)
    a, b = shown["versions"]
    assert (a["subject"], a["text"], a["reason"]) == ("From Pune", "Hi Asha", None)
    assert (b["text"], b["reason"]) == ("", "not renderable: age is missing")
    assert a["sms"] == {"encoding": "GSM-7", "units": 7, "parts": 1, "left": 153}
    assert shown["variant"] in ("A", "B")
    with pytest.raises(NotFound):
        dry_run.as_customer(stores, given, "nobody")


def test_a_reason_or_a_variant_opens_its_people_waiting_or_not(stores):
    people = crowd(stores, 700)
    campaign_id = launched(stores, variants=TWO, holdout=0.1)
    hands = Hands(stores)
    hands.step(streams.PLAN)

    def opened(**chosen):
        found, page = [], {"next": None}
        while not found or page["next"]:
            page = ledger.deliveries(stores, campaign_id, limit=300, cursor=page["next"], **chosen)
            found += page["items"]
            if not page["next"]:
                break
        return {each["customerId"] for each in found}

    lots = Lots(campaign_id, 0.1, (1, 1))
    held = {who for who in people if lots.held_out(who)}
    mine = {who for who in people if lots.variant(who) == 1} - held
    assert opened(reason="held out") == held
    hands.step(streams.SEND, count=1)
    assert opened(variant="B") == opened(variant="B", state="pending") == mine
    hands.finish()
    assert opened(variant="B") == mine
    why = next(iter(ledger.reasons(stores, campaign_id, "failed")))
    rows = stores.collection("deliveries").find({"reason": why, "variant": "A"})
    assert opened(reason=why, variant="A", state="failed") == {row["customerId"] for row in rows}


def test_a_rehearsal_of_a_campaign_with_frozen_rules_goes_by_them(stores):
    crowd(stores, 4)
    crowd(stores, 3, city="Delhi")
    pune = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
    rules = {"type": "group", "operator": "AND", "conditions": [pune]}
    saved = library.save(stores, name="P", rules=rules, account=MARKETER, now=NOW, zone=settings().zone)[
        "_id"
    ]
    made = campaigns.schedule_new(
        stores, name="x", segment_id=saved, template="Hi", at=NOW + timedelta(days=3), freeze="now",
        account=MARKETER, now=NOW,
    )  # fmt: skip
    stores.collection("segments").update_one({"_id": saved}, {"$set": {"rules": EVERYONE}})
    *_, found = dry_run.over(stores, dry_run.draft(stores, made["_id"]), now=NOW)
    assert found.reachable == 4
