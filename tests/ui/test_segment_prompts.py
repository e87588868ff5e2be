"""The prompt box of the workbench."""

from dataclasses import replace

from crm import campaigns as crm_campaigns
from crm.moment import utc_now
from tests.crowd import MARKETER
from tests.ui.workbench import (
    leaves,
    number,
)


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
