"""The rule builder clicked faster than it answers: no exception, no stale number, nothing lost."""

import random
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Locator, Page

from crm import audiences, rulebook
from crm.moment import utc_now
from crm.settings import settings
from tests.browser.chromium import settle
from tests.browser.conftest import exceptions

EDITS = 50
AT_ONCE = 1_500  # ms; a widget that is not there by then was taken away by the edit before


@pytest.fixture
def builder(signed_in) -> Page:
    """A new segment with one complete condition: total spent is more than 1000."""
    page = signed_in("marketer", "segments?segment=new")
    part(page, "add").locator("button:visible").first.click()
    settle(page)
    type_value(page, 0, "1000")
    settle(page)
    return page


def part(page: Page, name: str) -> Locator:
    """The builder's widgets of one part: add, group, remove, quantifier, field, operator, value."""
    return page.locator(f"[class*='st-key-{name}-']")


def rows(page: Page) -> int:
    return part(page, "row").count()


def type_value(page: Page, which: int, text: str) -> None:
    box = part(page, "value").locator("input:visible").nth(which)
    box.fill(text)
    box.press("Enter")


def press(page: Page, name: str) -> None:
    part(page, name).locator("button:visible").last.click()


def quantify(page: Page, label: str) -> None:
    part(page, "quantifier").get_by_role("radio", name=label).first.click()


def choose(page: Page, name: str, which: int, option: str) -> None:
    part(page, name).locator("input:visible").nth(which).click()
    page.get_by_role("option", name=option, exact=True).click()


def step(page: Page, name: str) -> None:
    button = page.locator(f".st-key-rule-{name} button")
    if button.is_enabled():
        button.click()


def attempt(click: Callable[[], None]) -> None:
    """A click on something that may be gone by then, as a fast hand's is."""
    try:
        click()
    except Error:
        return


def catch_up(page: Page) -> None:
    """Wait until everything clicked so far has been answered.

    A busy server may take seconds to begin, and the page looks idle meanwhile. So ask it something that
    changes no rule and wait for the answer: messages are handled in their order.
    """
    word = f"zq{secrets.token_hex(4)}"
    page.get_by_label("Say in words whom you want to reach").fill(word)
    page.get_by_role("button", name="Find them").click()
    page.get_by_test_id("stAlert").get_by_text(word).wait_for(timeout=120_000)
    settle(page)


def customers(page: Page) -> str:
    return page.get_by_test_id("stMetricValue").first.inner_text()


def finish(page: Page) -> None:
    """Fill what is half-filled, so that the number on the page is that of the whole rule."""
    empty = part(page, "box").filter(has_text="Add a condition to this group")
    while rows(page) == 0 or empty.count():
        (empty.last if empty.count() else page).locator("[class*='st-key-add-'] button").last.click()
        catch_up(page)
    boxes = part(page, "value").locator("input:visible")
    for which in range(boxes.count()):
        if boxes.nth(which).input_value():
            boxes.nth(which).press("Enter")  # an edit that was given up may have typed without handing it in
        else:
            type_value(page, which, "100")
            catch_up(page)


def counted(stores, page: Page) -> str:
    """How many people the rules of the page select, as they are saved and asked for anew."""
    name = f"Random {secrets.token_hex(4)}"
    page.get_by_label("Segment", exact=True).fill(name)
    page.get_by_label("Segment", exact=True).press("Enter")
    settle(page)
    page.locator(".st-key-segment-save button").click()
    page.locator(".st-key-segment-save").get_by_text("Saved").wait_for()
    rule = rulebook.parse(stores, stores.db.segments.find_one({"name": name})["rules"])
    return f"{audiences.count(stores, rule, now=utc_now(), zone=settings().zone):,}"


def test_values_changed_in_quick_succession_end_in_the_number_of_the_last(builder, shop):
    for value in range(500, 10_000, 500):
        type_value(builder, 0, str(value))
    catch_up(builder)
    expected = shop.db.customers.count_documents({"totalSpent": {"$gt": 9500}})
    assert customers(builder) == f"{expected:,}"


