"""The interval between two means."""

import pytest

from crm.means import Sums, difference, student

# Hours of sleep gained by two drugs: "Student", Biometrika 6 (1908), as it stands in R's data set `sleep`.
FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def sums(values):
    found = Sums(len(values))
    for value in values:
        found.add(value)
    return found


def test_the_interval_is_welchs_of_the_example_in_rs_manual():
    """R: t.test(extra ~ group, data = sleep)."""
    assert difference(sums(FIRST), sums(SECOND)) == pytest.approx((-3.3654832, 0.2054832), abs=2e-5)


def test_mean_and_variance_are_those_of_the_values():
    assert (sums(FIRST).mean, sums(FIRST).variance) == pytest.approx((0.75, 3.200556))


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1e6, 1.960)],
)
def test_students_point_is_that_of_the_tables(freedom, expected):
    assert student(freedom) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 63.657), (2, 9.925), (3, 5.841), (4, 4.604), (10, 3.169)]
)
def test_students_point_at_one_in_a_hundred_is_that_of_the_tables(freedom, expected):
    assert student(freedom, 0.01) == pytest.approx(expected, rel=2e-2)


@pytest.mark.parametrize(("one", "other"), [((), (1.0, 2.0)), ((1.0,), (1.0, 2.0)), ((0.0, 0.0), (0.0, 0.0))])
def test_where_nothing_varies_or_nobody_is_there_is_no_interval(one, other):
    assert difference(sums(one), sums(other)) is None
