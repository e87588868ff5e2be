"""Planners and entries that come twice, or not at all."""

from crm import delivery, planning
from crm.stores import plan as plan_store
from crm.stores import streams
from crm.stores.plan import Planned
from tests.crowd import NOW, Hands, crowd
from tests.integration.books import act, balanced, launched, stats


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
