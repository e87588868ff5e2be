"""The rule builder beyond plain conditions: orders, rankings, segments, campaigns, lists, random shares."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from crm import library, lists
from crm.fields import fold
from crm.moment import utc_now
from tests.shop import customer, line, order
from tests.ui.workbench import ANNA, group, number, saved, texts, tree, widgets

NOW = datetime.now(UTC)
RICH = {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 200}


@pytest.fixture
def shop(installation, monkeypatch):
    """Ten people; c1 to c3 ordered a mug 10, 20 and 30 days ago, c3 another one for 900 long before."""
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    for at in range(10):
        customer(installation, f"c{at}", "Pune", name=f"N{at}", email=f"n{at}@example.com",
                 totalSpent=100.0 * at, bucket=at * 1000)  # fmt: skip
    for at in (1, 2, 3):
        ordered(installation, f"o{at}", f"c{at}", 10 * at, 50.0, "Mug", "Kitchen")
    ordered(installation, "o9", "c3", 400, 900.0, "Desk", "Office")
    return installation


def ordered(stores, at: str, customer_id: str, days_ago: int, total: float, product: str, category: str):
    folded = {"name": fold(product), "category": fold(category)}
    created = (NOW - timedelta(days=days_ago)).replace(tzinfo=None).isoformat()
    order(stores, at, customer_id, created, total, lines=[line(product, category) | {"folded": folded}])


@pytest.fixture
def new(shop, open_page) -> AppTest:
    return open_page("segments", role="marketer", segment="new")


def press(app: AppTest, part: str, which: int = -1) -> AppTest:
    return widgets(app, "button", part)[which].click().run()


def add(app: AppTest, kind: str, which: int = -1) -> AppTest:
    return widgets(app, "menu_button", "more")[which].click(kind).run()


def put(app: AppTest, kind: str, part: str, value: Any, which: int = -1) -> AppTest:
    return widgets(app, kind, part)[which].set_value(value).run()


def node(app: AppTest, which: int = -1) -> dict[str, Any]:
    """A node of the root group, without its ids."""
    found = tree(app)["conditions"][which]
    return {key: value for key, value in found.items() if key not in ("id", "where", "of")}


def test_what_they_ordered_is_complete_at_once_and_reads_as_a_sentence(new):
    press(new, "orders")
    assert number(new) == "3"
    assert "placed at least 1 order" in texts(new)
    put(new, "number_input", "value", 2)
    assert node(new) == {
        "type": "behaviour",
        "measure": "count",
        "operator": "greaterThanOrEqual",
        "value": 2,
    }
    assert number(new) == "1"


def test_what_was_ordered_is_chosen_from_the_data(new):
    press(new, "orders")
    press(new, "where-add")
    assert "Finish this condition" in texts(new)
    assert new.button(key="segment-save").disabled
    value = widgets(new, "selectbox", "value")[-1]
    assert value.options == ["Mug", "Desk"]
    value.set_value("Desk").run()
    assert number(new) == "1"
    put(new, "selectbox", "field", "category")
    assert set(widgets(new, "selectbox", "value")[-1].options) == {"Kitchen", "Office"}
    put(new, "selectbox", "value", "Kitchen")
    assert number(new) == "3"
    press(new, "where-add")
    put(new, "selectbox", "field", "total")
    put(new, "number_input", "value", 100.0)
    assert number(new) == "0"
    press(new, "remove")
    assert [one["field"] for one in tree(new)["conditions"][0]["where"]] == ["category"]
    assert number(new) == "3"


def test_orders_lie_in_any_time_the_last_or_between_dates(new):
    press(new, "orders")
    put(new, "selectbox", "window", "last")
    assert number(new) == "3"
    put(new, "number_input", "amount", 15)
    assert node(new)["within"] == {"last": {"days": 15}}
    assert number(new) == "1"
    put(new, "selectbox", "unit", "weeks")
    assert node(new)["within"] == {"last": {"weeks": 15}}
    put(new, "selectbox", "window", "dates")
    assert "Give a first or a last day" in texts(new)
    assert number(new) == "3"
    put(new, "date_input", "high", (NOW - timedelta(days=100)).date())
    assert number(new) == "1"
    put(new, "selectbox", "window", "any")
    assert node(new)["within"] is None
    assert number(new) == "3"


def test_every_measure_has_the_widget_of_its_value(new):
    press(new, "orders")
    for measure in widgets(new, "selectbox", "measure")[0].options:
        put(new, "selectbox", "measure", measure)
        for name in list(widgets(new, "selectbox", "operator")[-1].options):
            put(new, "selectbox", "operator", name)
            assert not new.exception
    put(new, "selectbox", "measure", "daysSinceLast")
    put(new, "selectbox", "operator", "between")
    put(new, "number_input", "low", 15)
    put(new, "number_input", "high", 25)
    assert node(new)["value"] == [15, 25]
    assert number(new) == "1"


def test_a_ranking_is_of_everyone_or_of_whom_a_group_chooses(new):
    add(new, "top")
    put(new, "number_input", "n", 3)
    assert number(new) == "3"
    put(new, "selectbox", "direction", "asc")
    press(new, "among")
    put(new, "number_input", "value", 700.0)
    assert node(new) == {"type": "top", "n": 3, "by": "totalSpent", "direction": "asc"}
    assert tree(new)["conditions"][0]["of"]["conditions"][0]["value"] == 700
    assert number(new) == "2"
    put(new, "selectbox", "by", "accountCreated")
    assert "with the earliest" in widgets(new, "selectbox", "direction")[0].options
    widgets(new, "button", "remove")[1].click().run()
    assert tree(new)["conditions"][0]["of"]["type"] == "everyone"
    put(new, "number_input", "n", None)
    assert "Say how many people" in texts(new)


def test_the_highest_of_what_is_there_are_kept_and_let_go_again(new):
    press(new, "add")
    put(new, "number_input", "value", 100.0)
    widgets(new, "menu_button", "menu")[0].click("rank").run()
    put(new, "number_input", "n", 2)
    assert number(new) == "2"
    widgets(new, "menu_button", "menu")[0].click("unrank").run()
    assert number(new) == "8"


def test_another_segment_is_named_in_or_out_and_never_the_one_being_edited(shop, open_page):
    other, own = saved(shop, "Rich", group({**RICH, "value": 700})), saved(shop, "Own", group(RICH))
    app = open_page("segments", role="marketer", segment=own)
    add(app, "segment")
    assert "Choose a segment" in texts(app)
    assert widgets(app, "selectbox", "segment")[0].options == ["Rich"]
    put(app, "selectbox", "segment", other)
    assert number(app) == "2"
    put(app, "selectbox", "inside", False)
    assert node(app) == {"type": "segment", "segmentId": other, "in": False}
    assert number(app) == "5"


def test_a_segment_that_would_contain_itself_is_refused_at_its_node(shop, open_page):
    own = saved(shop, "Own", group(RICH))
    other = saved(shop, "Other", group({"id": 2, "type": "segment", "segmentId": own, "in": True}))
    app = open_page("segments", role="marketer", segment=own)
    put(add(app, "segment"), "selectbox", "segment", other)
    assert "contain itself" in texts(app)
    assert app.button(key="segment-save").disabled


def test_a_past_campaign_is_named_with_what_became_of_it(shop, new):
    shop.db.campaigns.insert_many([
        {"_id": "k1", "name": "Spring", "status": "finished", "variants": [{"name": "A"}, {"name": "B"}]},
        {"_id": "k2", "name": "Draft", "status": "draft"},
    ])  # fmt: skip
    add(new, "campaign")
    assert "Choose a campaign" in texts(new)
    assert widgets(new, "selectbox", "campaign")[0].options == ["Spring"]
    put(new, "selectbox", "campaign", "k1")
    assert number(new) == "0"
    put(new, "selectbox", "variant", "B")
    assert node(new) == {"type": "campaign", "campaignId": "k1", "state": "sent", "variant": "B"}
    put(new, "selectbox", "state", "")
    assert node(new)["state"] is None
    assert "Choose a variant" not in texts(new)


def test_a_stored_list_is_chosen(shop, new):
    made = lists.create(shop, name="Fair", text="n1@example.com\nn2@example.com", account=ANNA, now=utc_now())
    add(new, "list")
    assert "Choose a list, or make a new one" in texts(new)
    assert widgets(new, "selectbox", "list")[0].options == ["Fair (2)"]
    put(new, "selectbox", "list", made["_id"])
    assert number(new) == "2"
    put(new, "selectbox", "inside", False)
    assert number(new) == "8"


def test_a_random_share_is_a_percentage(new):
    add(new, "share")
    assert number(new) == "1"
    put(new, "number_input", "share", 25.5)
    assert node(new)["value"] == 2550
    assert number(new) == "3"
    put(new, "number_input", "share", None)
    assert "Finish this condition" in texts(new)


def test_everyone_is_added_to_any_group(new):
    press(new, "group")
    add(new, "everyone", 0)
    assert tree(new)["conditions"][0]["conditions"][1]["type"] == "everyone"


def test_the_number_of_each_node_is_beside_it_and_marked_while_another_is_unfinished(new):
    press(new, "add")
    put(new, "number_input", "value", 700.0)
    press(new, "orders")
    numbers = [one.value for one in new.caption]
    assert numbers.count("2  \n:green[+3]") == 1  # the condition, which three more fail alone
    assert numbers.count("3  \n:green[+2]") == 1  # what they ordered
    assert numbers.count("0") == 1  # the root
    press(new, "add")
    assert any(":material/history: 3" in one.value for one in new.caption)
    assert not any(one.value == "3" for one in new.caption)


def test_a_date_under_an_operator_for_days_ago_is_read_as_a_date(shop, open_page):
    asked = {"id": 2, "type": "condition", "field": "lastOrdered", "operator": "greaterThanOrEqual",
             "value": "2024-01-01"}  # fmt: skip
    app = open_page("segments", role="marketer", segment=saved(shop, rules=group(asked)))
    assert "is on or after" in widgets(app, "selectbox", "operator")[0].options
    assert widgets(app, "date_input", "value")


def test_the_next_so_long_is_kept_under_its_own_name(new):
    press(new, "add")
    put(new, "selectbox", "field", "birthDate")
    put(new, "selectbox", "operator", "inTheNext")
    put(new, "number_input", "amount", 7)
    assert node(new)["value"] == {"next": {"days": 7}}


def test_undo_brings_back_whole_behaviours_and_rankings(new):
    press(new, "orders")
    press(new, "where-add")
    put(new, "selectbox", "value", "Mug")
    add(new, "top")
    press(new, "remove")
    new.button(key="rule-undo").click().run()
    assert [one["type"] for one in tree(new)["conditions"]] == ["behaviour", "top"]
    assert tree(new)["conditions"][0]["where"][0]["value"] == "Mug"
    press(new, "remove", 0)
    assert not new.exception


def test_a_rule_of_every_kind_opens_saves_and_reads_back(shop, open_page):
    inner = saved(shop, "Inner", group(RICH))
    listed = lists.create(shop, name="Fair", text="n1@example.com", account=ANNA, now=utc_now())["_id"]
    shop.db.campaigns.insert_one({"_id": "k1", "name": "Spring", "status": "finished"})
    rules = group(
        RICH,
        {"id": 3, "type": "behaviour", "measure": "sum", "operator": "between", "value": [1, 99],
         "where": [{"field": "status", "operator": "in", "value": ["paid", "placed"]}],
         "within": {"from": "2024-01-01", "to": "2026-01-01"}},
        {"id": 4, "type": "top", "n": 5, "by": "lastOrdered", "direction": "asc", "of": RICH | {"id": 5}},
        {"id": 6, "type": "segment", "segmentId": inner, "in": False},
        {"id": 7, "type": "campaign", "campaignId": "k1", "state": "skipped"},
        {"id": 8, "type": "list", "listId": listed, "in": True},
        {"id": 9, "type": "everyone"},
        operator="OR",
    )  # fmt: skip
    at = saved(shop, "All kinds", rules)
    app = open_page("segments", role="marketer", segment=at)
    assert not app.exception
    assert app.button(key="segment-save").label == "Saved"
    app.text_input(key="segment name").set_value("Again").run()
    app.button(key="segment-save-as").click().run()
    again = next(one["_id"] for one in library.listing(shop)[0] if one["name"] == "Again")
    assert library.get(shop, again)["lastSize"] == library.get(shop, at)["lastSize"]


def test_a_tree_of_200_nodes_12_deep_is_read_in_words_and_edited_where_it_is_opened(shop, open_page):
    inner = group({**RICH, "id": 500})
    for depth in range(11):
        inner = group({**RICH, "id": 600 + depth, "value": depth}, {**inner, "id": 700 + depth})
    plenty = [{**RICH, "id": 10 + at, "value": at} for at in range(175)]
    rules = group({**inner, "id": 900}, *plenty, operator="OR")
    app = open_page("segments", role="marketer", segment=saved(shop, rules=rules))
    assert not app.exception
    assert app.button(key="segment-save").label == "Saved"
    assert "Spent more than ₹174" in texts(app)
    assert not widgets(app, "selectbox", "field")
    press(app, "edit", 100)
    assert len(widgets(app, "selectbox", "field")) == 1
    put(app, "number_input", "value", 5.0)
    app.button(key="segment-save").click().run()
    assert app.button(key="segment-save").label == "Saved"


def test_a_large_tree_folds_its_groups_and_a_group_of_it_opens_with_widgets(shop, open_page):
    many = [group(*({**RICH, "value": 10 * at + n} for n in range(9)), operator="OR") for at in range(20)]
    app = open_page("segments", role="marketer", segment=saved(shop, rules=group(*many)))
    assert len(widgets(app, "button", "open")) == 20
    press(app, "open", 7)
    assert [box.value for box in widgets(app, "number_input", "value")] == [*range(70, 79)]
    put(app, "number_input", "value", 5.0)
    press(app, "focus", 0)
    assert len(widgets(app, "button", "open")) == 20
    app.button(key="segment-save").click().run()
    assert library.listing(shop)[0][0]["rules"]["conditions"][7]["conditions"][8]["value"] == 5


def test_anniversaries_and_months_have_their_widgets(new):
    press(new, "add")
    put(new, "selectbox", "field", "birthDate")
    put(new, "selectbox", "operator", "anniversaryInTheNext")
    put(new, "number_input", "amount", 7)
    assert node(new)["value"] == {"next": {"days": 7}}
    put(new, "selectbox", "operator", "monthIs")
    put(new, "multiselect", "value", [3, 12])
    assert node(new)["value"] == [3, 12]
    assert not new.button(key="segment-save").disabled
