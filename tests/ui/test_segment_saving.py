"""Saving segments, opening them again, and the list of them."""

import pytest

from crm import library
from crm.moment import utc_now
from crm.settings import settings
from tests.ui.workbench import ANNA, CITY, MORE, group, number, saved, texts, widgets


def test_a_segment_is_saved_under_its_name_and_again_under_another(builder, shop):
    builder.text_input(key="segment name").set_value("Over 1000").run()
    builder.button(key="segment-save").click().run()
    (segment,) = library.listing(shop)[0]
    assert (segment["name"], segment["lastSize"]) == ("Over 1000", 7)
    assert builder.query_params["segment"] == segment["_id"]
    assert builder.button(key="segment-save").label == "Saved"
    widgets(builder, "number_input", "value")[0].set_value(4000.0).run()
    builder.text_input(key="segment name").set_value("Over 4000").run()
    builder.button(key="segment-save-as").click().run()
    assert {one["name"]: one["lastSize"] for one in library.listing(shop)[0]} == {
        "Over 1000": 7,
        "Over 4000": 1,
    }


@pytest.mark.parametrize(("name", "reason"), [("", "needs a name"), ("BIG", "already")])
def test_a_bad_name_is_refused_in_words(builder, shop, name, reason):
    saved(shop, "Big")
    builder.text_input(key="segment name").set_value(name).run()
    builder.button(key="segment-save").click().run()
    assert reason in builder.error[0].value
    assert library.total(shop) == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(shop, open_page):
    at = saved(shop)
    app = open_page("segments", role="analyst", segment=at)
    theirs = group({**MORE, "value": 77})
    library.update(shop, at, rules=theirs, account=ANNA, now=utc_now(), zone=settings().zone)
    widgets(app, "number_input", "value")[0].set_value(9.0).run()
    app.button(key="segment-save").click().run()
    assert "Somebody changed this segment" in app.error[0].value
    assert library.get(shop, at)["rules"] == theirs


def test_a_deep_link_opens_a_segment_with_its_name_and_number(shop, open_page):
    app = open_page("segments", role="analyst", segment=saved(shop, rules=group(MORE, CITY)))
    assert not app.exception
    assert app.text_input(key="segment name").value == "Big"
    assert number(app) == "1"
    assert app.button(key="segment-save").label == "Saved"


def test_a_link_to_a_segment_that_is_gone_says_so(shop, open_page):
    app = open_page("segments", role="analyst", segment="nope")
    assert app.warning[0].value == "This segment is not here any more."
    app.button(key="segment-all").click().run()
    assert app.title[0].value == "Segments"


def test_the_list_says_what_each_segment_means_and_had(shop, open_page):
    saved(shop, "Big *ones*")
    app = open_page("segments", role="analyst")
    assert not app.exception
    assert "spent more than ₹1,000" in texts(app)
    assert [(one.label, one.value) for one in app.metric] == [("70\u00a0% of all", "7")]
    assert "Never used" in texts(app)
    opener = next(button for button in app.button if str(button.key).startswith("open-"))
    assert opener.label == r"**Big \*ones\***"
    opener.click().run()
    assert number(app) == "7"


def test_a_segment_is_duplicated_from_the_list(shop, open_page):
    at = saved(shop)
    app = open_page("segments", role="analyst")
    app.menu_button(key=f"menu-{at}").click("duplicate").run()
    assert {one["name"] for one in library.listing(shop)[0]} == {"Big", "Big (copy)"}


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_renaming_and_deleting_ask_first(shop, open_page, action):
    at = saved(shop)
    app = open_page("segments", role="analyst")
    app.menu_button(key=f"menu-{at}").click(action).run()
    assert not app.exception
    assert library.get(shop, at)["name"] == "Big"


def test_unsaved_work_waits_while_something_else_is_open(shop, open_page):
    at = saved(shop, rules=group(MORE, CITY))
    app = open_page("segments", role="marketer", segment="new")
    widgets(app, "button", "everyone")[0].click().run()
    app.query_params["segment"] = at
    app.run()
    assert number(app) == "1"
    app.button(key="segment-all").click().run()
    app.button(key="segment-continue").click().run()
    assert number(app) == "10"


def test_without_customers_the_page_says_where_they_come_from(installation, open_page):
    app = open_page("segments", role="administrator")
    assert not app.exception
    assert "There are no customers yet" in texts(app)
    assert [link.label for link in app.get("page_link")] == ["Upload files", "Add sample data"]


@pytest.mark.parametrize(("role", "offered"), [("marketer", True), ("analyst", False)])
def test_only_who_may_campaign_is_led_to_campaigns(shop, open_page, role, offered):
    app = open_page("segments", role=role, segment=saved(shop))
    assert any(button.key == "segment-use" for button in app.button) is offered
