"""What a campaign brought in, its variants, and campaigns side by side."""

from datetime import timedelta

import pytest

from crm import campaigns
from crm.moment import utc_now
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.ui.campaigning import buttons, panel, texts
from ui import campaign_lift
from ui import format as fmt


@pytest.fixture
def two_ways(installation, segment):
    variants = [{"name": "A", "share": 1}, {"name": "B", "share": 1, "messageTemplate": "Bye"}]
    campaign = campaigns.launch_new(
        installation, name="Two", segment_id=segment, template="Hi", options={"variants": variants},
        account=MARKETER, now=NOW,
    )  # fmt: skip
    Hands(installation).finish()
    return campaign["_id"]


def test_variants_stand_side_by_side_on_the_campaigns_page(open_page, installation, two_ways):
    app = open_page("history", role="analyst", campaign=two_ways)
    assert not app.exception
    table = app.dataframe[0].value.set_index("Variant")
    books = campaigns.stats(installation, two_ways)
    assert list(table.index) == ["A", "B"]
    assert (table["Sent"].sum(), table["Failed"].sum()) == (books["sent"], books["failed"])
    assert table["Sent"].min() > 0
    panel(app, "Message and audience")
    assert "Bye" in [each.value for each in app.text]
    assert "As above." in texts(app)  # the other variant says nothing of its own


def test_a_retry_says_how_many_of_a_reason_it_sends_again(open_page, installation, two_ways):
    reasons = campaigns.reasons(installation, two_ways, "failed")
    reason, many = next(iter(reasons.items()))
    app = open_page("history", role="marketer", campaign=two_ways)
    app.session_state["retry-reason"] = reason
    buttons(app)["campaign-retry"].click().run()
    assert not app.exception
    assert buttons(app)["retry-yes"].label == f"Send {fmt.count(many, 'message')} again"
    assert app.selectbox(key="retry-variant").options == ["Every variant", "A", "B"]


def bought(stores, campaign_id, share_treated, share_held, total=100.0):
    """Let this share of each group order a minute after their turn."""
    rows = list(stores.db.deliveries.find({"campaignId": campaign_id}, {"customerId": 1, "reason": 1}))
    held = [row["customerId"] for row in rows if row.get("reason") == "held out"]
    treated = [row["customerId"] for row in rows if row.get("reason") != "held out"]
    chosen = treated[: round(share_treated * len(treated))] + held[: round(share_held * len(held))]
    stores.db.orders.insert_many(
        {"_id": f"o-{who}", "customerId": who, "createdAt": utc_now() + timedelta(minutes=1), "total": total,
         "status": "delivered"}
        for who in chosen
    )  # fmt: skip


def test_a_campaigns_page_says_what_it_brought_in_against_those_held_out(open_page, installation):
    crowd(installation, 400)
    made = campaigns.launch_new(
        installation, name="Sale", rules=EVERYONE, template="Hi", account=MARKETER, now=NOW,
        options={"holdout": 0.4, "variants": [{"name": "A", "share": 1}, {"name": "B", "share": 1}]},
    )  # fmt: skip
    Hands(installation).finish()
    bought(installation, made["_id"], 0.5, 0.1)
    app = open_page("history", role="analyst", campaign=made["_id"])
    assert not app.exception
    shown = texts(app)
    assert "More people bought" in shown
    assert "Not over yet" in shown
    assert "The intervals of the 2 variants are widened" in shown
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["More buyers, in points"].startswith("+")
    app.segmented_control(key=f"lift-days-{made['_id']}").set_value(30).run()
    assert not app.exception
    assert "Orders within 30 days" in texts(app)


def test_without_a_holdout_the_page_says_how_to_have_one(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="analyst", campaign=launched)
    shown = texts(app)
    assert "Nobody was held out of this campaign" in shown
    assert "Hold out" in shown


def test_campaigns_are_compared_side_by_side_by_an_address(open_page, installation, segment):
    ids = []
    for name, holdout in (("Monsoon", 0.5), ("Monsoon", None)):
        made = campaigns.launch_new(
            installation, name=name, segment_id=segment, template="Hi", options={"holdout": holdout},
            account=MARKETER, now=NOW,
        )  # fmt: skip
        Hands(installation).finish()
        ids.append(made["_id"])
    app = open_page("history", role="analyst", compare=",".join(ids), days="30")
    assert not app.exception
    table = app.dataframe[0].value.set_index("Figure")
    assert list(table.columns) == ["Monsoon", "Monsoon (2)"]
    assert list(table.loc["Audience"]) == ["34", "34"]
    assert table.loc["Revenue brought in", "Monsoon (2)"] == "nobody held out"
    assert app.segmented_control(key="compare days").value == 30
    app.multiselect(key="compare campaigns").set_value(ids[:1]).run()
    assert list(app.dataframe[0].value.columns) == ["Figure", "Monsoon"]
    assert app.query_params["compare"] in (ids[0], [ids[0]])


def test_the_way_to_a_comparison_and_back_is_on_the_history_page(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="analyst")
    buttons(app)["campaigns-compare"].click().run()
    assert "Choose two to five campaigns" in texts(app)
    buttons(app)["compare-back"].click().run()
    assert app.title[0].value == "History"
    buttons(app)[f"open-{launched}"].click().run()
    buttons(app)["lift-compare"].click().run()
    assert not app.exception
    assert app.title[0].value == "Compare campaigns"
    assert app.multiselect(key="compare campaigns").value == [launched]


def test_a_comparison_of_a_campaign_that_is_gone_says_so(open_page):
    app = open_page("history", role="analyst", compare="nobody")
    assert "no such campaign" in texts(app)


def test_the_orders_of_a_large_audience_are_read_when_somebody_asks(
    open_page, installation, launched, monkeypatch
):
    Hands(installation).finish()
    monkeypatch.setattr(campaign_lift, "_AT_ONCE", 10)
    app = open_page("history", role="analyst", campaign=launched)
    assert "Ordered after a message" not in {metric.label for metric in app.metric}
    app.button(key="lift-read").click().run()
    assert not app.exception
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Ordered after a message"] == "₹0.00"
    somebody = installation.db.deliveries.find_one({"campaignId": launched, "state": "sent"})
    installation.db.orders.insert_one(
        {"_id": "late", "customerId": somebody["customerId"], "createdAt": utc_now(), "total": 99.0}
    )
    app.button(key="lift-again").click().run()
    assert {metric.label: metric.value for metric in app.metric}["Ordered after a message"] == "₹99.00"


def test_variants_without_a_holdout_are_compared_with_the_first(open_page, installation, segment):
    made = campaigns.launch_new(
        installation, name="Two", segment_id=segment, template="Hi", account=MARKETER, now=NOW,
        options={"variants": [{"name": "A", "share": 1}, {"name": "B", "share": 1}]},
    )  # fmt: skip
    Hands(installation).finish()
    app = open_page("history", role="analyst", campaign=made["_id"])
    assert not app.exception
    (table,) = (each.value for each in app.dataframe if "Revenue a person" in each.value)
    assert list(table["Group"]) == ["To be messaged", "Variant A", "Variant B"]
    assert [bool(each) for each in table["More buyers than variant A"]] == [False, False, True]
