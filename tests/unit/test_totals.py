"""What a customer's totals are, with and without an opening balance."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from crm.ingestion import totals

DAY = datetime(2025, 1, 1, tzinfo=UTC)


def order(total: float, *, day: int = 0, **more: Any) -> dict[str, Any]:
    return {"total": total, "createdAt": DAY + timedelta(days=day), "status": "placed", **more}


def test_refunds_are_spent_no_more_and_cancelled_orders_are_nothing() -> None:
    come = [order(10), order(5, status="refunded", refunded=2), order(7, status="cancelled")]
    sums = totals.sums(totals.NOTHING, None, come=come)
    assert sums == {"orderCount": 2, "totalOrderValue": 15, "totalSpent": 13}


def test_sums_stay_exact() -> None:
    sums = totals.sums(totals.NOTHING, None, come=[order(0.1)] * 1000)
    assert sums["totalSpent"] == 100
    assert totals.sums(sums, None, gone=[order(0.1)] * 1000) == totals.NOTHING


def test_sums_are_those_of_each_amount_by_itself() -> None:
    chance = random.Random(4)
    for _ in range(300):
        orders = [
            order(
                chance.choice((0.1, 12.3456, 999_999_999.9999)) * chance.randrange(100),
                refunded=chance.choice((0.0, 0.0, 0.05)),
                status=chance.choice(("placed", "refunded", "cancelled")),
            )
            for _ in range(chance.randrange(12))
        ]
        start = {"orderCount": 5, "totalOrderValue": 100.1, "totalSpent": chance.choice((100.1, 99.9))}
        value, spent = start["totalOrderValue"], start["totalSpent"]
        for one in orders:
            if one["status"] != "cancelled":
                value = round(value + one["total"], 4)
                spent = round(spent + (one["total"] - one["refunded"]), 4)
        sums = totals.sums(start, None, come=orders)
        assert (sums["totalOrderValue"], sums["totalSpent"]) == (value, spent)


def test_dates_widen_by_orders_that_count_and_others_stay_unsaid() -> None:
    customer = {"firstPurchaseDate": DAY, "lastOrdered": DAY}
    assert totals.widened(customer, [order(1), order(1, day=3, status="cancelled")]) == {}
    assert totals.widened(customer, [order(1, day=2), order(1, day=1)]) == {
        "lastOrdered": DAY + timedelta(days=2)
    }
    assert totals.widened({}, [order(1)]) == customer


def test_an_opening_balance_contains_the_orders_up_to_its_day() -> None:
    opening = {"totalSpent": 100, "totalOrderValue": 120, "orderCount": 4, "at": DAY}
    completed, fields = totals.anew(None, opening, [order(10, day=-1), order(20), order(40, day=1)])
    assert completed == opening
    assert (fields["totalSpent"], fields["totalOrderValue"], fields["orderCount"]) == (140, 160, 5)
    assert fields["firstPurchaseDate"] == DAY - timedelta(days=1)


def test_what_the_balance_does_not_say_is_what_was_known_at_its_time() -> None:
    opening = totals.opened(None, totals.given_opening({"totalSpent": 100.0}), DAY)
    assert opening is not None
    completed, fields = totals.anew(None, opening, [order(10, day=-1), order(40, day=1)])
    assert completed["orderCount"] == 1
    assert fields["orderCount"] == 2
    assert fields["totalOrderValue"] == 140


def test_the_same_balance_again_stays_as_of_its_first_day() -> None:
    given = totals.given_opening({"totalSpent": 100.0, "orderCount": 4})
    opening = totals.opened(None, given, DAY)
    assert totals.opened(opening, given, DAY + timedelta(days=9)) is None


def test_zero_is_no_balance_and_an_older_one_does_not_replace_a_newer() -> None:
    assert totals.opened(None, totals.given_opening({"totalSpent": 0.0, "orderCount": 0}), DAY) is None
    newer = totals.opened(None, {"totalSpent": 5.0}, DAY)
    assert totals.opened(newer, {"totalSpent": 9.0}, DAY - timedelta(days=1)) is None


def test_without_orders_there_are_no_dates() -> None:
    assert totals.dates([order(1, status="cancelled")], None) == {
        "firstPurchaseDate": None,
        "lastOrdered": None,
    }
