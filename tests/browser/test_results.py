"""From the list of campaigns to one of them, and on to the comparison."""

import re

from playwright.sync_api import expect

from crm import campaigns, library
from crm.moment import utc_now
from crm.settings import settings
from tests.browser.chromium import settle
from tests.crowd import MARKETER
from tests.waiting import until

FEW = {"type": "top", "n": 40, "by": "totalSpent", "direction": "desc", "of": {"type": "everyone"}}


def test_a_campaign_opens_from_the_list_and_leads_to_a_comparison_that_an_address_holds(signed_in, shop):
    now, ids = utc_now(), []
    segment = library.save(
        shop, name="Results' forty", rules=FEW, account=MARKETER, now=now, zone=settings().zone
    )
    for name in ("Results one", "Results two"):
        made = campaigns.launch_new(
            shop, name=name, segment_id=segment["_id"], template="Hi", options={"holdout": 0.5},
            account=MARKETER, now=now,
        )  # fmt: skip
        ids.append(made["_id"])
    until(lambda: all(campaigns.stats(shop, each)["status"] == "finished" for each in ids), timeout=60)
    page = signed_in("analyst", "history")
    page.get_by_role("button", name="Results one").click()
    expect(page.get_by_role("heading", name="Results one")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("What it brought in")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Delivery log").click()
    settle(page)
    log = page.get_by_role("link", name="Download CSV").get_attribute("href")
    assert len(page.request.get(f"{page.url.split('/history')[0]}{log}").text().splitlines()) == 41
    page.get_by_role("tab", name="Results").click()
    page.get_by_role("button", name="Compare with other campaigns").click()
    expect(page.get_by_role("heading", name="Compare campaigns")).to_be_visible(timeout=30_000)
    settle(page)
    expect(page).to_have_url(re.compile(rf"compare={ids[0]}"))
    page.goto(page.url.replace(ids[0], ",".join(ids)))
    settle(page)
    charts = page.get_by_role("figure", name="Share sent of each campaign")
    expect(charts).to_contain_text("Results one", timeout=30_000)
    expect(charts).to_contain_text("Results two")
