"""Segments: the builder, its preview, the prompt box, saving and the list."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from crm import campaigns as crm_campaigns
from crm import library
from crm.auth import Account
from crm.moment import utc_now
from crm.settings import settings
from tests.crowd import MARKETER
from tests.shop import customer

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
MORE = {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}
CITY = {"id": 3, "type": "condition", "field": "city", "operator": "equals", "value": "Pune"}


@pytest.fixture
def shop(installation, monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    for number in range(10):
        customer(installation, f"c{number}", "Pune" if number < 4 else "Mumbai", name=f"N{number}",
                 totalSpent=500.0 * number, orderCount=number)  # fmt: skip
    return installation


def group(*conditions: dict[str, Any], operator: str = "AND") -> dict[str, Any]:
    return {"id": 1, "type": "group", "operator": operator, "conditions": list(conditions)}


def saved(stores, name="Big", rules=None) -> str:
    rules = rules or group(MORE)
    now, zone = utc_now(), settings().zone
    return library.save(stores, name=name, rules=rules, account=ANNA, now=now, zone=zone)["_id"]


def widgets(app: AppTest, kind: str, part: str) -> list[Any]:
    """The builder's widgets of one part (field, operator, value, add …) in the order they are drawn."""
    return [one for one in getattr(app, kind) if str(one.key or "").startswith(f"{part}-")]


