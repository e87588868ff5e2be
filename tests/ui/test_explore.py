"""Explore: charts of a filter, and the segment that is made of it."""

from datetime import timedelta

import pytest

from crm import audiences, library, segments
from crm.moment import utc_now
from crm.settings import settings
from tests.shop import customer, line, order

MUG = line("Mug", "Kitchen", 2, 100.0)
LAMP = line("Lamp", "Home", 1, 300.0)


@pytest.fixture
def shop(installation):
    now = utc_now()
    for number in range(12):
        ordered = now - timedelta(days=number * 20)
        customer(installation, f"c{number:02}", ("Mumbai", "Pune", "Delhi")[number % 3],
                 ("vip",) if number % 4 == 0 else (), lastOrdered=ordered, firstPurchaseDate=ordered,
                 orderCount=1, totalSpent=100.0, totalOrderValue=100.0)  # fmt: skip
        order(installation, f"o{number}", f"c{number:02}", ordered.strftime("%Y-%m-%dT%H:%M"), 100.0,
              lines=[MUG if number % 2 else LAMP])  # fmt: skip
    return installation


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_an_analyst_saves_a_filter_as_a_segment(shop, open_page):
    app = open_page("explore", role="analyst")
    assert not app.exception
    assert metrics(app)["Revenue"] == "₹1,200.00"
    app.multiselect(key="filter_cities").select("Mumbai").select("Pune").run()
    assert metrics(app)["Orders"] == "8"
    assert metrics(app)["In this segment"] == "8"
    app.text_input(key="segment_name").set_value("Western India")
    app.button[_position(app, "Save as segment")].click().run()
    assert not app.exception
    (saved,), _ = library.listing(shop)
    assert (saved["name"], saved["lastSize"]) == ("Western India", 8)
    rule = segments.parse(saved["rules"])
    assert segments.describe(rule) == "Customers who live in Mumbai or Pune"
    assert any("Saved **Western India**" in text.value for text in app.markdown)


def test_a_period_selects_those_who_ordered_in_it_or_by_their_last_order(shop, open_page):
    order(shop, "again", "c11", f"{utc_now() - timedelta(days=3):%Y-%m-%dT%H:%M}", 5.0)  # no last order yet
    app = open_page("explore", role="analyst")
    app.selectbox(key="filter_period").select("Last 90 days").run()
    assert not app.exception
    ordered = int(metrics(app)["Customers who ordered"])
    assert metrics(app)["In this segment"] == str(ordered)
    app.segmented_control(key="segment_date_field").select("lastOrdered").run()
    assert metrics(app)["In this segment"] == str(ordered - 1)
    assert not app.exception


def test_categories_and_products_select_those_who_ordered_them(shop, open_page):
    app = open_page("explore", role="analyst")
    app.multiselect(key="filter_categories").select("Kitchen").run()
    assert metrics(app)["Orders"] == "6"
    assert metrics(app)["In this segment"] == metrics(app)["Customers who ordered"] == "6"
    app.multiselect(key="filter_cities").select("Mumbai").run()
    assert metrics(app)["In this segment"] == metrics(app)["Customers who ordered"] == "2"
    app.text_input(key="segment_name").set_value("Kitchens of Mumbai")
    app.button[_position(app, "Save as segment")].click().run()
    (saved,), _ = library.listing(shop)
    rule = segments.parse(saved["rules"])
    found = set(audiences.customer_ids(shop, rule, now=utc_now(), zone=settings().zone))
    assert found == {"c03", "c09"}


def test_a_filter_that_nothing_matches_draws_empty_charts(shop, open_page):
    app = open_page("explore", role="analyst")
    app.multiselect(key="filter_cities").select("Mumbai")
    app.multiselect(key="filter_tags").select("vip")
    app.selectbox(key="filter_period").select("Last 30 days").run()
    app.multiselect(key="filter_categories").select("Kitchen").run()
    assert not app.exception
    assert metrics(app)["Orders"] == "0"
    assert metrics(app)["Average order"] == "–"


def test_a_segment_without_a_name_is_refused_in_a_sentence(shop, open_page):
    app = open_page("explore", role="analyst")
    app.multiselect(key="filter_tags").select("vip").run()
    app.button[_position(app, "Save as segment")].click().run()
    assert app.error[0].value == "A segment needs a name."
    assert library.total(shop) == 0


@pytest.mark.parametrize("page", ["overview", "explore", "customers"])
def test_pages_of_an_empty_shop_say_what_to_do(open_page, page):
    app = open_page(page, role="analyst")
    assert not app.exception and not app.error


@pytest.mark.parametrize("page", ["overview", "explore", "customers"])
def test_an_uploader_sees_none_of_it(shop, open_page, page):
    app = open_page(page, role="uploader")
    assert "may not" in app.warning[0].value
    assert not app.metric and not app.get("plotly_chart") and not app.dataframe


def test_an_analyst_can_not_make_campaigns(shop, open_page):
    app = open_page("overview", role="analyst")
    assert not app.exception
    assert "Make a campaign" not in [link.label for link in app.get("page_link")]
    assert metrics(app)["Revenue"] == "₹1,200.00"


def _position(app, label):
    return [button.label for button in app.button].index(label)


@pytest.mark.parametrize("metric", ["revenue", "orders", "customers"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_every_metric_is_drawn_by_every_unit(shop, open_page, metric, unit):
    app = open_page("explore", role="marketer")
    app.segmented_control(key="explore_metric").select(metric)
    app.segmented_control(key="explore_unit").select(unit).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 6


def test_custom_days_start_with_those_of_the_data(shop, open_page):
    app = open_page("explore", role="analyst")
    app.selectbox(key="filter_period").select("Custom dates").run()
    assert not app.exception
    assert metrics(app)["Orders"] == "12"
    _, last = app.date_input(key="filter_days").value
    app.date_input(key="filter_days").set_value((last, last)).run()
    assert metrics(app)["Orders"] == "1"
    assert not app.exception
