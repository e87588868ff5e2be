import orjson
import pytest

from benchmarks import shop
from benchmarks.figure import UNITS, Figure, percentile, size

KEYS = ["name", "value", "unit", "limit", "ratio", "n"]


def test_a_row_has_the_six_keys_and_its_unit():
    row = orjson.loads(Figure("orders_stream", 8123.456, 1000, limit=10_000).line())
    assert list(row) == KEYS
    assert row == {
        "name": "orders_stream", "value": 8123, "unit": "orders/s", "limit": 10_000, "ratio": 0.8123,
        "n": 1000,
    }  # fmt: skip


def test_without_a_limit_there_is_no_ratio():
    row = orjson.loads(Figure("first_message", 0.25, 10).line())
    assert row["limit"] is None
    assert row["ratio"] is None


def test_a_figure_without_a_unit_is_no_figure():
    with pytest.raises(KeyError):
        Figure("unheard_of", 1, 1).line()
    assert all(UNITS.values())


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0], 0.95, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        (list(range(1, 21)), 0.95, 19),
        (list(range(1, 101)), 0.95, 95),
        ([5.0, 1.0, 3.0], 1.0, 5.0),
        ([5.0, 1.0, 3.0], 0.0, 1.0),
    ],
)
def test_a_percentile_is_one_of_the_values(values, share, expected):
    assert percentile(values, share) == expected


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_a_size_is_scaled_and_bounded_from_below():
    assert size(1_000_000, 0.1) == 100_000
    assert size(20, 0.01, least=3) == 3


@pytest.mark.parametrize("skew", [0.0, shop.SKEW])
def test_an_order_has_the_same_buyer_in_whatever_part_it_is(skew):
    orders = shop.Orders("x", range(1000), customers=50, skew=skew)
    parts = [buyer for index in range(3) for buyer in orders.part(index, 3).buyers()]
    assert parts == list(orders.buyers())
    assert min(parts) >= 0
    assert max(parts) < 50
