"""Intervals of counted shares."""

import pytest

from crm.proportions import interval


@pytest.mark.parametrize(
    ("hits", "of", "expected"),
    [
        (0, 10, (0.0, 0.2775)),
        (5, 10, (0.2366, 0.7634)),
        (10, 10, (0.7225, 1.0)),
        (81, 263, (0.2553, 0.3662)),
    ],
)
def test_an_interval_is_wilsons(hits, of, expected):
    assert interval(hits, of) == pytest.approx(expected, abs=1e-4)


def test_nothing_counted_says_nothing():
    assert interval(0, 0) == (0.0, 1.0)
