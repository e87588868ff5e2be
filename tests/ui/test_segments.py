"""The workbench: conditions and groups, and the number beside them."""

import pytest

from tests.ui.workbench import (
    CITY,
    MORE,
    group,
    leaves,
    number,
    saved,
    texts,
    widgets,
)


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
    assert number(builder) == "–"
    builder.button(key="rule-undo").click().run()
    assert number(builder) == "7"


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
