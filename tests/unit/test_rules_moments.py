"""Lengths of time and dates of a rule, at the instant it is evaluated."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.rules.moments import Clock
from crm.rules.values import Age, Span, Unit

BERLIN = ZoneInfo("Europe/Berlin")


def clock(now: str, zone: ZoneInfo = BERLIN) -> Clock:
    return Clock(datetime.fromisoformat(now), zone)


@pytest.mark.parametrize(
    ("now", "length", "expected"),
    [
        ("2026-03-31T12:00:00Z", Span(1, Unit.MONTHS), "2026-02-28T13:00:00Z"),  # the month's last day
        ("2024-02-29T12:00:00Z", Span(1, Unit.YEARS), "2023-02-28T12:00:00Z"),
        ("2026-01-15T12:00:00Z", Span(13, Unit.MONTHS), "2024-12-15T12:00:00Z"),
        ("2026-04-15T12:00:00Z", Span(1, Unit.MONTHS), "2026-03-15T13:00:00Z"),  # 14:00 by both clocks
        ("2026-04-15T12:00:00Z", Span(31, Unit.DAYS), "2026-03-15T12:00:00Z"),  # 31 times 24 hours
        ("2026-04-15T12:00:00Z", Span(2, Unit.WEEKS), "2026-04-01T12:00:00Z"),
        ("2026-04-15T12:00:00Z", Age(1), "2026-04-14T12:00:00Z"),
        ("2026-03-31T22:30:00Z", Span(1, Unit.MONTHS), "2026-02-28T23:30:00Z"),  # 1 April in Berlin
        ("0100-01-01T00:00:00Z", Span(200, Unit.YEARS), "0001-01-01T00:00:00Z"),  # held at the first year
    ],
)
def test_months_and_years_are_calendar_steps_and_the_rest_are_fixed(now: str, length: Span, expected: str):
    assert clock(now).ago(length) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("now", "first", "last", "expected"),
    [
        ("2026-06-30T12:00:00Z", 0, 0, (630,)),
        ("2026-06-30T22:30:00Z", 0, 1, (701, 702)),  # the next day in Berlin
        ("2025-12-31T12:00:00Z", -1, 1, (101, 1230, 1231)),
        ("2026-02-28T12:00:00Z", 0, 0, (228, 229)),
        ("2028-02-28T12:00:00Z", 0, 0, (228,)),
        ("2028-02-28T12:00:00Z", 0, 1, (228, 229)),
        ("9999-12-31T12:00:00Z", 0, 5, (1231,)),
    ],
)
def test_anniversaries_are_on_whole_days_of_the_zone(
    now: str, first: int, last: int, expected: tuple[int, ...]
):
    assert clock(now).anniversaries(first, last) == expected


def test_a_year_has_every_anniversary():
    assert len(clock("2026-06-30T12:00:00Z").anniversaries(0, 365)) == 366


def test_ahead_is_the_other_way():
    assert clock("2026-01-31T12:00:00Z").ahead(Span(1, Unit.MONTHS)) == datetime(2026, 2, 28, 12, tzinfo=UTC)


def test_a_date_is_midnight_of_the_zone_and_an_offset_wins_over_it():
    at = clock("2026-01-01T00:00:00Z")
    assert at.at(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert at.at(datetime(2026, 7, 1, 10)) == datetime(2026, 7, 1, 8, tzinfo=UTC)  # noqa: DTZ001
    assert at.at(datetime(2026, 7, 1, 10, tzinfo=UTC)) == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_a_day_is_as_long_as_the_zone_has_it():
    start, end = clock("2026-01-01T00:00:00Z").day(date(2026, 3, 29))
    assert (end - start).total_seconds() == 23 * 3600


def test_the_ends_of_the_calendar_hold():
    at = clock("2026-01-01T00:00:00Z", ZoneInfo("Asia/Kolkata"))
    assert at.at(date.min) == datetime(1, 1, 1, tzinfo=UTC)
    first, last = clock("2026-01-01T00:00:00Z", ZoneInfo("America/New_York")).day(date.max)
    assert first <= last


def test_now_is_whole_milliseconds_and_aware():
    assert clock("2026-01-01T00:00:00.123999Z").now.microsecond == 123_000
    with pytest.raises(ValueError, match="aware"):
        clock("2026-01-01T00:00:00")
