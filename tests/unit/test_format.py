from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ui import format as fmt

NOW = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (244091.94, "INR", "₹244,091.94"),
        (0, "USD", "$0.00"),
        (-12.5, "EUR", "−€12.50"),
        (1234.4, "JPY", "¥1,234"),
        (3, "CHF", "CHF\u00a03.00"),
        (None, "INR", "–"),
    ],
)
def test_money_carries_its_currency_and_groups_thousands(amount, currency, text):
    assert fmt.money(amount, currency) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(999, "₹999"), (1_000, "₹1K"), (12_345, "₹12.3K"), (999_999, "₹1M"), (2_440_000_000, "₹2.4B")],
)
def test_short_money_fits_a_tile(amount, text):
    assert fmt.money(amount, "INR", short=True) == text


@pytest.mark.parametrize(
    ("amount", "text", "exact"),
    [
        (99_999.5, "₹99,999.50", None),
        (1_234_567.5, "₹1,234,567", "₹1,234,567.50"),
        (39_727_350, "₹39.7M", "₹39,727,350.00"),
        (None, "–", None),
    ],
)
def test_a_headline_is_as_wide_as_a_card_and_the_exact_amount_is_kept(amount, text, exact):
    assert fmt.headline(amount, "INR") == (text, exact)


def test_numbers_drop_needless_decimals():
    assert [fmt.number(value) for value in (0, 1200, 2.5, -3, None)] == ["0", "1,200", "2.5", "−3", "–"]


def test_a_small_share_is_never_written_as_nothing():
    assert [fmt.percent(share) for share in (0, 0.0001, 0.123, 0.9999, 1, None)] == [
        "0\u00a0%", "< 0.1\u00a0%", "12.3\u00a0%", "> 99.9\u00a0%", "100\u00a0%", "–",
    ]  # fmt: skip


def test_a_moment_is_told_in_the_readers_zone():
    assert fmt.moment(NOW, ZoneInfo("Asia/Kolkata")) == "2 Mar 2026, 02:00"
    assert fmt.day(NOW, ZoneInfo("UTC")) == "1 Mar 2026"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=40), "1 month ago"),
        (timedelta(days=-2), "in 2 days"),
    ],
)
def test_ago(before, text):
    assert fmt.ago(NOW - before, NOW) == text


def test_never_and_one_and_many():
    assert fmt.ago(None, NOW) == "never"
    assert fmt.count(1, "customer") == "1 customer"
    assert fmt.count(2357, "customer") == "2,357 customers"
    assert fmt.count(2, "delivery", "deliveries") == "2 deliveries"


def test_text_of_a_person_stays_text():
    assert fmt.plain("*A* [b](c) $x$") == r"\*A\* \[b\]\(c\) \$x\$"
