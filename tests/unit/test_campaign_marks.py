"""How status, progress and pace of a campaign are written."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.lifecycle import CampaignStatus, DeliveryState
from tests.crowd import NOW
from ui import campaign_marks as marks
from ui.campaign_marks import Sample


def campaign(status="running", size=1000, **counts):
    given = {f"{state}Count": counts.get(state.value, 0) for state in DeliveryState}
    times = {"startedAt": NOW, "finishedAt": None, "cancelledAt": None}
    return {"status": status, "audienceSize": size, "expectedSize": size} | times | given


def test_every_status_and_state_has_a_mark():
    assert set(marks.STATUS) == set(CampaignStatus)
    assert set(marks.STATE) == set(DeliveryState)


def test_progress_is_the_share_that_was_dealt_with_and_nothing_without_an_audience():
    assert marks.share(campaign(sent=400, failed=50, skipped=50, pending=500)) == 0.5
    assert marks.share(campaign("cancelled", sent=100, cancelled=900)) == 0.1
    assert marks.share(campaign("planning", None)) == 0


def test_a_summary_names_the_states_that_hold_somebody():
    assert marks.summary(campaign(sent=1200, failed=3)) == "1,200 sent · 3 failed"
    assert marks.summary(campaign("cancelled", 0)) == "Nobody was sent anything"
    assert marks.summary(campaign("planning", 12)) == "Writing the audience down: about 12 customers"


@pytest.mark.parametrize(
    ("status", "pending", "moves"),
    [("planning", 0, True), ("running", 5, True), ("paused", 5, False), ("finished", 0, False),
     ("cancelled", 5, True), ("cancelled", 0, False)],
)  # fmt: skip
def test_a_campaign_moves_while_something_is_to_come(status, pending, moves):
    assert marks.moves(campaign(status, pending=pending)) is moves


def test_the_pace_is_that_of_the_last_seconds():
    samples = [Sample(0, 0), Sample(100, 1_000), Sample(102, 1_400), Sample(104, 1_800)]
    assert marks.pace(samples) == 200
    assert marks.pace(samples[:1]) is None
    assert marks.pace([]) is None
    assert marks.pace([Sample(1, 500), Sample(2, 400)]) == 0  # a retry takes failures back


@pytest.mark.parametrize(
    ("pending", "rate", "text"),
    [(10, 1.0, ""), (600, 1.0, "done about 17:40"), (36_000, 1.0, "done about 2 Jun 2025, 03:30"),
     (10, None, ""), (10, 1e-300, "")],
)  # fmt: skip
def test_the_end_is_told_by_the_clock_of_the_accounts_zone(pending, rate, text):
    assert marks.ends(pending, rate, NOW, ZoneInfo("Asia/Kolkata")) == text


@pytest.mark.parametrize(
    ("pending", "rate", "text"),
    [
        (0, 10, ""),
        (10, None, ""),
        (10, 10, "almost done"),
        (300, 10, "about 30 seconds left"),
        (6_000, 10, "about 10 minutes left"),
        (100_000, 10, "about 3 hours left"),
    ],
)
def test_the_time_left_is_rough_and_readable(pending, rate, text):
    assert marks.time_left(pending, rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.33, "0.3 s"), (42, "42 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_a_duration_is_written_in_two_units_at_most(seconds, text):
    assert marks.lasted(NOW, NOW + timedelta(seconds=seconds)) == text
