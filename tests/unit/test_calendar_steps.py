"""Round days near given ones."""

from datetime import date, timedelta

import pytest

from crm import calendar_steps

FIRST = date(2024, 5, 15)


@pytest.mark.parametrize(
    ("days", "begins", "ends"),
    [
        (0, [date(2024, 5, 15)], [date(2024, 5, 16)]),
        (20, [date(2024, 5, 15), date(2024, 5, 16)], [date(2024, 6, 4), date(2024, 6, 5)]),
        (90, [date(2024, 5, 13), date(2024, 5, 20)], [date(2024, 8, 12), date(2024, 8, 19)]),
        (400, [date(2024, 5, 1), date(2024, 6, 1)], [date(2025, 6, 1), date(2025, 7, 1)]),
        (5000, [date(2024, 1, 1), date(2025, 1, 1)], [date(2038, 1, 1), date(2039, 1, 1)]),
    ],
)
def test_they_are_as_round_as_the_range_is_long_and_reach_beyond_both_ends(days, begins, ends):
    found = calendar_steps.near([FIRST + timedelta(days=at) for at in range(days + 1)], 24)
    assert found[: len(begins)] == begins
    assert found[-len(ends) :] == ends
    assert len(found) <= 24


def test_one_day_far_away_makes_the_others_no_coarser():
    days = [date(1024, 5, 15), *(FIRST + timedelta(days=at) for at in range(100))]
    assert len(calendar_steps.near(days, 24)) == 17  # Mondays, the far one's too


@pytest.mark.parametrize(
    "days", [[], [date.min], [date.max], [date.min, date.max], [date(9990, 3, 1), date.max]]
)
def test_the_ends_of_the_calendar_are_no_obstacle(days):
    found = calendar_steps.near(days, 12)
    assert len(found) <= 12
    assert found == sorted(set(found))
