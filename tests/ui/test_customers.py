"""Customers: search, and one customer's page."""

from datetime import UTC, datetime

import pytest

from crm import attributes, library
from crm.attributes import Found
from crm.auth import Account
from crm.fields import FieldType
from crm.moment import utc_now
from crm.settings import settings
from tests.shop import customer, line, order


@pytest.fixture
def shop(installation):
    customer(installation, "a", "Mumbai", ("vip",), name="Priya *Sharma*", email="priya@shop.example",
             phone="+91 0123", totalSpent=300.5, totalOrderValue=300.5, orderCount=2,
             lastOrdered=utc_now(), isInactive=False)  # fmt: skip
    customer(installation, "b", name="Jörg Müller", email="joerg@shop.example")
    order(installation, "O-1", "a", "2026-01-05T10:00", 300.5, lines=[line("Mug", "Kitchen", 2, 100.0)])
    installation.db.campaigns.insert_one({"_id": "k", "name": "Diwali"})
    installation.db.deliveries.insert_one({"_id": "k:a", "campaignId": "k", "customerId": "a",
                                           "state": "sent", "body": "Hello Priya"})  # fmt: skip
    return installation


def test_customers_are_found_by_name_mail_or_phone(shop, open_page):
    app = open_page("customers", role="analyst")
    assert not app.exception
    assert list(app.dataframe[0].value["Name"]) == ["Jörg Müller", "Priya *Sharma*"]
    for search, name in (("MÜLL", "Jörg Müller"), ("priya@", "Priya *Sharma*"), ("0123", "Priya *Sharma*")):
        app.text_input(key="customers_search").set_value(search).run()
        assert list(app.dataframe[0].value["Name"]) == [name]
    app.text_input(key="customers_search").set_value("nobody").run()
    assert not app.dataframe
    assert app.caption[0].value == "Nobody is called so."


def test_one_customer_is_shown_with_orders_and_messages(shop, open_page):
    app = open_page("customers", role="marketer", customer="a")
    assert not app.exception
    assert app.title[0].value == r"Priya \*Sharma\*"
    assert {metric.label: metric.value for metric in app.metric}["Spent"] == "₹300.50"
    orders, messages = (frame.value for frame in app.dataframe)
    assert orders["Products"][0] == "2 × Mug"
    assert (messages["Campaign"][0], messages["State"][0]) == ("Diwali", "Sent")


def test_a_customer_who_is_not_there(shop, open_page):
    app = open_page("customers", role="analyst", customer="nobody")
    assert app.warning[0].value == "There is no such customer."
    assert not app.exception


def test_a_customers_page_says_in_which_segments_he_is_once_it_is_asked(shop, open_page):
    rules = {"type": "condition", "field": "city", "operator": "equals", "value": "Mumbai"}
    account = Account("a" * 24, "anna@example.com", "Anna", "marketer")
    for name, city in (("Mumbaikars", "Mumbai"), ("Punekars", "Pune")):
        library.save(shop, name=name, rules={**rules, "value": city}, account=account, now=utc_now(),
                     zone=settings().zone)  # fmt: skip
    app = open_page("customers", role="analyst", customer="a")
    assert not app.get("page_link")
    app.session_state["customer-segments"] = True
    app.run()
    assert not app.exception
    said = [element.value for element in app.markdown]
    assert said[-2:] == [":green[:material/check_circle:] Mumbaikars", ":gray[:material/cancel:] Punekars"]


def test_a_customers_attributes_are_among_what_is_known_of_him(shop, open_page):
    found = attributes.discover(
        shop, [Found("favouriteColour", FieldType.TEXT), Found("<b>$where</b>", FieldType.NUMBER),
               Found("likes", FieldType.TAGS), Found("renews", FieldType.DATE)], now=utc_now()
    )  # fmt: skip
    values = ["*Red*", 1234.5, ["tea", "go"], datetime(2026, 3, 1, tzinfo=UTC)]
    own = {field.key: value for field, value in zip(found.values(), values, strict=True)}
    shop.db.customers.update_one({"_id": "a"}, {"$set": {"attributes": own}})
    app = open_page("customers", role="analyst", customer="a")
    assert not app.exception
    known = app.table[0].value.to_dict()
    shown = {key: str(value) for row in known.values() for key, value in row.items()}
    assert shown["Favourite colour"] == r"\*Red\*"
    assert shown[r"\<b\>\$where\</b\>"] == "1,234.5"
    assert shown["Likes"] == ":blue-badge[tea] :blue-badge[go]"