def test_the_quantifier_clicked_back_and_forth_ends_where_it_shows(builder, shop):
    for label in ["None", "All", "Any"] * 5 + ["None"]:
        quantify(builder, label)
    catch_up(builder)
    expected = shop.db.customers.count_documents({"totalSpent": {"$not": {"$gt": 1000}}})
    assert customers(builder) == f"{expected:,}"
    assert part(builder, "quantifier").get_by_role("radio", name="None").first.is_checked()


def test_fields_changed_in_quick_succession_end_with_the_widgets_of_the_last(builder, shop):
    for field in ("City", "Number of orders", "Last order", "Tags", "Number of orders"):
        attempt(lambda field=field: choose(builder, "field", 0, field))
    catch_up(builder)
    choose(builder, "field", 0, "Age")
    settle(builder)
    choose(builder, "operator", 0, "is at least")
    settle(builder)
    type_value(builder, 0, "40")
    catch_up(builder)
    expected = shop.db.customers.count_documents({"age": {"$gte": 40}})
    assert customers(builder) == f"{expected:,}"


def test_two_values_typed_one_right_after_the_other_are_both_taken(builder, shop):
    choose(builder, "operator", 0, "is between")
    settle(builder)
    part(builder, "low").locator("input:visible").first.fill("2000")
    part(builder, "high").locator("input:visible").first.fill("9000")
    builder.keyboard.press("Enter")
    catch_up(builder)
    expected = shop.db.customers.count_documents({"totalSpent": {"$gte": 2000, "$lte": 9000}})
    assert customers(builder) == f"{expected:,}"


def add_more(page: Page, kind: str) -> None:
    part(page, "more").locator("button:visible").last.click()
    page.get_by_text(kind, exact=True).last.click()


def test_orders_are_asked_for_and_the_highest_of_them_kept(builder, shop):
    press(builder, "orders")
    settle(builder)
    press(builder, "where-add")
    settle(builder)
    choose(builder, "field", -1, "Order total")
    settle(builder)
    type_value(builder, -1, "5000")
    settle(builder)
    add_more(builder, "Highest or lowest")
    settle(builder)
    box = part(builder, "n").locator("input:visible").last
    box.fill("20")
    box.press("Enter")
    catch_up(builder)
    ranks = [("totalSpent", -1), ("_id", 1)]
    top = [one["_id"] for one in shop.db.customers.find({}, {"_id": 1}).sort(ranks).limit(20)]
    bought = shop.db.orders.distinct("customerId", {"total": {"$gt": 5000}, "status": {"$ne": "cancelled"}})
    expected = len(set(top) & set(bought))
    assert expected
    assert customers(builder) == f"{expected:,}"


@pytest.mark.parametrize("seed", [1, 2])
def test_random_edits_as_fast_as_they_can_be_clicked(builder, shop, seed):
    chance = random.Random(seed)
    builder.set_default_timeout(AT_ONCE)
    for _ in range(EDITS):
        there = part(builder, "value").locator("input:visible").count()
        kind = chance.choice(["value"] * 4 + [
            "quantifier", "add", "group", "orders", "share", "everyone", "remove", "undo", "redo",
        ])  # fmt: skip
        if kind == "value" and there:
            which, value = chance.randrange(there), str(chance.randrange(20_000))
            attempt(lambda which=which, value=value: type_value(builder, which, value))
        elif kind == "quantifier":
            attempt(lambda: quantify(builder, chance.choice(["All", "Any", "None"])))
        elif kind in ("undo", "redo"):
            attempt(lambda kind=kind: step(builder, kind))
        elif kind in ("share", "everyone"):
            label = {"share": "A random share", "everyone": "Everyone"}[kind]
            attempt(lambda label=label: add_more(builder, label))
        elif (
            (kind == "remove" and rows(builder) > 1)
            or kind in ("add", "orders")
            or (kind == "group" and there < 8)
        ):
            attempt(lambda kind=kind: press(builder, kind))
    builder.set_default_timeout(60_000)
    catch_up(builder)
    assert exceptions(builder) == []
    finish(builder)
    catch_up(builder)
    assert builder.get_by_text("For the last complete rule").count() == 0
    assert customers(builder) == counted(shop, builder)