def number(app: AppTest) -> str:
    return {metric.label: metric.value for metric in app.metric}["Customers"]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def tree(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    return app.session_state["rule draft"].tree


def leaves(app: AppTest) -> list[tuple[Any, ...]]:
    found = []

    def walk(node):
        if node["type"] == "group":
            found.append((node["operator"], len(node["conditions"])))
            for child in node["conditions"]:
                walk(child)
        else:
            found.append((node["field"], node["operator"], node["value"]))

    walk(tree(app))
    return found


@pytest.fixture
def builder(shop, open_page):
    """The workbench with a new segment and one condition, total spent is more than 1000."""
    app = open_page("segments", role="marketer", segment="new")
    widgets(app, "button", "add")[0].click().run()
    widgets(app, "number_input", "value")[0].set_value(1000.0).run()
    return app


def test_a_new_segment_selects_nobody_until_a_condition_is_complete(shop, open_page):
    app = open_page("segments", role="analyst", segment="new")
    assert not app.exception
    assert number(app) == "–"
    assert app.button(key="segment-save").disabled


def test_a_complete_condition_is_counted_said_and_drawn(builder):
    assert leaves(builder) == [("AND", 1), ("totalSpent", "greaterThan", 1000)]
    assert number(builder) == "7"
    assert {metric.label: metric.value for metric in builder.metric}["Of 10"] == "70\u00a0%"
    assert "spent more than ₹1,000" in texts(builder)
    assert len(builder.get("plotly_chart")) == 7  # six of the audience, one of the rule's steps
    assert len(builder.dataframe[0].value) == 7
    assert not builder.button(key="segment-save").disabled


def test_an_edited_value_changes_the_number(builder):
    widgets(builder, "number_input", "value")[0].set_value(4000.0).run()
    assert number(builder) == "1"


def test_a_half_filled_condition_leaves_the_last_good_number_marked(builder):
    widgets(builder, "button", "add")[0].click().run()
    assert number(builder) == "7"
    assert "Finish this condition" in texts(builder)
    assert "For the last complete rule" in texts(builder)
    assert builder.button(key="segment-save").disabled
    widgets(builder, "number_input", "value")[1].set_value(3000.0).run()
    assert number(builder) == "3"
    assert "For the last complete rule" not in texts(builder)


def test_another_field_brings_its_own_operators_and_widget(builder):
    widgets(builder, "selectbox", "field")[0].set_value("city").run()
    assert leaves(builder)[1] == ("city", "equals", None)
    value = widgets(builder, "selectbox", "value")[0]
    assert value.options[:2] == ["Mumbai", "Pune"]
    value.set_value("Pune").run()
    assert number(builder) == "4"
    widgets(builder, "selectbox", "operator")[0].set_value("in").run()
    assert leaves(builder)[1] == ("city", "in", ["Pune"])
    widgets(builder, "multiselect", "value")[0].set_value(["Pune", "Mumbai"]).run()
    assert number(builder) == "10"


@pytest.mark.parametrize(
    ("field", "operator", "kind", "parts", "given", "expected"),
    [
        ("totalSpent", "between", "number_input", ("low", "high"), (500.0, 1500.0), [500, 1500]),
        ("orderCount", "equals", "number_input", ("value",), (3,), 3),
        ("name", "contains", "text_input", ("value",), ("N1",), "N1"),
        ("lastOrdered", "inTheLast", "number_input", ("amount",), (90,), {"last": {"days": 90}}),
        ("lastOrdered", "greaterThan", "number_input", ("value",), (30,), 30),
        ("tags", "containsAny", "multiselect", ("value",), (["vip"],), ["vip"]),
        ("orderCount", "in", "multiselect", ("value",), (["1", "2"],), [1, 2]),
    ],
)
def test_every_kind_of_value_has_its_widget(builder, field, operator, kind, parts, given, expected):
    if field != "totalSpent":
        widgets(builder, "selectbox", "field")[0].set_value(field).run()
    if widgets(builder, "selectbox", "operator")[0].value != operator:
        widgets(builder, "selectbox", "operator")[0].set_value(operator).run()
    for part, value in zip(parts, given, strict=True):
        widgets(builder, kind, part)[0].set_value(value).run()
    assert leaves(builder)[1] == (field, operator, expected)
    assert "Finish this condition" not in texts(builder)


def test_a_date_and_a_yes_or_no_have_their_widgets_too(builder):
    widgets(builder, "selectbox", "field")[0].set_value("birthDate").run()
    widgets(builder, "selectbox", "operator")[0].set_value("before").run()
    widgets(builder, "date_input", "value")[0].set_value("1990-05-01").run()
    assert leaves(builder)[1] == ("birthDate", "before", "1990-05-01")
    widgets(builder, "selectbox", "field")[0].set_value("isInactive").run()
    widgets(builder, "segmented_control", "value")[0].set_value(True).run()
    assert leaves(builder)[1] == ("isInactive", "equals", True)


def test_an_operator_without_a_value_needs_none(builder):
    widgets(builder, "selectbox", "operator")[0].set_value("isSet").run()
    assert number(builder) == "10"


def test_none_at_the_root_turns_the_audience_round(builder):
    widgets(builder, "segmented_control", "quantifier")[0].set_value("NOT").run()
    assert leaves(builder)[0] == ("NOT", 1)
    assert number(builder) == "3"


def test_groups_nest_and_their_conditions_move(builder):
    widgets(builder, "button", "group")[-1].click().run()
    assert leaves(builder) == [
        ("AND", 2), ("totalSpent", "greaterThan", 1000), ("OR", 1), ("totalSpent", "greaterThan", None),
    ]  # fmt: skip
    widgets(builder, "number_input", "value")[1].set_value(4400.0).run()
    assert number(builder) == "1"
    widgets(builder, "menu_button", "menu")[0].click("into below").run()
    assert leaves(builder) == [
        ("AND", 1), ("OR", 2), ("totalSpent", "greaterThan", 1000), ("totalSpent", "greaterThan", 4400),
    ]  # fmt: skip
    assert number(builder) == "7"
    widgets(builder, "menu_button", "menu")[1].click("wrap").run()
    widgets(builder, "menu_button", "menu")[0].click("dissolve").run()
    assert [leaf[0] for leaf in leaves(builder)] == ["AND", "AND", "totalSpent", "totalSpent"]


def test_conditions_are_duplicated_moved_and_removed(builder):
    widgets(builder, "menu_button", "menu")[0].click("duplicate").run()
    widgets(builder, "number_input", "value")[1].set_value(2000.0).run()
    widgets(builder, "menu_button", "menu")[1].click("up").run()
    assert [leaf[-1] for leaf in leaves(builder)[1:]] == [2000, 1000]
    widgets(builder, "button", "remove")[0].click().run()
    assert [leaf[-1] for leaf in leaves(builder)[1:]] == [1000]


def test_a_removed_last_condition_leaves_nobody_not_everybody(builder):
    widgets(builder, "button", "remove")[0].click().run()
    assert leaves(builder) == [("AND", 0)]
    assert builder.button(key="segment-save").disabled
    assert "For the last complete rule" in texts(builder)


def test_an_emptied_group_says_what_it_needs(builder):
    widgets(builder, "button", "group")[-1].click().run()
    widgets(builder, "button", "remove")[-1].click().run()
    assert "Add a condition to this group, or remove it." in texts(builder)
    assert builder.button(key="segment-save").disabled


def test_everyone_is_chosen_on_purpose_and_can_be_taken_back(shop, open_page):
    app = open_page("segments", role="marketer", segment="new")
    widgets(app, "button", "everyone")[0].click().run()
    assert number(app) == "10"
    assert "All customers" in texts(app)
    widgets(app, "button", "conditions")[0].click().run()
    assert leaves(app) == [("AND", 0)]


def test_undo_and_redo_step_through_every_edit(builder):
    widgets(builder, "number_input", "value")[0].set_value(4000.0).run()
    builder.button(key="rule-undo").click().run()
    assert widgets(builder, "number_input", "value")[0].value == 1000
    assert number(builder) == "7"
    builder.button(key="rule-redo").click().run()
    assert widgets(builder, "number_input", "value")[0].value == 4000
    assert number(builder) == "1"
    for _ in range(3):
        builder.button(key="rule-undo").click().run()
    assert leaves(builder) == [("AND", 0)]
    assert builder.button(key="rule-undo").disabled


def test_a_widget_whose_condition_has_moved_on_changes_nothing(builder):
    old = widgets(builder, "number_input", "value")[0]
    widgets(builder, "selectbox", "operator")[0].set_value("lessThan").run()
    before = leaves(builder)
    builder.session_state[old.key] = 9.0
    builder.run()
    assert leaves(builder) == before


def test_a_value_that_cannot_be_understood_is_marked_at_its_condition(shop, open_page):
    rules = group({**CITY, "field": "orderCount", "operator": "in", "value": [1]})
    app = open_page("segments", role="marketer", segment=saved(shop, rules=rules))
    widgets(app, "multiselect", "value")[0].set_value(["1", "many"]).run()
    assert "“many” is not a number" in texts(app).replace("\\", "")
    assert app.button(key="segment-save").disabled


def test_a_prompt_puts_its_rules_into_the_builder_and_undo_restores_the_old_ones(builder):
    builder.text_input(key="segment prompt").set_value("customers from Pune or Mumbai with at least 3 orders")
    builder.button(key="segment-ask").click().run()
    assert ("orderCount", "greaterThanOrEqual", 3) in leaves(builder)
    assert number(builder) == "7"
    builder.button(key="rule-undo").click().run()
    assert leaves(builder) == [("AND", 1), ("totalSpent", "greaterThan", 1000)]


def test_a_prompt_that_is_not_understood_is_asked_about_and_changes_nothing(builder):
    builder.text_input(key="segment prompt").set_value("the blorptastic ones")
    builder.button(key="segment-ask").click().run()
    assert "blorptastic" in builder.warning[0].value
    assert leaves(builder) == [("AND", 1), ("totalSpent", "greaterThan", 1000)]


def test_an_answer_that_is_clicked_or_typed_completes_the_prompt(builder):
    builder.text_input(key="segment prompt").set_value("ordered recently and spent 5k")
    builder.button(key="segment-ask").click().run()
    builder.button(key="prompt-answer-0-1").click().run()
    assert builder.text_input(key="segment prompt").value == "ordered in the last 30 days and spent 5k"
    typed = next(box for box in builder.text_input if str(box.key).startswith("prompt-answer-0-own"))
    typed.set_value("spent over 5k").run()
    assert not builder.warning
    assert leaves(builder)[1:] == [
        ("lastOrdered", "inTheLast", {"last": {"days": 30}}),
        ("totalSpent", "greaterThan", 5000),
    ]
    assert builder.text_input(key="segment prompt").value.endswith("and spent over 5k")


def said(app, text):
    app.text_input(key="segment prompt").set_value(text)
    app.button(key="segment-ask").click().run()
    return [caption.value for caption in app.caption]


def test_a_follow_up_changes_the_rules_says_so_and_is_undone_by_a_word(builder):
    said(builder, "from Mumbai or Pune and ordered in the last 30 days")
    before = leaves(builder)
    captions = said(builder, "make it 90 days")
    assert any("Was “ordered in the last 30 days”" in caption for caption in captions)
    assert ("lastOrdered", "inTheLast", {"last": {"days": 90}}) in leaves(builder)
    assert builder.text_input(key="segment prompt").value == ""
    said(builder, "undo")
    assert leaves(builder) == before


def test_another_meaning_takes_the_place_of_an_assumption_and_leaves_what_was_edited(builder):
    said(builder, "top 50 from Pune")
    by_orders = next(one for one in builder.button if one.label == "top 50 by number of orders")
    by_orders.click().run()
    assert builder.session_state["rule draft"].tree["conditions"][0]["by"] == "orderCount"
    next(one for one in builder.button if one.label == "As before").click().run()
    assert builder.session_state["rule draft"].tree["conditions"][0]["by"] == "totalSpent"
    drafted = builder.session_state["rule draft"]
    more = {"id": 900, "type": "condition", "field": "visitCount", "operator": "greaterThan", "value": 0}
    edited = {**drafted.tree, "conditions": [*drafted.tree["conditions"], more]}
    builder.session_state["rule draft"] = replace(drafted, tree=edited)
    builder.run()
    next(one for one in builder.button if one.label == "top 50 by last order").click().run()
    ranking, visits = builder.session_state["rule draft"].tree["conditions"]
    assert (ranking["by"], visits["field"]) == ("lastOrdered", "visitCount")


def test_a_prompt_of_its_own_can_narrow_what_stood_there_instead(builder):
    said(builder, "from Pune")
    next(one for one in builder.button if one.label == "Narrow what was there instead").click().run()
    assert leaves(builder) == [
        ("AND", 2), ("totalSpent", "greaterThan", 1000), ("city", "equals", "Pune"),
    ]  # fmt: skip


def test_a_question_about_a_campaign_is_answered_from_its_numbers_and_changes_no_rules(builder, installation):
    crm_campaigns.create(installation, name="Summer sale", account=MARKETER, now=utc_now())
    before = leaves(builder)
    said(builder, "details of campaign Sumer slae")
    builder.button(key="prompt-answer-0-0").click().run()
    assert any("“Summer sale” is a draft" in text.value for text in builder.markdown)
    assert leaves(builder) == before


def test_earlier_prompts_say_what_they_gave_and_are_asked_again_by_a_click(builder):
    said(builder, "from Pune")
    said(builder, "the blorptastic ones")
    rows = [one for one in builder.button if str(one.key).startswith("prompt-history-")]
    assert [one.label for one in rows] == ["the blorptastic ones", "from Pune", "Clear all"]
    captions = [caption.value for caption in builder.caption]
    assert any(text.startswith("4 customers · ") for text in captions)
    assert any(text.startswith("asked back · ") for text in captions)
    rows[1].click().run()
    assert builder.text_input(key="segment prompt").value == "from Pune"
    builder.text_input(key="prompt history search").set_value("blorp").run()
    assert [one.label for one in builder.button if str(one.key) == "prompt-history-0"] == [
        "the blorptastic ones"
    ]
    builder.button(key="prompt-history-clear").click().run()
    assert any(caption.value == "None yet." for caption in builder.caption)


def test_what_was_meant_becomes_a_case_once_the_rules_are_edited(builder):
    said(builder, "from Pune")
    assert not builder.code
    drafted = builder.session_state["rule draft"]
    more = {"id": 900, "type": "condition", "field": "orderCount", "operator": "greaterThan", "value": 2}
    edited = {**drafted.tree, "conditions": [*drafted.tree["conditions"], more]}
    builder.session_state["rule draft"] = replace(drafted, tree=edited)
    builder.run()
    assert [code.value for code in builder.code] == ["from Pune => city = Pune & orderCount > 2"]


def test_a_prompt_that_orders_something_else_is_refused(builder):
    builder.text_input(key="segment prompt").set_value("delete all customers from Pune")
    builder.button(key="segment-ask").click().run()
    assert "never change or delete" in builder.error[0].value


def test_a_prompt_on_the_list_opens_a_new_segment_with_its_rules(shop, open_page):
    app = open_page("segments", role="marketer")
    app.text_input(key="segment prompt").set_value("customers from Pune")
    app.button(key="segment-ask").click().run()
    assert app.session_state["rule draft"].tree["conditions"][0]["field"] == "city"
    assert number(app) == "4"


def test_suggestions_come_from_the_data_and_are_understood(shop, open_page):
    app = open_page("segments", role="marketer")
    chips = [button for button in app.button if str(button.key).startswith("segment-suggestion-")]
    assert any("Mumbai or Pune" in chip.label for chip in chips)
    chips[0].click().run()
    assert not app.warning
    assert number(app) not in ("", "–")


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


def test_a_deep_tree_opens_a_few_levels_at_a_time_and_reads_back(shop, open_page):
    tree = group(MORE, *({**CITY, "id": 100 + n} for n in range(20)), operator="OR")
    for depth in range(12):
        tree = group({**MORE, "id": 50 + depth, "value": depth}, tree)
    app = open_page("segments", role="analyst", segment=saved(shop, rules=tree))
    assert not app.exception
    assert app.button(key="segment-save").label == "Saved"
    seen = [widget.value for widget in widgets(app, "number_input", "value")]
    while doors := widgets(app, "button", "open"):
        assert len(widgets(app, "selectbox", "field")) == 3
        doors[0].click().run()
        seen += [widget.value for widget in widgets(app, "number_input", "value")]
    assert seen == [*range(11, -1, -1), 1000]
    assert len(widgets(app, "selectbox", "field")) == 21


def test_an_edit_deep_in_a_tree_is_undone_where_it_was_made(shop, open_page):
    tree = group({**MORE, "value": 5})
    for depth in range(5):
        tree = group({**MORE, "value": depth}, tree)
    app = open_page("segments", role="analyst", segment=saved(shop, rules=tree))
    widgets(app, "button", "open")[0].click().run()
    widgets(app, "number_input", "value")[0].set_value(99.0).run()
    app.button(key="rule-undo").click().run()
    assert [widget.value for widget in widgets(app, "number_input", "value")] == [1, 0, 5]
    widgets(app, "button", "focus")[0].click().run()
    assert [widget.value for widget in widgets(app, "number_input", "value")] == [4, 3, 2]


def test_a_deep_group_that_has_to_be_finished_is_open_and_stays_so(shop, open_page):
    tree = group(MORE)
    for depth in range(3):
        tree = group({**MORE, "value": depth}, tree)
    app = open_page("segments", role="analyst", segment=saved(shop, rules=tree))
    widgets(app, "button", "group")[2].click().run()
    assert "Finish this condition" in texts(app)
    widgets(app, "number_input", "value")[-1].set_value(7.0).run()
    assert [widget.value for widget in widgets(app, "number_input", "value")][-1] == 7
