"""Facts about the default sample shop."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from statistics import median

import pytest

from crm.sample_shop import Shop, customers, orders, products, window

NOW = datetime(2026, 2, 14, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop():
    return Shop(now=NOW)


@pytest.fixture(scope="module")
def people(shop):
    return list(customers(shop))


@pytest.fixture(scope="module")
def bought(shop):
    return list(orders(shop))


@pytest.fixture(scope="module")
def spent(people, bought):
    totals = {person["externalId"]: 0.0 for person in people}
    for order in bought:
        if order["status"] not in ("cancelled", "refunded"):
            totals[order["customerId"]] += order["totalAmount"]
    return totals


def test_a_shop_has_as_many_of_everything_as_asked_for(people, bought):
    goods = list(products())
    assert (len(people), len(bought), len(goods)) == (5_000, 20_000, 60)
    assert len({item["category"] for item in goods}) == 8


def test_keys_are_unique(people, bought):
    assert len({person["externalId"] for person in people}) == len(people)
    assert len({person["email"] for person in people}) == len(people)
    assert len({order["orderReference"] for order in bought}) == len(bought)


def test_about_one_in_five_has_spent_more_than_ten_thousand_rupees(spent):
    share = sum(total > 10_000 for total in spent.values()) / len(spent)
    assert 0.17 < share < 0.23


@pytest.mark.parametrize(("number", "purchases"), [(10_000, 20_000), (4_000, 20_000), (3_000, 30_000)])
def test_one_in_five_holds_in_other_proportions(number, purchases):
    totals = Counter()
    for order in orders(Shop(number, purchases, now=NOW)):
        if order["status"] not in ("cancelled", "refunded"):
            totals[order["customerId"]] += order["totalAmount"]
    assert 0.15 < sum(total > 10_000 for total in totals.values()) / number < 0.27


def test_spending_is_skewed(spent):
    totals = sorted(spent.values(), reverse=True)
    assert sum(totals[:500]) > 0.4 * sum(totals)
    assert sum(totals) / len(totals) > 2 * median(totals)


def test_some_never_ordered_some_lapsed_some_are_new(people, bought):
    last = {}
    for order in bought:
        last[order["customerId"]] = max(last.get(order["customerId"], ""), order["createdAt"])
    assert 0.1 < 1 - len(last) / len(people) < 0.35
    assert sum(at < "2025-08-14" for at in last.values()) > 0.15 * len(people)
    assert sum(person["accountCreated"] > "2025-12-14" for person in people) > 0.05 * len(people)


def test_diwali_and_the_end_of_the_year_are_busy(bought):
    months = Counter(order["createdAt"][:7] for order in bought)
    for busy, usual in (("2024-10", "2024-08"), ("2025-10", "2025-08"), ("2024-12", "2025-02")):
        assert months[busy] > 1.3 * months[usual]


def test_orders_are_dated_within_the_window_and_after_the_customer_joined(shop, people, bought):
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in window(shop))
    joined = {person["externalId"]: person["accountCreated"] for person in people}
    seen = {person["externalId"]: person.get("lastActive", "") for person in people}
    assert all(start <= order["createdAt"] < end for order in bought)
    assert all(joined[order["customerId"]] < order["createdAt"] for order in bought)
    assert all(order["createdAt"] <= seen[order["customerId"]] < end for order in bought)


def test_an_order_costs_what_its_lines_cost(bought):
    for order in bought:
        assert order["totalAmount"] == sum(line["quantity"] * line["price"] for line in order["products"])
        assert len({line["productId"] for line in order["products"]}) == len(order["products"])


def test_cities_languages_and_fields_vary(people):
    cities = Counter(person["city"] for person in people)
    assert min(cities[city] for city in ("Mumbai", "Delhi", "Bengaluru", "Pune")) > 200
    assert sum(not person["name"].isascii() for person in people) > 0.05 * len(people)
    tags = {tag for person in people for tag in person.get("tags", [])}
    assert {"vip", "newsletter", "wholesale"} <= tags
    for field in ("gender", "phone", "lastActive", "tags"):
        assert 0.5 < sum(field in person for person in people) / len(people) < 1
    assert any("age" in person for person in people) and any("birthDate" in person for person in people)


def test_nobody_real_can_be_reached(people):
    assert all(person["email"].endswith(".example") and person["email"].isascii() for person in people)
    kept_for_fiction = ("+44 7700 900", "+1 202 555 01")
    for phone in (person["phone"] for person in people if "phone" in person):
        assert phone.startswith(kept_for_fiction) or phone.split()[1].startswith("0")


def test_the_same_shop_comes_out_the_same(shop, people, bought):
    assert list(customers(shop)) == people
    assert list(orders(shop)) == bought


def test_another_seed_or_size_shares_no_key(people):
    known = {person["email"] for person in people}
    for other in (Shop(seed=2, now=NOW), Shop(customers=50, orders=100, now=NOW)):
        assert not known & {person["email"] for person in customers(other)}


def test_later_chunks_belong_to_the_same_shop():
    shop = Shop(customers=20_050, orders=40_001, now=NOW)
    references = [order["orderReference"] for order in orders(shop)]
    owners = {order["customerId"] for order in orders(shop)}
    assert len(set(references)) == 40_001
    assert owners <= {person["externalId"] for person in customers(shop)}
    assert any(owner > "S1x20050x40001-C020000" for owner in owners)


@pytest.mark.parametrize(("number", "purchases"), [(1, 0), (1, 3), (3, 1)])
def test_the_smallest_shops(number, purchases):
    shop = Shop(number, purchases, now=NOW)
    assert len(list(customers(shop))) == number
    assert len(list(orders(shop))) == purchases


def test_a_shop_of_millions_starts_at_once():
    shop = Shop(1_000_000, 5_000_000, now=NOW)
    assert len(list(islice(orders(shop), 10))) == 10
