"""When a condition on a date, or on orders, will say something else: also where the calendar steps back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm import segments
from crm.rules import flips
from crm.rules.flips import Bought

MONTH = {"last": {"months": 1}}


def date_flip(value: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
    rule = segments.parse(
        {"type": "condition", "field": "lastActive", "operator": "inTheLast", "value": MONTH}
    )
    assert isinstance(rule, segments.Condition)
    return flips.of_date(rule, value, now, zone).flip(now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 28, 10, 0, 0, 1000, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)),  # a month ago is the 28th
        (datetime(2026, 3, 30, 9, tzinfo=UTC), datetime(2026, 3, 30, 10, 0, 0, 1000, tzinfo=UTC)),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), None),
    ],
)
def test_a_date_falls_back_into_the_last_month_while_a_month_ago_stays_the_same_day(
    now: datetime, expected: datetime | None
):
    assert date_flip(datetime(2026, 2, 28, 10, tzinfo=UTC), now, ZoneInfo("UTC")) == expected


def test_a_date_falls_back_when_the_clocks_are_put_back():
    zone = ZoneInfo("Europe/Berlin")  # at 01:00 UTC on 25 October 2026 three o'clock is two again
    value = datetime(2026, 9, 25, 0, 30, tzinfo=UTC)
    now = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert date_flip(value, now, zone) == datetime(2026, 10, 25, 1, tzinfo=UTC)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(hours=7, milliseconds=1)])
def test_every_turn_of_a_behaviour_is_foreseen(offset: timedelta):
    rule = segments.parse(
        {"type": "behaviour", "measure": "count", "operator": "equals", "value": 1, "within": MONTH}
    )
    assert isinstance(rule, segments.Behaviour)
    orders = [Bought(datetime(2026, 2, 28, 10, tzinfo=UTC) + offset, 5.0, 1.0, frozenset())]
    now = datetime(2026, 3, 20, tzinfo=UTC)
    truth = flips.of_orders(rule, orders, now, UTC)
    turns, moment, held = [], now, True
    while at := next((one for one in truth.changes if one > moment and truth.at(one) is not held), None):
        turns.append(at)
        moment, held = at, not held
    leaves = timedelta(hours=10, milliseconds=1) + offset
    assert turns == [
        datetime(2026, 3, 28, tzinfo=UTC) + leaves,
        datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC) + leaves,
        datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC) + leaves,
        datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC) + leaves,
    ]  # fmt: skip
