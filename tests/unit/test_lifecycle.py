"""The tables of states say what may follow what."""

import pytest

from crm.lifecycle import (
    CAMPAIGN,
    DELIVERY,
    NEW,
    UNFINISHED,
    CampaignAction,
    CampaignStatus,
    DeliveryState,
    allowed_from,
    allows,
    target_of,
)


def test_every_action_and_status_stands_in_the_table():
    assert {arrow.action for arrow in CAMPAIGN} == set(CampaignAction)
    assert {arrow.source for arrow in CAMPAIGN} | {arrow.target for arrow in CAMPAIGN} == set(CampaignStatus)


def test_an_action_leads_from_one_status_to_one_status():
    arrows = [(arrow.action, arrow.source) for arrow in CAMPAIGN]
    assert len(arrows) == len(set(arrows))


def test_cancel_is_allowed_from_every_unfinished_status_and_no_other():
    assert set(allowed_from(CampaignAction.CANCEL)) == UNFINISHED


def test_nothing_leads_out_of_cancelled():
    assert not [arrow for arrow in CAMPAIGN if arrow.source == CampaignStatus.CANCELLED]


def test_only_what_has_not_begun_can_be_launched():
    assert set(allowed_from(CampaignAction.LAUNCH)) == {"draft", "scheduled"}
    assert not allows("running", CampaignAction.LAUNCH)


@pytest.mark.parametrize(
    ("status", "after"), [("running", "running"), ("paused", "paused"), ("finished", "running")]
)
def test_a_retry_starts_a_finished_campaign_again_and_leaves_others_as_they_are(status, after):
    assert target_of(CampaignAction.RETRY, status) == after


def test_a_delivery_settles_once_and_only_a_failure_becomes_pending_again():
    back = {arrow.source for arrow in DELIVERY if arrow.target == DeliveryState.PENDING}
    assert back == {NEW, DeliveryState.FAILED}
    assert {arrow.target for arrow in DELIVERY} == set(DeliveryState)
