"""Lift against the holdout, on real orders whose effect is known."""

from datetime import timedelta

import pytest

from crm import campaigns, lift, reports, suppressed
from crm.errors import InvalidInput, NotFound
from crm.moment import utc_now
from crm.screening import HELD_OUT
from crm.stores import outcomes
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


def launched(stores, **options):
    made = campaigns.launch_new(
        stores, name="Sale", rules=EVERYONE, template="Hi {name|there}", options=options, account=MARKETER,
        now=NOW,
    )  # fmt: skip
    Hands(stores).finish()
    return made["_id"]


def groups(stores, campaign_id):
    """Who was to be messaged and who was held out, as the log says."""
    people = {
        row["customerId"]: row.get("reason") for row in stores.db.deliveries.find({"campaignId": campaign_id})
    }
    held = sorted(who for who, reason in people.items() if reason == HELD_OUT)
    return sorted(set(people) - set(held)), held


def order(stores, number, who, at, total=100.0, **fields):
    document = {
        "_id": f"o{number}",
        "customerId": who,
        "createdAt": at,
        "total": total,
        "status": "delivered",
    }
    stores.db.orders.insert_one(document | fields)


def turn(stores, campaign_id):
    return stores.db.plan.find_one({"campaignId": campaign_id})["turnAt"]


