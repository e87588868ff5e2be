"""Customers right on the edge of an audience, and the rules with them on the other side."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from crm import audiences, rulebook
from crm.borderline import MOST, borderline
from tests.crowd import NOW, crowd

UTC_ZONE = ZoneInfo("UTC")


def condition(field, operator, value):
    return {"type": "condition", "field": field, "operator": operator, "value": value}


def both(*conditions):
    return {"type": "group", "operator": "AND", "conditions": list(conditions)}


def found(stores, rules):
    rule = rulebook.parse(stores, rules)
    return borderline(stores, rule, now=NOW, zone=UTC_ZONE, currency="INR")


def members(stores, rules):
    return set(audiences.customer_ids(stores, rulebook.parse(stores, rules), now=NOW, zone=UTC_ZONE))


def test_the_nearest_on_either_side_come_with_rules_that_change_their_side_alone(stores):
    people = {
        spent: crowd(stores, 1, totalSpent=float(spent))[0] for spent in (100, 900, 990, 1_000, 1_050, 5_000)
    }
    rules = both(condition("totalSpent", "greaterThan", 1_000), condition("city", "equals", "Pune"))
    crowd(stores, 1, totalSpent=999.0, city="Delhi")  # fails the other condition too
    out, inside = found(stores, rules)
    assert (out.customer["_id"], out.inside, out.value) == (people[1_000], False, 1_000)
    assert (inside.customer["_id"], inside.inside) == (people[1_050], True)
    assert members(stores, out.rules) == members(stores, rules) | {people[1_000]}
    assert members(stores, inside.rules) == members(stores, rules) - {people[1_050]}
    assert out.instead == "spent at least ₹1,000"


def test_a_time_is_moved_by_whole_days(stores):
    near, edge, far = (
        crowd(stores, 1, lastOrdered=NOW - timedelta(days=days))[0] for days in (20.5, 31.5, 200)
    )
    rules = condition("lastOrdered", "inTheLast", {"last": {"days": 30}})
    by_side = {one.inside: one for one in found(stores, rules)}
    assert members(stores, by_side[False].rules) == {near, edge}
    assert by_side[False].rules["value"] == {"last": {"days": 32}}
    assert members(stores, by_side[True].rules) == set()
    assert by_side[True].rules["value"] == {"last": {"days": 20}}
    assert far not in members(stores, by_side[False].rules)


def test_at_most_three_are_asked_about_each_of_them_once(stores):
    crowd(stores, 5, totalSpent=999.0, orderCount=2, visitCount=3)
    crowd(stores, 5, totalSpent=1_001.0, orderCount=3, visitCount=4)
    rules = both(
        condition("totalSpent", "greaterThan", 1_000),
        condition("orderCount", "lessThan", 4),
        condition("visitCount", "greaterThan", 3),
    )
    people = found(stores, rules)
    assert 0 < len(people) <= MOST
    assert len({one.customer["_id"] for one in people}) == len(people)


def test_rules_without_an_edge_have_nobody_on_it(stores):
    crowd(stores, 3)
    assert found(stores, condition("city", "equals", "Pune")) == ()
    assert found(stores, {"type": "everyone"}) == ()
    top = {"type": "top", "n": 1, "by": "totalSpent", "direction": "desc",
           "of": condition("totalSpent", "greaterThanOrEqual", 0)}  # fmt: skip
    assert found(stores, top) == ()


def test_who_has_no_value_is_not_near(stores):
    crowd(stores, 2, age=None)
    assert found(stores, condition("age", "greaterThan", 30)) == ()
