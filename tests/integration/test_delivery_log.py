"""The numbers of campaigns, and the people behind each of them in the delivery log."""

import itertools
import threading
from collections import Counter

import pytest

from crm import campaigns, ledger
from crm.errors import InvalidInput, NotFound
from crm.stores import plan as plan_store
from crm.stores import streams
from tests.crowd import Hands, crowd
from tests.integration.books import balanced, launched, stats


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
