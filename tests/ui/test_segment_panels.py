"""What the workbench tells of an audience beside its number: charts, people, a past instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from crm import attributes
from crm.attributes import Found
from crm.fields import FieldType
from tests.shop import customer
from tests.ui.workbench import CITY, MORE, group, number, saved, texts, widgets

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
RECENT = {"id": 4, "type": "condition", "field": "lastOrdered", "operator": "inTheLast",
          "value": {"last": {"days": 30}}}  # fmt: skip


@pytest.fixture
def shop(installation, monkeypatch):
    """Ten people; the first four live in Pune, N ordered N * 10 days ago and spent N * 500."""
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    for at in range(10):
        customer(installation, f"c{at}", "Pune" if at < 4 else "Mumbai", name=f"N{at}",
                 email=f"n{at}@shop.example", totalSpent=500.0 * at, orderCount=at,
                 lastOrdered=TODAY - timedelta(days=10 * at), bucket=at)  # fmt: skip
    return installation


@pytest.fixture
def opened(shop, open_page):
    """`opened(*conditions)`: the workbench with a saved segment of these."""

    def open_(*conditions: dict[str, Any], operator: str = "AND", role: str = "marketer") -> AppTest:
        at = saved(shop, rules=group(*conditions, operator=operator))
        app = open_page("segments", role=role, segment=at)
        assert not app.exception
        return app

    return open_


def show(app: AppTest, key: str, value: Any = True) -> AppTest:
    """Open a panel or a popover, as clicking on it does."""
    app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def charts(app: AppTest) -> list[str]:
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    return [alt for alt in alts if alt.startswith("Customers by")]


def test_the_charts_are_those_that_the_account_chose_in_its_order(shop, opened):
    app = opened(MORE)
    assert len(charts(app)) == 6
    show(app, "segment-charts")
    app.multiselect(key="segment charts input").set_value(["gender", "city"]).run()
    assert charts(app) == ["Customers by gender", "Customers by city"]
    assert shop.db.accounts.find_one({"email": "marketer@crm.example"})["preferences"]["segmentCharts"] == [
        "gender", "city",
    ]  # fmt: skip


def test_a_panel_that_is_not_open_draws_nothing(opened):
    app = opened(MORE)
    assert not app.code
    show(app, "segment panel", "MongoDB filter")
    assert "totalSpent" in app.code[0].value
    assert not charts(app)


def test_who_can_be_reached_and_what_they_spent_stand_beside_the_number(shop, opened):
    shop.db.customers.update_one({"_id": "c9"}, {"$unset": {"email": "", "folded.email": ""}})
    app = opened(MORE)
    assert number(app) == "7"
    assert "6 can be reached" in texts(app)
    assert "₹21K in total, ₹3K on average" in texts(app).replace("\\", "")


def test_a_past_instant_moves_relative_dates_and_is_marked_until_it_is_left(shop, opened):
    app = opened(RECENT)
    assert number(app) == "3"
    show(app, "segment-moment")
    past = (TODAY - timedelta(days=50, hours=-12)).replace(tzinfo=None)
    app.datetime_input(key="segment moment input").set_value(past).run()
    assert number(app) == "3"
    assert sorted(app.dataframe[0].value["name"]) == ["N5", "N6", "N7"]
    assert "As of" in texts(app)
    app.button(key="segment-now").click().run()
    assert sorted(app.dataframe[0].value["name"]) == ["N0", "N1", "N2"]


def test_saving_counts_as_of_now_whatever_instant_is_looked_at(shop, opened):
    app = opened(RECENT, CITY)
    show(app, "segment-moment")
    past = (TODAY - timedelta(days=400)).replace(tzinfo=None)
    app.datetime_input(key="segment moment input").set_value(past).run()
    assert number(app) == "0"
    widgets(app, "number_input", "amount")[0].set_value(35).run()
    app.button(key="segment-save").click().run()
    assert shop.db.segments.find_one()["lastSize"] == 4


def test_what_each_condition_removes_stands_beside_the_number(opened):
    alts = [chart.proto.alt for chart in opened(MORE, CITY).get("plotly_chart")]
    assert alts[0].startswith("everyone: 10; spent more than ₹1,000: −3; live in Pune: −6; selected: 1")


def test_a_customer_is_searched_and_told_why_he_is_out_condition_by_condition(opened):
    app = show(opened(MORE, CITY), "segment panel", "Why in or out")
    app.text_input(key="segment explain search").set_value("N7").run()
    app.button(key="segment-explain-c7").click().run()
    said = texts(app).replace("\\", "")
    assert "**N7 · n7@shop.example**" in said
    assert ":red[:material/cancel:] all of these — 1 of 2 holds" in said
    assert ":green[:material/check_circle:] spent more than ₹1,000 — **₹3,500**" in said
    assert ":red[:material/cancel:] live in Pune — **Mumbai**" in said


def test_when_time_alone_will_change_it_is_said(opened):
    app = show(opened(RECENT), "segment panel", "Why in or out")
    app.text_input(key="segment explain search").set_value("N2").run()
    app.button(key="segment-explain-c2").click().run()
    last = TODAY + timedelta(days=10)
    assert f"leaves on {last.day} {last:%b %Y}, 00:00" in texts(app)


def test_an_explanation_follows_the_rule_while_it_is_edited(opened):
    app = show(opened(MORE), "segment panel", "Why in or out")
    app.text_input(key="segment explain search").set_value("N7").run()
    app.button(key="segment-explain-c7").click().run()
    assert ":material/cancel:" not in texts(app)
    widgets(app, "number_input", "value")[0].set_value(4000.0).run()
    assert ":red[:material/cancel:] spent more than ₹4,000" in texts(app).replace("\\", "")


def test_a_link_with_a_customer_opens_why_he_is_in_or_out(shop, open_page):
    app = open_page("segments", role="analyst", segment=saved(shop), customer="c7")
    assert not app.exception
    assert "N7" in texts(app)
    assert "customer" not in app.query_params


def test_near_misses_are_counted_shown_and_opened_as_a_segment(opened):
    app = show(opened(MORE, CITY), "segment panel", "Near misses")
    said = [button.label.replace("\\", "") for button in app.button if "miss" in str(button.key)]
    assert said == [
        "**6** more fail only: live in Pune", "**3** more fail only: spent more than ₹1,000",
    ]  # fmt: skip
    app.button(key="segment-miss-rules.conditions[1]").click().run()
    assert sorted(app.dataframe[0].value["name"]) == [f"N{at}" for at in range(4, 10)]
    app.button(key="segment-miss-open").click().run()
    assert number(app) == "6"


def test_beside_each_condition_stands_how_many_fail_it_alone(opened):
    app = opened(MORE, CITY)
    captions = [caption.value for caption in app.caption]
    assert "7  \n:green[+3]" in captions
    assert "4  \n:green[+6]" in captions
    widgets(app, "number_input", "value")[0].set_value(None).run()
    assert not any("green" in caption.value for caption in app.caption)  # of rules that are not whole


def test_nobody_is_a_near_miss_of_a_rule_that_everybody_fails_twice(opened):
    app = show(opened({**MORE, "value": 9000}, {**CITY, "value": "Delhi"}), "segment panel", "Near misses")
    assert "Nobody is out for the sake of one condition alone" in texts(app)


def test_a_conditions_menu_opens_what_other_values_would_give(opened):
    app = opened(MORE, CITY)
    widgets(app, "menu_button", "menu")[0].click("values").run()
    assert not app.exception
    assert "**₹1,000**: **1 customer**" in texts(app).replace("\\", "")
    assert app.button(key="segment-curve-use").disabled
    assert "values" not in widgets(app, "menu_button", "menu")[1].options


def test_where_nobody_has_a_value_there_is_no_other_to_try(opened):
    app = opened({**MORE, "field": "age"})
    widgets(app, "menu_button", "menu")[0].click("values").run()
    assert not app.exception
    assert "nobody has one there" in texts(app)


def test_either_end_of_a_range_can_be_tried(opened):
    app = opened({**MORE, "operator": "between", "value": [1000, 3000]})
    widgets(app, "menu_button", "menu")[0].click("values").run()
    assert not app.exception
    assert "**₹1,000**: **5 customers**" in texts(app).replace("\\", "")
    assert any("segment-curve-end" in str(one.key) for one in app.segmented_control)


def test_other_values_wait_for_a_complete_rule(opened):
    app = opened(MORE)
    widgets(app, "button", "add")[0].click().run()
    widgets(app, "menu_button", "menu")[0].click("values").run()
    assert app.toast[0].value == "Finish every condition first."


def test_a_custom_attribute_has_a_chart_of_its_own(shop, opened):
    (field,) = attributes.discover(shop, [Found("steps *taken*", FieldType.TEXT)], now=TODAY).values()
    shop.db.customers.update_one({"_id": "c9"}, {"$set": {field.path: "Many", field.folded: "many"}})
    app = show(opened(MORE), "segment-charts")
    app.multiselect(key="segment charts input").set_value([field.name]).run()
    assert charts(app) == ["Customers by steps *taken*"]
    (figure,) = [chart for chart in app.get("plotly_chart") if chart.proto.alt.startswith("Customers by")]
    assert '"Many"' in figure.proto.spec
    assert r"Steps \*taken\*" in texts(app)


def test_a_borderline_customer_is_taken_in_by_two_clicks_and_not_by_one(opened):
    app = show(opened(MORE), "segment panel", "Near misses")  # spent more than 1,000; N2 spent just that
    before, size = app.session_state["rule draft"].tree, number(app)
    app.button(key="borderline-show").click().run()
    rows = [text.value for text in app.markdown if "· Only just" in text.value]
    row = next(at for at, text in enumerate(rows) if "Only just out" in text)
    app.button(key=f"borderline-{row}-yes").click().run()
    assert "That is 1 more" in texts(app)
    assert app.session_state["rule draft"].tree is before
    app.button(key=f"borderline-{row}-make").click().run()
    (condition,) = app.session_state["rule draft"].tree["conditions"]
    assert (condition["operator"], condition["value"]) == ("greaterThanOrEqual", 1000)
    assert int(number(app)) == int(size) + 1
    app.button(key="rule-undo").click().run()
    assert number(app) == size
