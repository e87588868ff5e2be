"""Segments in a real browser: words to rules, editing, saving, the list's menus."""

from pathlib import Path
from zoneinfo import ZoneInfo

from crm import library
from crm.auth import Account
from crm.moment import utc_now
from tests.browser.chromium import settle


def customers(page):
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_a_marketer_goes_from_words_to_a_saved_segment(signed_in, shop):
    page = signed_in("marketer", "segments")
    page.get_by_label("Say in words whom you want to reach").fill("spent over 5000 and at least 2 orders")
    page.get_by_role("button", name="Find them").click()
    page.get_by_text("Save", exact=True).wait_for()
    settle(page)
    expected = shop.db.customers.count_documents({"totalSpent": {"$gt": 5000}, "orderCount": {"$gte": 2}})
    assert customers(page) == f"{expected:,}"
    page.get_by_label("Segment", exact=True).fill("Regulars over 5000")
    page.get_by_text("Save", exact=True).click()
    page.get_by_text("Saved", exact=True).wait_for()
    settle(page)
    segment = shop.db.segments.find_one({"name": "Regulars over 5000"})
    assert segment["lastSize"] == expected
    assert page.url.endswith(f"segment={segment['_id']}")


def test_a_segment_is_renamed_described_and_deleted_after_asking(signed_in, shop):
    page = signed_in("analyst", "segments?segment=new")
    page.get_by_role("button", name="Everyone").click()
    settle(page)
    page.get_by_label("Segment", exact=True).fill("To be renamed")
    page.get_by_text("Save", exact=True).click()
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("button", name="All segments").click()
    settle(page)
    at = shop.db.segments.find_one({"name": "To be renamed"})["_id"]
    choose(page, at, "Rename or describe")
    page.get_by_role("dialog").get_by_label("Name").fill("To be deleted")
    page.get_by_role("dialog").get_by_label("Description").fill("Made for a test")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)
    changed = shop.db.segments.find_one({"_id": at})
    assert (changed["name"], changed["description"]) == ("To be deleted", "Made for a test")
    page.get_by_text("Made for a test").wait_for()
    choose(page, at, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)
    assert shop.db.segments.find_one({"_id": at}) is None


def test_members_are_downloaded_and_a_deletion_is_undone(signed_in, shop):
    rules = {"type": "condition", "field": "orderCount", "operator": "greaterThan", "value": 2}
    marketer = Account("a" * 24, "m@shop.example", "M", "marketer")
    at = library.save(
        shop, name="To be exported", rules=rules, account=marketer, now=utc_now(), zone=ZoneInfo("UTC")
    )["_id"]
    page = signed_in("marketer", "segments")
    choose(page, at, "Export")
    with page.expect_download() as found:
        page.get_by_role("dialog").get_by_role("link", name="Download").click()
    lines = Path(found.value.path()).read_text().splitlines()
    assert len(lines) == 1 + shop.db.customers.count_documents({"orderCount": {"$gt": 2}})
    assert shop.db.segments.find_one({"_id": at})["lastUsedFor"] == "export"
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)
    choose(page, at, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)
    assert shop.db.segments.find_one({"_id": at}) is None
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert shop.db.segments.find_one({"_id": at})["name"] == "To be exported"


def choose(page, segment_id, action):
    page.locator(f".st-key-menu-{segment_id}").get_by_role("button").locator("visible=true").click()
    page.get_by_role("menuitem", name=action).click()
    page.get_by_role("dialog").wait_for()


def test_the_back_button_leads_from_a_segment_to_the_list(signed_in):
    page = signed_in("analyst", "segments")
    page.get_by_role("button", name="New segment").click()
    page.get_by_role("button", name="All segments").wait_for()
    settle(page)
    page.go_back()
    page.get_by_role("heading", name="Segments").wait_for()


def test_another_value_is_tried_on_the_curve_taken_and_undone(signed_in, shop):
    page = signed_in("analyst", "segments?segment=new")
    page.locator("[class*='st-key-add-'] button:visible").first.click()
    settle(page)
    box = page.locator("[class*='st-key-value-'] input:visible").first
    box.fill("1000")
    box.press("Enter")
    settle(page)
    before = customers(page)
    page.locator("[class*='st-key-menu-'] button:visible").first.click()
    page.get_by_role("menuitem", name="Try other values").click()
    page.get_by_role("dialog").get_by_role("slider").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    use = page.get_by_role("dialog").get_by_role("button", name="Use this value")
    page.wait_for_function("button => !button.disabled", arg=use.element_handle())
    settle(page)
    use.click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)
    value = float(box.input_value())
    assert value > 1000
    assert customers(page) == f"{shop.db.customers.count_documents({'totalSpent': {'$gt': value}}):,}"
    page.locator(".st-key-rule-undo button").click()
    settle(page)
    assert customers(page) == before
