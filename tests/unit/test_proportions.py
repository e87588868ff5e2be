"""Intervals of counted shares, of what lies between two, and what could be seen."""

import random

import pytest

from crm.proportions import difference, interval, smallest_difference


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
    assert difference(0, 0, 3, 9) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_the_interval_between_two_shares_is_that_of_newcombes_paper(one, other, expected):
    """R. G. Newcombe (1998), table II, method 10."""
    assert difference(*one, *other) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("base", "many", "power", "expected"),
    [
        (0.50, 76.7, 0.90, 0.25),  # R: power.prop.test(p1 = .50, p2 = .75, power = .90)
        (0.50, 50.0, 0.7401659, 0.25),  # R: power.prop.test(n = 50, p1 = .50, p2 = .75)
    ],
)
def test_the_smallest_difference_is_that_of_the_power_test_in_rs_manual(base, many, power, expected):
    assert smallest_difference(base, many, many, power=power) == pytest.approx(expected, abs=1e-4)


def test_a_larger_group_shows_a_smaller_difference_and_its_smaller_half_decides():
    even = smallest_difference(0.05, 5_000, 5_000)
    uneven = smallest_difference(0.05, 9_500, 500)
    assert even < smallest_difference(0.05, 500, 500) < 1
    assert even < uneven


@pytest.mark.parametrize(("base", "of", "other"), [(0.9, 3, 3), (0.1, 0, 50), (0.1, 50, 0), (1.0, 50, 50)])
def test_where_no_difference_could_be_seen_there_is_none(base, of, other):
    assert smallest_difference(base, of, other) is None


def test_of_experiments_without_an_effect_one_in_twenty_looks_like_one():
    chance = random.Random(11)

    def buyers(people):
        return sum(chance.random() < 0.1 for _ in range(people))

    intervals = [difference(buyers(450), 450, buyers(50), 50) for _ in range(1_000)]
    apart = sum(low > 0 or high < 0 for low, high in intervals)
    assert 25 <= apart <= 75


def test_of_several_comparisons_without_an_effect_one_family_in_twenty_looks_like_one():
    chance, among = random.Random(12), 4

    def buyers():
        return sum(chance.random() < 0.1 for _ in range(150))

    def apart(held, level):
        low, high = difference(buyers(), 150, held, 150, level=level)
        return low > 0 or high < 0

    held = [buyers() for _ in range(500)]
    corrected = sum(any(apart(each, 0.05 / among) for _ in range(among)) for each in held)
    alone = sum(any(apart(each, 0.05) for _ in range(among)) for each in held)
    assert corrected <= 35 < alone  # 25 of 500 are one in twenty
