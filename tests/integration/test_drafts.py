"""Drafts that are copied from other campaigns, or brought back."""

import pytest

from crm import campaigns, drafts, library
from crm.errors import IllegalTransition
from crm.settings import settings
from crm.stores import campaigns as store
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd

OPTIONS = {
    "channel": "email",
    "subject": "Hi",
    "rateLimit": 50.0,
    "sendWindow": {"from": "09:00", "to": "20:00"},
}


def act(action, stores, *args, **more):
    return action(stores, *args, account=MARKETER, now=NOW, **more)


def segment(stores, name="All"):
    return act(library.save, stores, name=name, rules=EVERYONE, zone=settings().zone)["_id"]


def test_a_finished_campaign_is_copied_with_segment_message_and_options(stores):
    crowd(stores, 3)
    at = segment(stores)
    made = act(campaigns.launch_new, stores, name="Sale", segment_id=at, template="Hi", options=OPTIONS)
    copied = act(drafts.copy, stores, made["_id"])
    assert (copied["name"], copied["status"], copied["segmentId"]) == ("Copy of Sale", "draft", at)
    kept = campaigns.get(stores, made["_id"])
    assert {name: copied[name] for name in OPTIONS} == {name: kept[name] for name in OPTIONS}
    assert (copied["rules"], copied["launchedAt"], copied["audienceSize"]) == (None, None, None)
    again = act(drafts.copy, stores, copied["_id"])
    assert again["name"] == "Copy of Sale"
    act(campaigns.launch, stores, again["_id"])


def test_a_campaign_by_rules_keeps_them_and_one_whose_segment_is_gone_asks_for_another(stores):
    crowd(stores, 3)
    made = act(campaigns.launch_new, stores, name="Sale", rules=EVERYONE, template="Hi")
    assert act(drafts.copy, stores, made["_id"])["rules"] == {"type": "everyone"}
    at = segment(stores, "Gone")
    made = act(campaigns.launch_new, stores, name="Sale", segment_id=at, template="Hi")
    Hands(stores).finish()
    stores.collection("segments").delete_many({})
    assert act(drafts.copy, stores, made["_id"])["segmentId"] is None


def test_a_deleted_draft_comes_back_as_it_was_and_once(stores):
    draft = act(campaigns.create, stores, name="Sale", template="Hi", options=OPTIONS)
    before = store.find(stores, draft["_id"])
    gone = act(campaigns.delete, stores, draft["_id"])
    act(drafts.bring_back, stores, gone)
    assert store.find(stores, draft["_id"]) == before
    with pytest.raises(IllegalTransition):
        act(drafts.bring_back, stores, gone)
