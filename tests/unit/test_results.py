"""How long a campaign takes."""

from datetime import UTC, datetime, timedelta

from crm import results

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def campaign(status="running", sent=300, pending=700, **fields):
    counts = {
        "sentCount": sent,
        "failedCount": 0,
        "skippedCount": 0,
        "cancelledCount": 0,
        "pendingCount": pending,
    }
    times = {"startedAt": START, "finishedAt": None, "cancelledAt": None}
    return {"status": status, "audienceSize": sent + pending} | counts | times | fields


def test_a_running_campaign_ends_when_those_who_are_pending_are_settled_at_its_pace():
    found = results.pace(campaign(), START + timedelta(seconds=30))
    assert (found.seconds, found.per_second) == (30, 10)
    assert found.finishes == START + timedelta(seconds=100)


def test_a_finished_campaign_took_from_its_start_to_its_end():
    ended = campaign("finished", sent=1_000, pending=0, finishedAt=START + timedelta(seconds=50))
    retried = ended | {"finishedAt": START + timedelta(days=1), "firstFinishedAt": ended["finishedAt"]}
    assert results.pace(retried, START + timedelta(days=2)) == results.pace(ended, START + timedelta(days=2))
    found = results.pace(ended, START + timedelta(days=9))
    assert (found.seconds, found.per_second, found.finishes) == (50, 20, None)


def test_a_paused_campaign_has_no_end_in_sight_and_one_that_never_started_no_pace():
    assert results.pace(campaign("paused"), START + timedelta(seconds=30)).finishes is None
    assert results.pace(campaign("planning", startedAt=None), START) is None


def test_where_nobody_answered_there_is_no_share():
    assert results.share_sent(0, 0) is None