def test_the_lift_is_the_one_that_the_orders_were_made_with(stores):
    crowd(stores, 1_200)
    campaign_id = launched(stores, holdout=0.4)
    treated, held = groups(stores, campaign_id)
    at = utc_now() + timedelta(hours=1)
    for number, who in enumerate([*treated[: len(treated) // 2], *held[: len(held) // 10]]):
        order(stores, number, who, at)
    found = lift.of(stores, campaign_id, days=7, now=utc_now() + timedelta(days=8))
    assert found.complete
    assert (found.treated.people, found.held_out.people) == (len(treated), len(held))
    assert (found.treated.buyers, found.held_out.buyers) == (len(treated) // 2, len(held) // 10)
    shares, money = lift.buyers(found.treated, found.held_out), lift.revenue(found.treated, found.held_out)
    expected = (len(treated) // 2) / len(treated) - (len(held) // 10) / len(held)
    assert shares.value == pytest.approx(expected)
    assert shares.apart and shares.low < expected < shares.high
    assert money.value == pytest.approx(100 * expected)
    assert money.apart
    brought = money.times(found.treated.people)
    assert brought.value == pytest.approx(100 * expected * len(treated))


def test_failed_messages_stay_among_the_treated(stores):
    crowd(stores, 400)
    campaign_id = launched(stores, holdout=0.3)
    failed = [row["customerId"] for row in stores.db.deliveries.find({"state": "failed"})]
    assert failed
    for number, who in enumerate(failed):
        order(stores, number, who, utc_now() + timedelta(hours=1))
    found = lift.of(stores, campaign_id, now=utc_now() + timedelta(hours=2))
    assert found.treated.buyers == len(failed)
    assert found.messaged.buyers == 0
    assert found.treated.people + found.held_out.people == 400


def test_only_orders_of_the_window_count_and_only_what_was_kept_of_them(stores):
    crowd(stores, 60)
    campaign_id = launched(stores, holdout=0.5)
    treated, _ = groups(stores, campaign_id)
    at = turn(stores, campaign_id)
    week = timedelta(days=7)
    order(stores, 0, treated[0], at - timedelta(seconds=1))
    order(stores, 1, treated[1], at)
    order(stores, 2, treated[2], at + week - timedelta(seconds=1), 80.0, refunded=30.0, status="refunded")
    order(stores, 3, treated[3], at + week + timedelta(minutes=5))
    order(stores, 4, treated[4], at + timedelta(hours=1), status="cancelled")
    found = lift.of(stores, campaign_id, days=7, now=at + week + timedelta(hours=1))
    assert (found.treated.buyers, found.treated.orders.total, found.treated.revenue.total) == (2, 2, 150.0)


def test_people_who_could_not_be_messaged_anyway_are_in_neither_group(stores):
    crowd(stores, 100)
    out = [each["email"] for each in stores.db.customers.find().limit(20)]
    suppressed.add(stores, out, reason="bounced", account=MARKETER, now=NOW)
    campaign_id = launched(stores, holdout=0.5)
    found = lift.of(stores, campaign_id, now=utc_now())
    assert found.treated.people + found.held_out.people == 80


def test_a_window_that_is_not_over_says_so(stores):
    crowd(stores, 40)
    campaign_id = launched(stores, holdout=0.5)
    assert not lift.of(stores, campaign_id, days=7, now=utc_now() + timedelta(days=6)).complete
    assert lift.of(stores, campaign_id, days=1, now=utc_now() + timedelta(days=6)).complete


def test_batches_whose_turn_has_not_come_are_in_neither_group(stores):
    crowd(stores, 1_100)
    made = campaigns.launch_new(
        stores,
        name="Sale",
        rules=EVERYONE,
        template="Hi",
        options={"holdout": 0.1},
        account=MARKETER,
        now=NOW,
    )
    hands = Hands(stores)
    hands.step("plan")
    hands.step("send", count=1)
    found = lift.of(stores, made["_id"], now=utc_now())
    assert found.treated.people + found.held_out.people == 500
    assert found.waiting == 600
    assert not found.complete


def test_the_windows_of_a_paused_campaign_are_not_over(stores):
    crowd(stores, 40)
    made = campaigns.launch_new(stores, name="Sale", rules=EVERYONE, template="Hi", account=MARKETER, now=NOW)
    Hands(stores).step("plan")
    Hands(stores).step("send")
    campaigns.pause(stores, made["_id"], account=MARKETER, now=utc_now())
    assert not lift.of(stores, made["_id"], days=1, now=utc_now() + timedelta(days=6)).complete


def test_variants_are_compared_with_the_holdout_each(stores):
    crowd(stores, 600)
    campaign_id = launched(
        stores, holdout=0.3, variants=[{"name": "A", "share": 1}, {"name": "B", "share": 1}]
    )
    mine = [row["customerId"] for row in stores.db.deliveries.find({"variant": "A"})]
    for number, who in enumerate(mine):
        order(stores, number, who, utc_now() + timedelta(hours=1))
    found = lift.of(stores, campaign_id, now=utc_now() + timedelta(hours=2))
    assert (found.variants["A"].buyers, found.variants["B"].buyers) == (len(mine), 0)
    assert found.variants["A"].people + found.variants["B"].people == found.treated.people
    assert lift.buyers(found.variants["A"], found.held_out).apart
    assert not lift.buyers(found.variants["B"], found.held_out).apart
    one, other = lift.shown(found)["variants"]
    wider, alone = (lift.buyers(found.variants["A"], found.held_out, among) for among in (2, 1))
    assert one["lift"]["buyersShare"]["low"] == wider.low < alone.low
    assert one["againstFirst"] is None
    assert other["againstFirst"]["buyersShare"]["apart"]
    assert other["againstFirst"]["buyersShare"]["value"] == pytest.approx(-1.0)


def test_without_a_holdout_there_is_revenue_and_no_lift(stores):
    crowd(stores, 30)
    campaign_id = launched(stores)
    (who, *_), _ = groups(stores, campaign_id)
    order(stores, 1, who, utc_now() + timedelta(hours=1))
    found = lift.shown(lift.of(stores, campaign_id, now=utc_now() + timedelta(hours=2)))
    assert found["treated"]["revenue"] == 100.0
    assert (found["heldOut"], found["lift"], found["attributed"]) == (None, None, None)


def test_a_campaign_that_is_not_there_and_a_window_that_makes_no_sense_are_refused(stores):
    with pytest.raises(NotFound):
        lift.of(stores, "nobody", now=NOW)
    with pytest.raises(InvalidInput):
        lift.of(stores, "nobody", days=0, now=NOW)


def test_an_order_is_worth_the_same_in_the_reports_and_in_the_lift(stores):
    (who,) = crowd(stores, 1)
    at = utc_now()
    odd = (
        {"refunded": 30.0},
        {"status": "refunded"},
        {"total": None},
        {"refunded": None},
        {"refunded": 5.5, "status": "refunded"},
    )
    for number, fields in enumerate(odd):
        order(stores, number, who, at, **fields)
    read = outcomes.reader(stores, at, at + timedelta(seconds=1), 10)
    found = read([who], at, at + timedelta(seconds=1))[who]
    figures = reports.key_figures(stores, reports.Scope())
    assert (found.orders, found.revenue) == (figures.orders, figures.revenue)


def test_orders_are_the_same_read_by_their_date_and_by_their_customers(stores):
    people, start = crowd(stores, 20), NOW
    end = start + timedelta(days=1)
    for number in range(120):
        status = "cancelled" if number % 7 == 0 else "delivered"
        at = start + timedelta(minutes=15 * (number - 10))
        order(stores, number, people[number % 13], at, 10.0 + number, status=status)
    asked = people[:10], start + timedelta(hours=1), end - timedelta(hours=1)
    by_date, by_customer = (outcomes.reader(stores, start, end, most)(*asked) for most in (1_000, 0))
    assert by_date == by_customer
    assert len(by_date) == 10
