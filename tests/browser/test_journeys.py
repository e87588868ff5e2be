"""The journeys that the product is for, each in light and in dark, with pictures in test-results/."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import settle
from tests.waiting import until

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
MENU = {
    "marketer": ["Overview", "Segments", "Campaigns", "History", "Explore", "Customers", "Upload"],
    "analyst": ["Overview", "Segments", "History", "Explore", "Customers"],
    "uploader": [],  # one page needs no menu
}


def picture(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png", full_page=True)


def menu(page: Page) -> list[str]:
    return page.get_by_test_id("stSidebarNavLink").all_inner_texts()


def names(page: Page) -> list[str]:
    """The menu's entries without the icons' ligatures."""
    return [entry.splitlines()[-1].strip() for entry in menu(page)]


def drop(page: Page, name: str, content: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )


def go(page: Page, entry: str) -> None:
    settle(page)  # a click that meets a page's own rerun within the same tenth of a second goes nowhere
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=entry).click()
    page.get_by_role("heading", name=entry, exact=True).wait_for()
    settle(page)


@SCHEMES
def test_a_marketer_goes_from_a_file_to_a_finished_campaign(signed_in, shop, scheme):
    page = signed_in("marketer", "upload", scheme=scheme)
    assert names(page) == MENU["marketer"]

    rows = "".join(f"Nia {n},nia{n}@{scheme}.example,Nagpur,{n * 1000}\n" for n in range(1, 31))
    drop(page, f"{scheme}.csv", f"Full name,E-mail,Town,Total spent\n{rows}Broken,no-address,Nagpur,5\n")
    expect(page.get_by_text("The first rows, as they will be understood")).to_be_visible()
    picture(page, f"upload-{scheme}")
    page.get_by_role("button", name="Import customers").click()
    expect(page.get_by_text("30 created").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1 row refused, and why").first).to_be_visible()
    imported = {"email": {"$regex": f"@{scheme}.example$"}}
    until(lambda: shop.db.customers.count_documents(imported) == 30, timeout=60)

    go(page, "Segments")
    page.get_by_label("Say in words whom you want to reach").fill("customers from Nagpur who spent over 5000")
    page.get_by_role("button", name="Find them").click()
    page.get_by_label("Segment", exact=True).wait_for()
    settle(page)
    found = shop.db.customers.count_documents({"folded.city": "nagpur", "totalSpent": {"$gt": 5000}})
    assert page.get_by_test_id("stMetricValue").first.inner_text() == f"{found:,}"
    amount = page.locator("input[type=number]:visible").first
    amount.fill("20000")
    amount.press("Enter")
    smaller = shop.db.customers.count_documents({"folded.city": "nagpur", "totalSpent": {"$gt": 20000}})
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{smaller:,}", timeout=30_000)
    picture(page, f"segment-{scheme}")
    page.get_by_label("Segment", exact=True).fill(f"Nagpur {scheme}")
    page.get_by_text("Save", exact=True).click()
    page.get_by_text("Saved", exact=True).wait_for()
    settle(page)

    page.get_by_role("button", name="Use in campaign").click()
    page.get_by_label("Campaign", exact=True).wait_for()
    settle(page)
    page.get_by_label("Campaign", exact=True).fill(f"Hello {scheme}")
    page.get_by_role("textbox", name="Message").fill("Hi {name|there}, come and see us in {city|town}.")
    page.get_by_role("textbox", name="Message").press("Control+Enter")
    settle(page)
    expect(page.get_by_text("come and see us in Nagpur").first).to_be_visible(timeout=30_000)
    picture(page, f"campaign-{scheme}")
    page.get_by_role("button", name="Review and launch").click()
    page.get_by_role("button", name=f"Send to {smaller} customers").click()

    expect(page.get_by_role("heading", name=f"Hello {scheme}")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=60_000)
    settle(page)
    picture(page, f"campaign-page-{scheme}")
    campaign = shop.db.campaigns.find_one({"name": f"Hello {scheme}"})
    states = [row["state"] for row in shop.db.deliveries.find({"campaignId": campaign["_id"]})]
    assert len(states) == smaller
    assert set(states) <= {"sent", "failed"}
    page.get_by_role("button", name="All campaigns").click()
    page.get_by_role("heading", name="History", exact=True).wait_for()
    settle(page)
    expect(page.get_by_text(f"Hello {scheme}").first).to_be_visible()
    picture(page, f"history-{scheme}")


@SCHEMES
def test_an_analyst_explores_and_saves_a_segment_but_can_not_launch(signed_in, installation, shop, scheme):
    page = signed_in("analyst", "explore", scheme=scheme)
    assert names(page) == MENU["analyst"]
    page.get_by_test_id("stMultiSelect").filter(has_text="City").get_by_role("combobox").click()
    page.get_by_role("option", name="Pune", exact=True).click()
    page.keyboard.press("Escape")
    settle(page)
    page.get_by_placeholder("Name the segment").fill(f"Pune {scheme}")
    page.get_by_role("button", name="Save as segment").click()
    until(lambda: shop.db.segments.find_one({"name": f"Pune {scheme}"}))
    settle(page)
    picture(page, f"explore-{scheme}")
    segment = shop.db.segments.find_one({"name": f"Pune {scheme}"})
    assert segment["lastSize"] == shop.db.customers.count_documents({"folded.city": "pune"})

    page.goto(f"{installation.url}/campaigns")
    settle(page)
    expect(page.get_by_role("button", name="New campaign")).to_have_count(0)
    expect(page.get_by_text("role").first).to_be_visible()


@SCHEMES
def test_an_uploader_uploads_and_sees_nothing_else(signed_in, installation, shop, scheme):
    page = signed_in("uploader", "", scheme=scheme)
    page.get_by_role("heading", name="Upload", exact=True).wait_for()
    assert names(page) == MENU["uploader"]
    drop(page, f"up-{scheme}.csv", f"email,name\nup@{scheme}.example,Uma\n")
    page.get_by_role("button", name="Import customers").click()
    until(lambda: shop.db.customers.find_one({"email": f"up@{scheme}.example"}), timeout=60)
    picture(page, f"uploader-{scheme}")
    for other in ("overview", "segments", "campaigns", "history", "explore", "customers", "settings"):
        page.goto(f"{installation.url}/{other}")
        settle(page)
        expect(page.get_by_test_id("stMetric")).to_have_count(0)
        expect(page.get_by_test_id("stDataFrame")).to_have_count(0)


@pytest.mark.parametrize("path", ["overview", "segments", "history", "explore", "upload", "customers"])
def test_a_page_fits_a_phone(signed_in, path):
    page = signed_in("administrator", path, width=390, height=844)
    settle(page)
    picture(page, f"phone-{path}")
    wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
