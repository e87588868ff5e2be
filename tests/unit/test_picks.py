from datetime import date

import pytest

from crm.selection import Period
from ui import picks


def event(*points):
    return {"selection": {"points": list(points), "point_indices": [], "box": [], "lasso": []}}


def test_labels_of_picked_bars_are_told_once():
    picked = event(
        {"customdata": ["Pune", "…"]}, {"customdata": ["Mumbai", "…"]}, {"customdata": ["Pune", "…"]}
    )
    assert picks.labels(picked) == ("Pune", "Mumbai")


@pytest.mark.parametrize("nothing", [None, {}, event()])
def test_nothing_picked(nothing):
    assert picks.labels(nothing) == ()
    assert picks.period(nothing, "day").is_open


@pytest.mark.parametrize(
    ("unit", "starts", "period"),
    [
        ("day", ["2026-03-05"], Period(date(2026, 3, 5), date(2026, 3, 5))),
        ("week", ["2026-03-02", "2026-03-09"], Period(date(2026, 3, 2), date(2026, 3, 15))),
        ("month", ["2026-02-01 00:00"], Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("month", ["2025-12-01", "2025-11-01"], Period(date(2025, 11, 1), date(2025, 12, 31))),
    ],
)
def test_a_period_ends_with_the_last_day_of_the_last_bar(unit, starts, period):
    assert picks.period(event(*({"x": start} for start in starts)), unit) == period
