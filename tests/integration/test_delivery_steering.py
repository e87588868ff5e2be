"""Launch, pause, cancel and retry: what each does, and what is refused."""

from datetime import timedelta

import pytest

from crm import campaigns, delivery, ledger, planning
from crm.errors import IllegalTransition, InvalidInput, InvalidRule, NotFound
from crm.stores import plan as plan_store
from crm.stores import streams
from crm.stores.plan import Planned
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.integration.books import act, balanced, launched, rows, stats


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
    finished = campaigns.get(stores, campaign_id)["finishedAt"]
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
    ended = campaigns.get(stores, campaign_id)
    assert ended["firstFinishedAt"] == finished < ended["finishedAt"]


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
