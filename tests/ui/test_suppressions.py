"""Addresses that are not to be written to."""

from crm import suppressed
from tests.crowd import MARKETER, NOW
from tests.ui.campaigning import buttons, texts


def test_suppressed_addresses_are_listed_with_their_reason_and_searched(open_page, installation):
    suppressed.add(installation, ["asha@shop.example"], reason="complained", note="by *post*",
                   account=MARKETER, now=NOW)  # fmt: skip
    suppressed.add(installation, ["bo@shop.example"], reason="bounced", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer")
    assert not app.exception
    assert "asha@shop.example" in texts(app)
    assert r"by \*post\*" in texts(app)
    app.text_input(key="suppressions search").set_value("bo@").run()
    assert "bo@shop.example" in texts(app)
    assert "asha@shop.example" not in texts(app)


def test_an_address_is_suppressed_by_hand(open_page, installation):
    app = open_page("campaigns", role="marketer")
    app.session_state["suppress-addresses"] = "Asha <asha@shop.example>, bo@shop.example"
    buttons(app)["suppress"].click().run()
    buttons(app)["suppress-yes"].click().run()
    assert not app.exception
    found = suppressed.find(installation, "bo@shop.example")
    assert found["reason"] == "manual"
    assert "2 addresses: 2 by hand" in app.expander[0].label


def test_letting_an_address_go_asks_first_and_warns_where_its_owner_asked_for_it(open_page, installation):
    suppressed.add(installation, ["asha@shop.example"], reason="unsubscribed", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer")
    at = suppressed.listing(installation)["items"][0]["_id"]
    buttons(app)[f"unsuppress-{at}"].click().run()
    assert not app.exception
    assert "asked not to be written to" in texts(app)
    assert suppressed.find(installation, "asha@shop.example")
    buttons(app)["unsuppress-yes"].click().run()
    assert not app.exception
    assert not suppressed.find(installation, "asha@shop.example")
