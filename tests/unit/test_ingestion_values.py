"""What one cell or JSON value becomes, and what is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.ingestion import values
from crm.ingestion.values import Refused


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("29.33", 29.33),
        ("₹1,234.50", 1234.5),
        ("1,23,456.00", 123456),
        ("Rs. 1,234", 1234),
        ("$5", 5),
        ("USD 12", 12),
        ("12 EUR", 12),
        ("1.234,50", 1234.5),
        ("12,5", 12.5),
        (" 7 ", 7),
        ("0", 0),
        (3, 3),
        (9.99999, 10),
    ],
)
def test_an_amount_is_understood_as_people_write_it(written: object, amount: float) -> None:
    assert values.money(written) == amount


@pytest.mark.parametrize(
    "written", ["-3", "₹-3", "inf", "nan", "1e400", "12.5.1", "abc", "1 2", "5 kg", "c1", True, [], "1e13"]
)
def test_an_amount_that_is_none_is_refused(written: object) -> None:
    with pytest.raises(Refused):
        values.money(written)


def test_zero_has_no_sign() -> None:
    assert str(values.money("-0")) == "0.0"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-01-31", datetime(2025, 1, 31, tzinfo=UTC)),
        ("2025-01-31T10:30:00Z", datetime(2025, 1, 31, 10, 30, tzinfo=UTC)),
        ("2025-01-31T10:30:00+05:30", datetime(2025, 1, 31, 5, 0, tzinfo=UTC)),
        ("2025-01-31 10:30", datetime(2025, 1, 31, 10, 30, tzinfo=UTC)),
        ("13/04/2025", datetime(2025, 4, 13, tzinfo=UTC)),
        ("04/13/2025", datetime(2025, 4, 13, tzinfo=UTC)),
        ("5.5.2025", datetime(2025, 5, 5, tzinfo=UTC)),
        ("2025/1/5", datetime(2025, 1, 5, tzinfo=UTC)),
        ("13/04/2025 17:05", datetime(2025, 4, 13, 17, 5, tzinfo=UTC)),
        ("1 Jan 2025", datetime(2025, 1, 1, tzinfo=UTC)),
        ("January 2, 2025", datetime(2025, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_date_is_understood_where_it_is_plain(written: str, at: datetime) -> None:
    assert values.moment(written) == at


@pytest.mark.parametrize("written", ["1997-03-05", "19970305", "1997/3/5", "5 Mar 1997", "March 5, 1997"])
def test_a_day_alone_is_its_midnight_in_the_zone(written: str) -> None:
    at = values.moment(written, ZoneInfo("Asia/Kolkata"))
    assert at == datetime(1997, 3, 4, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize("written", ["1997-03-05T00:00", "1997-03-05 00:00", "1997/3/5 00:00"])
def test_a_time_without_a_zone_is_utc_in_every_zone(written: str) -> None:
    assert values.moment(written, ZoneInfo("Asia/Kolkata")) == datetime(1997, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("03/04/2025", "ambiguous_date"),
        ("31/02/2025", "impossible_date"),
        ("2025-02-30", "impossible_date"),
        ("0001-01-01", "impossible_date"),
        ("45000", "not_a_date"),
        ("soon", "not_a_date"),
        (45000, "not_a_date"),
    ],
)
def test_a_date_that_is_not_plain_is_refused(written: object, code: str) -> None:
    with pytest.raises(Refused) as refused:
        values.moment(written)
    assert refused.value.code == code


@pytest.mark.parametrize("written", ["a@b.example", " A.B+tag@Ex-a.co.in ", "ü@münchen.de", "o'neil@x.org"])
def test_an_address_keeps_its_writing(written: str) -> None:
    assert values.email(written) == written.strip()


@pytest.mark.parametrize(
    "written", ["a@b", "a b@c.de", "a@@b.de", "@b.de", "a@.de", "a..b@c.de", "x" * 300 + "@b.de"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        values.email(written)


def test_tags_are_cut_and_told_apart_by_their_folded_form() -> None:
    assert values.tags("VIP; new;vip ;") == ["VIP", "new"]
    assert values.tags("a,b|c") == ["a", "b", "c"]
    assert values.tags('["x, y", "z"]') == ["x, y", "z"]
    assert values.tags(["x", 7]) == ["x", "7"]


def test_a_count_is_whole() -> None:
    assert values.count("1,234") == 1234
    assert values.count("3.0") == 3
    for wrong in ("3.5", "-1", "many", True):
        with pytest.raises(Refused):
            values.count(wrong)


def test_text_with_control_characters_is_refused() -> None:
    for wrong in ("a\0b", "a\x1bb", ["a"], {"$where": "1"}, True):
        with pytest.raises(Refused):
            values.text(wrong)
    assert values.text(5.0) == "5"
    assert values.text("مرحبا 😀\u200d") == "مرحبا 😀\u200d"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7", 7),
        ("0012", 12),
        ("999999999", 999_999_999),
        ("2147483648", 2**31),
        ("1,200", 1200),
        ("3.0", 3),
        ("٣", 3),
    ],
)
def test_a_count_means_the_same_however_it_is_read(written: str, number: int) -> None:
    assert values.count(written) == number


@pytest.mark.parametrize("written", ["²", "2147483649", "1.5", "-1"])
def test_what_is_no_count_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        values.count(written)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), float("-inf"), -0.01, 1e13])
def test_a_number_that_is_no_amount_is_refused(amount: float) -> None:
    with pytest.raises(Refused):
        values.money(amount)


def test_nothing_spent_has_no_sign() -> None:
    assert str(values.money(-0.0)) == "0.0"


def test_a_reason_says_the_number_as_it_was_given() -> None:
    for given in (-5, -5.0, "-5"):
        with pytest.raises(Refused, match=r"^“-5” is negative$"):
            values.money(given)
