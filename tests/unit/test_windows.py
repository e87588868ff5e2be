"""When a sending window is open, zone by zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import windows

INDIA, NEW_YORK, BERLIN = (ZoneInfo(name) for name in ("Asia/Kolkata", "America/New_York", "Europe/Berlin"))
DAY = {"from": "09:00", "to": "20:00"}


def opening(kept, zone, *at):
    return windows.of(windows.read(kept)).opening(zone, datetime(*at, tzinfo=UTC))


def local(zone, *at):
    return datetime(*at, tzinfo=zone).astimezone(UTC)


def test_it_is_open_from_its_first_minute_and_shut_from_its_last():
    at = local(INDIA, 2026, 3, 10, 9)
    assert windows.of(windows.read(DAY)).opening(INDIA, at) == at
    almost = local(INDIA, 2026, 3, 10, 19, 59)
    assert windows.of(windows.read(DAY)).opening(INDIA, almost) == almost
    evening = local(INDIA, 2026, 3, 10, 20)
    assert windows.of(windows.read(DAY)).opening(INDIA, evening) == local(INDIA, 2026, 3, 11, 9)


def test_the_same_instant_is_day_in_one_zone_and_night_in_another():
    assert opening(DAY, INDIA, 2026, 3, 10, 6) == datetime(2026, 3, 10, 6, tzinfo=UTC)
    assert opening(DAY, NEW_YORK, 2026, 3, 10, 6) == local(NEW_YORK, 2026, 3, 10, 9)


def test_days_that_are_not_chosen_are_passed_over():
    working = DAY | {"days": [1, 2, 3, 4, 5]}
    assert opening(working, BERLIN, 2026, 3, 6, 20) == local(BERLIN, 2026, 3, 9, 9)  # Friday night → Monday


def test_the_clock_on_the_wall_counts_when_it_is_changed():
    spring = opening(DAY, BERLIN, 2026, 3, 28, 22)  # clocks go forward in this night
    assert spring == datetime(2026, 3, 29, 7, tzinfo=UTC)
    autumn = opening(DAY, BERLIN, 2026, 10, 24, 22)  # and back in this one
    assert autumn == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_a_window_that_begins_in_the_hour_that_is_leapt_over_opens_after_the_leap():
    found = opening({"from": "02:30", "to": "04:00"}, BERLIN, 2026, 3, 28, 22)
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 on the wall
    none_of_it = opening({"from": "02:00", "to": "02:45"}, BERLIN, 2026, 3, 29, 0, 59)
    assert none_of_it.astimezone(BERLIN).date().isoformat() in ("2026-03-29", "2026-03-30")


def test_midnight_may_be_the_end():
    found = opening({"from": "18:00", "to": "24:00"}, INDIA, 2026, 3, 10, 18, 29)  # 23:59
    assert found == datetime(2026, 3, 10, 18, 29, tzinfo=UTC)
    assert opening({"from": "18:00", "to": "24:00"}, INDIA, 2026, 3, 10, 18, 30) > found + timedelta(hours=17)


@given(
    zone=st.sampled_from(["Asia/Kolkata", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
    at=st.integers(0, 4 * 365 * 24 * 60).map(
        lambda each: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=each)
    ),
    begins=st.integers(0, 1438),
    length=st.integers(1, 1439),
    days=st.sets(st.integers(1, 7), min_size=1),
)
def test_it_opens_within_nine_days_on_a_chosen_day_and_never_in_the_past(zone, at, begins, length, days):
    ends = min(1440, begins + length)
    clock = [f"{each // 60:02}:{each % 60:02}" for each in (begins, ends)]
    window = windows.of(windows.read({"from": clock[0], "to": clock[1], "days": sorted(days)}))
    opens = window.opening(ZoneInfo(zone), at)
    assert at <= opens <= at + timedelta(days=9)
    assert window.opening(ZoneInfo(zone), opens) == opens
    shown = opens.astimezone(ZoneInfo(zone))
    assert shown.isoweekday() in days
    leap = 61  # minutes that a clock may leap
    assert begins <= shown.hour * 60 + shown.minute < ends + leap


@pytest.mark.parametrize("given_", [
    None, {}, {"from": "09:00"}, {"from": "20:00", "to": "09:00"}, {"from": "09:00", "to": "09:00"},
    {"from": "9", "to": "20:00"}, {"from": "09:00", "to": "25:00"}, DAY | {"days": [0]},
    DAY | {"days": [True]}, DAY | {"days": "12"}, DAY | {"more": 1},
])  # fmt: skip
def test_a_window_that_makes_no_sense_is_refused(given_):
    with pytest.raises(ValueError):
        windows.read(given_)


def test_a_window_is_written_with_its_days():
    assert windows.describe(windows.read(DAY)) == "09:00 to 20:00"
    assert windows.describe(windows.read(DAY | {"days": [5, 1, 2, 3, 4]})) == "09:00 to 20:00, Mon to Fri"
    assert windows.describe(windows.read(DAY | {"days": [6, 7]})) == "09:00 to 20:00, Sat, Sun"
