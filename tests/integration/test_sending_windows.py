"""Messages go out in the daytime of those who get them, and the books balance through their nights."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm import attributes, campaigns, carriers, dry_run, ledger, lift, planning, quiet_hours, windows
from crm.attributes import Found
from crm.errors import InvalidInput
from crm.fields import FieldType
from crm.moment import utc_now
from crm.stores import lanes, streams
from tests.crowd import EVERYONE, HANDLERS, MARKETER, Hands, crowd

DAY = {"from": "09:00", "to": "20:00"}
NIGHT = datetime(2026, 3, 10, 18, tzinfo=UTC)  # 23:30 in India, 14:00 in New York


def zoned(stores, **people):
    """So many people in each zone; None for those of whom no zone is known."""
    (field,) = attributes.discover(stores, [Found("timezone", FieldType.TEXT)], now=NIGHT).values()
    for zone, many in people.items():
        value = {} if zone == "nowhere" else {"attributes": {field.key: zone.replace("__", "/")}}
        crowd(stores, many, **value)


def begun(stores, at=NIGHT, **options):
    """A campaign with a window that is launched at this instant, and the hands that work from there on."""
    hands = Hands(stores)
    hands.ahead = at - utc_now()
    made = campaigns.launch_new(
        stores, name="x", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=hands.now(),
        options={"sendWindow": DAY, "errorBudget": 1} | options,
    )  # fmt: skip
    return made["_id"], hands


def work(hands):
    """Everything that can be done at this moment."""
    for _ in range(200):
        if not sum(hands.step(stream) for stream in HANDLERS):
            hands.tend()
            if not any(hands.waiting(stream) for stream in HANDLERS) and not lanes.waiting(hands.stores):
                return
    raise AssertionError("it never comes to rest")


def pending(stores, campaign):
    assert ledger.books(stores, campaign).balanced
    return campaigns.stats(stores, campaign)["pending"]


def test_orders_count_until_so_many_days_after_the_last_window_of_a_batch_has_opened(stores):
    zoned(stores, Asia__Kolkata=30, America__New_York=20)
    campaign, hands = begun(stores, holdout=0.5)
    work(hands)
    found = lift.of(stores, campaign, days=1, now=hands.now())
    assert found.until == datetime(2026, 3, 12, 3, 30, tzinfo=UTC)
    assert timedelta(0) <= found.began - NIGHT < timedelta(hours=1)


def test_each_gets_it_in_his_own_daytime_and_the_campaign_waits_for_the_last(stores):
    zoned(stores, Asia__Kolkata=30, America__New_York=20, nowhere=5, Not__a__zone=2)
    campaign, hands = begun(stores)  # the account's zone is UTC: 18:00 there
    work(hands)
    assert pending(stores, campaign) == 30
    assert campaigns.stats(stores, campaign)["status"] == "running"
    waits = quiet_hours.asleep(stores, campaign)
    assert waits == (30, datetime(2026, 3, 11, 3, 30, tzinfo=UTC), "Asia/Kolkata")
    hands.skip(hours=9)
    work(hands)
    assert pending(stores, campaign) == 30
    hands.skip(minutes=31)
    work(hands)
    assert pending(stores, campaign) == 0
    assert campaigns.stats(stores, campaign)["status"] == "finished"
    assert quiet_hours.asleep(stores, campaign) is None


def test_a_rehearsal_foresees_who_will_wait_and_until_when(stores):
    zoned(stores, Asia__Kolkata=30, America__New_York=20, nowhere=5)
    draft = {"rules": EVERYONE, "messageTemplate": "Hi {name}", "sendWindow": windows.read(DAY)}
    *_, last = dry_run.over(stores, draft, now=NIGHT)
    found = last.shown()
    assert found["zones"] == {"Asia/Kolkata": 30, "America/New_York": 20, "UTC": 5}
    assert found["waiting"] == 30
    morning = datetime(2026, 3, 11, 3, 30, tzinfo=UTC)
    assert quiet_hours.would_wait(windows.read(DAY), found["zones"], NIGHT) == (30, morning, "Asia/Kolkata")
    assert quiet_hours.would_wait(windows.read(DAY), found["zones"], NIGHT - timedelta(hours=4)) is None


def test_a_rehearsal_of_a_campaign_without_hours_has_nobody_wait(stores):
    zoned(stores, Asia__Kolkata=3)
    *_, last = dry_run.over(stores, {"rules": EVERYONE, "messageTemplate": "Hi"}, now=NIGHT)
    assert (last.shown()["zones"], last.shown()["waiting"]) == ({}, 0)


def test_nothing_is_done_for_those_who_wait_but_to_wait(stores):
    zoned(stores, Asia__Kolkata=1_200)
    campaign, hands = begun(stores)
    work(hands)
    published = [stores.redis.xinfo_stream(streams.key(stores, each))["entries-added"]
                 for each in (streams.SEND, streams.PLAN)]  # fmt: skip
    for _ in range(20):
        hands.skip(minutes=20)
        planning.resume_stuck(stores, hands.now())
        work(hands)
    assert published == [stores.redis.xinfo_stream(streams.key(stores, each))["entries-added"]
                         for each in (streams.SEND, streams.PLAN)]  # fmt: skip
    assert pending(stores, campaign) == 1_200


def test_a_try_that_was_put_off_into_the_night_waits_for_the_morning(stores):
    zoned(stores, Asia__Kolkata=40)
    carriers.configure(stores, "simulated", {"outage": True}, account=MARKETER, now=NIGHT)
    campaign, hands = begun(stores, at=datetime(2026, 3, 10, 14, 29, 50, tzinfo=UTC))  # 19:59:50
    work(hands)
    assert quiet_hours.asleep(stores, campaign) is None
    carriers.configure(stores, "simulated", {"outage": False}, account=MARKETER, now=NIGHT)
    hands.skip(minutes=1)
    work(hands)
    assert quiet_hours.asleep(stores, campaign).people == pending(stores, campaign) == 40
    hands.skip(hours=13)
    work(hands)
    assert pending(stores, campaign) == 0


def test_what_a_dead_sender_had_in_hand_is_not_handed_over_in_the_night(stores):
    zoned(stores, Asia__Kolkata=40)
    campaign, hands = begun(stores, at=datetime(2026, 3, 10, 14, 29, 50, tzinfo=UTC))
    hands.step(streams.PLAN)
    entries = hands.take(streams.SEND)
    carriers.configure(stores, "simulated", {"outage": True}, account=MARKETER, now=NIGHT)
    HANDLERS[streams.SEND](stores, entries, hands.now())
    stores.collection("deliveries").update_many({}, {"$unset": {"waits": "", "dueAt": ""}})  # as if it died
    carriers.configure(stores, "simulated", {"outage": False}, account=MARKETER, now=NIGHT)
    hands.ahead += timedelta(hours=1)
    streams.publish(stores, streams.SEND, [{"campaignId": campaign, "number": 0}])
    work(hands)
    assert quiet_hours.asleep(stores, campaign).people == pending(stores, campaign) == 40


def test_those_who_wait_are_cancelled_with_the_campaign(stores):
    zoned(stores, Asia__Kolkata=30, America__New_York=20)
    campaign, hands = begun(stores)
    work(hands)
    campaigns.cancel(stores, campaign, account=MARKETER, now=hands.now())
    work(hands)
    assert campaigns.stats(stores, campaign)["cancelled"] == 30
    assert quiet_hours.asleep(stores, campaign) is None


def test_a_pause_over_the_opening_sends_nothing_until_it_is_resumed(stores):
    zoned(stores, Asia__Kolkata=30)
    campaign, hands = begun(stores)
    work(hands)
    campaigns.pause(stores, campaign, account=MARKETER, now=hands.now())
    hands.skip(hours=12)
    work(hands)
    assert pending(stores, campaign) == 30
    campaigns.resume(stores, campaign, account=MARKETER, now=hands.now())
    work(hands)
    assert pending(stores, campaign) == 0


def test_the_morning_is_found_even_where_redis_has_lost_it(stores):
    zoned(stores, Asia__Kolkata=30)
    campaign, hands = begun(stores)
    work(hands)
    stores.redis.delete(stores.key("later"))
    hands.skip(hours=10)
    hands.skip(minutes=5)
    work(hands)
    assert pending(stores, campaign) == 0


def test_a_campaign_that_wakes_up_under_a_rate_goes_out_by_turns(stores):
    zoned(stores, Asia__Kolkata=600)
    campaign, hands = begun(stores, rateLimit=100_000)
    work(hands)
    hands.skip(hours=12)
    work(hands)
    assert pending(stores, campaign) == 0


@settings(max_examples=5, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    begins=st.integers(0, 22), length=st.integers(2, 12), days=st.sets(st.integers(1, 7), min_size=2),
    hours=st.integers(0, 200), actions=st.lists(st.sampled_from(["pause", "resume", "lose"]), max_size=4),
)  # fmt: skip
def test_nobody_is_sent_anything_outside_his_hours_whatever_happens(
    stores, begins, length, days, hours, actions
):
    stores.collection("customers").delete_many({})
    window = {"from": f"{begins:02}:00", "to": f"{min(24, begins + length):02}:00", "days": sorted(days)}
    zoned(stores, Asia__Kolkata=3, America__New_York=3, Pacific__Auckland=3, nowhere=3)
    campaign, hands = begun(stores, at=NIGHT + timedelta(hours=hours, minutes=17), sendWindow=window)
    known = set()
    for action in [*actions, *["resume"] * 100]:
        work(hands)
        for row in ended(stores, campaign):
            if row["_id"] not in known:
                known.add(row["_id"])
                assert windows.of(window).opening(ZoneInfo(row["zone"]), now := hands.now()) <= now
        happen(stores, campaign, action, hands.now())
        hands.skip(hours=2)
    assert pending(stores, campaign) == 0


def happen(stores, campaign, action, now):
    """Somebody steers the campaign, or Redis forgets when it was to go on."""
    if action == "lose":
        stores.redis.delete(stores.key("later"))
    elif campaigns.get(stores, campaign)["status"] == {"pause": "running", "resume": "paused"}[action]:
        getattr(campaigns, action)(stores, campaign, account=MARKETER, now=now)


def ended(stores, campaign):
    query = {"campaignId": campaign, "state": {"$in": ["sent", "failed"]}}
    return list(stores.collection("deliveries").find(query))


def test_who_has_had_his_messages_does_not_wait_for_the_morning(stores):
    zoned(stores, Asia__Kolkata=5)
    campaign, hands = begun(stores, frequencyCap={"messages": 1, "days": 2})
    hands.step(streams.PLAN)
    other = campaigns.launch_new(stores, name="y", rules=EVERYONE, account=MARKETER, now=hands.now())["_id"]
    planning.see_to(stores, other, hands.now())
    HANDLERS[streams.SEND](stores, [{"campaignId": other, "number": 0}], hands.now())
    work(hands)
    assert campaigns.reasons(stores, campaign, "skipped") == {"capped: 1 message in 2 days": 5}
    assert quiet_hours.asleep(stores, campaign) is None
    assert ledger.books(stores, campaign).balanced


def test_a_window_that_makes_no_sense_is_refused(stores):
    with pytest.raises(InvalidInput, match="sendWindow begins before it ends"):
        campaigns.create(stores, name="x", options={"sendWindow": {"from": "20:00", "to": "09:00"}},
                         account=MARKETER, now=NIGHT)  # fmt: skip
