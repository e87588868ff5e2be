"""Edits of a rule tree: what each one gives, and that the tree before it stays as it was."""

import copy
from itertools import count

import pytest

from ui import rule_tree as rules

TREE = rules.group(
    1,
    "AND",
    [
        rules.condition(2, "totalSpent", "greaterThan", 1000),
        rules.group(
            3,
            "OR",
            [rules.condition(4, "city", "equals", "Pune"), rules.condition(5, "city", "equals", "Mumbai")],
        ),
        rules.condition(6, "orderCount", "lessThan", 3),
    ],
)


def shape(tree: rules.Node) -> object:
    """Ids alone: a number for a leaf, [id, children...] for a group."""
    if rules.is_group(tree):
        return [tree["id"], *(shape(child) for child in tree["conditions"])]
    return tree["id"]


@pytest.fixture(autouse=True)
def the_old_tree_stays_as_it_was():
    before = copy.deepcopy(TREE)
    yield
    assert before == TREE


def test_a_condition_is_added_at_the_end_of_its_group():
    added = rules.add(TREE, 3, rules.condition(7, "age", "equals"))
    assert shape(added) == [1, 2, [3, 4, 5, 7], 6]


def test_a_node_is_never_added_to_a_condition():
    assert rules.add(TREE, 2, rules.condition(7, "age", "equals")) is TREE


def test_untouched_branches_are_shared_not_copied():
    changed = rules.change(TREE, 2, value=5)
    assert changed["conditions"][1] is TREE["conditions"][1]


def test_a_removed_group_takes_its_conditions_with_it():
    assert shape(rules.remove(TREE, 3)) == [1, 2, 6]


def test_the_root_cannot_be_removed():
    assert rules.remove(TREE, 1) is TREE


def test_a_copy_stands_behind_the_original_with_ids_of_its_own():
    assert shape(rules.duplicate(TREE, 3, count(20))) == [1, 2, [3, 4, 5], [20, 21, 22], 6]


@pytest.mark.parametrize(
    ("node_id", "step", "expected"),
    [
        (6, -1, [1, 2, 6, [3, 4, 5]]),
        (2, 1, [1, [3, 4, 5], 2, 6]),
        (4, 1, [1, 2, [3, 5, 4], 6]),
        (5, 1, [1, 2, [3, 4], 5, 6]),
        (4, -1, [1, 2, 4, [3, 5], 6]),
    ],
)
def test_a_node_moves_within_its_group_and_past_its_ends_out_of_it(node_id, step, expected):
    assert shape(rules.move(TREE, node_id, step)) == expected


def test_the_first_of_the_root_has_nowhere_to_go_up():
    assert rules.move(TREE, 2, -1) is TREE


def test_a_node_moves_into_a_group():
    assert shape(rules.move_into(TREE, 6, 3)) == [1, 2, [3, 4, 5, 6]]
    assert shape(rules.move_into(TREE, 6, 3, 0)) == [1, 2, [3, 6, 4, 5]]


def test_a_group_never_moves_into_itself():
    nested = rules.wrap(TREE, 4, count(20))
    assert rules.move_into(nested, 3, 20) is nested
    assert rules.move_into(nested, 3, 3) is nested


def test_neighbours_are_those_of_the_same_group():
    assert rules.neighbour(TREE, 6, -1)["id"] == 3
    assert rules.neighbour(TREE, 6, 1) is None
    assert rules.neighbour(TREE, 1, 1) is None


def test_wrapping_and_unwrapping_a_node_gives_the_tree_back():
    wrapped = rules.wrap(TREE, 4, count(20), "NOT")
    assert shape(wrapped) == [1, 2, [3, [20, 4], 5], 6]
    assert rules.unwrap(wrapped, 20) == TREE


def test_the_root_can_be_wrapped_but_not_unwrapped():
    assert shape(rules.wrap(TREE, 1, count(20))) == [20, [1, 2, [3, 4, 5], 6]]
    assert rules.unwrap(TREE, 1) is TREE


@pytest.mark.parametrize("operator", ("AND", "OR", "NOT"))
def test_a_group_takes_every_operator_at_the_root_and_below(operator):
    for node_id in (1, 3):
        assert rules.find(rules.change(TREE, node_id, operator=operator), node_id)["operator"] == operator


def test_a_change_that_changes_nothing_returns_the_tree_itself():
    assert rules.change(TREE, 2, value=1000) is TREE
    assert rules.change(TREE, 99, value=1) is TREE


def test_renumbering_gives_every_node_a_fresh_id_and_keeps_the_rest():
    fresh = rules.renumber(TREE, count(100))
    assert [node["id"] for node in rules.nodes(fresh)] == [100, 101, 102, 103, 104, 105]
    assert fresh["conditions"][1]["conditions"][0]["value"] == "Pune"


def test_trees_that_ask_for_the_same_are_equal_without_their_ids():
    assert rules.without_ids(rules.renumber(TREE, count(50))) == rules.without_ids(TREE)
    assert rules.without_ids(rules.change(TREE, 2, value=5)) != rules.without_ids(TREE)


def test_a_condition_by_itself_is_put_into_a_group():
    alone = {"type": "condition", "field": "age", "operator": "equals", "value": 3}
    assert shape(rules.rooted(alone, count(1))) == [2, 1]


def test_everyone_stays_the_root_it_is():
    assert rules.rooted({"type": "everyone"}, count(1)) == {"type": "everyone", "id": 1}


@pytest.mark.parametrize(
    ("path", "node_id"),
    [
        ("rules", 1),
        ("rules.operator", 1),
        ("rules.conditions[0].value", 2),
        ("rules.conditions[1]", 3),
        ("rules.conditions[1].conditions[1].field", 5),
        ("rules.conditions[9].value", 1),
    ],
)
def test_an_error_path_leads_to_its_node(path, node_id):
    assert rules.node_at(TREE, path)["id"] == node_id


def test_a_group_without_conditions_is_empty_and_everyone_is_not():
    assert rules.is_empty(rules.group(1))
    assert not rules.is_empty(rules.everyone(1))
    assert not rules.is_empty(TREE)


OF_ORDERS = [rules.condition(13, "product", "equals", "Mug"), rules.condition(14, "total", "greaterThan", 5)]
BOUGHT = {
    "id": 12,
    "type": "behaviour",
    "measure": "count",
    "where": OF_ORDERS,
    "operator": "equals",
    "value": 1,
}
RANKED = {"id": 15, "type": "top", "n": 5, "by": "age", "of": rules.group(16, "AND", [rules.everyone(17)])}
RICH = rules.group(11, "AND", [BOUGHT, RANKED, {"id": 18, "type": "segment", "segmentId": "s", "in": True}])


@pytest.mark.parametrize(
    ("path", "node_id"),
    [
        ("rules.conditions[0].where[1].value", 14),
        ("rules.conditions[0].where[7]", 12),
        ("rules.conditions[0].within", 12),
        ("rules.conditions[1].of.conditions[0].type", 17),
        ("rules.conditions[1].of", 16),
        ("rules.conditions[1].n", 15),
        ("rules.conditions[2].segment.conditions[4].value", 18),
        ("rules.conditions[2].segmentId", 18),
    ],
)
def test_a_path_leads_into_rankings_and_behaviours_and_stops_at_other_segments(path, node_id):
    assert rules.node_at(RICH, path)["id"] == node_id


def test_what_selects_people_by_itself_is_walked_with_the_paths_of_the_engines():
    assert [(path, node["id"]) for path, node in rules.walk(RICH)] == [
        ("rules", 11),
        ("rules.conditions[0]", 12),
        ("rules.conditions[1]", 15),
        ("rules.conditions[1].of", 16),
        ("rules.conditions[1].of.conditions[0]", 17),
        ("rules.conditions[2]", 18),
    ]


def test_conditions_on_orders_are_edited_like_others_and_stay_in_their_behaviour():
    def where(tree):
        return [one["id"] for one in tree["conditions"][0]["where"]]

    assert where(rules.move(RICH, 14, -1)) == [14, 13]
    assert where(rules.remove(RICH, 13)) == [14]
    assert where(rules.duplicate(RICH, 13, count(30))) == [13, 30, 14]
    assert where(rules.add(RICH, 12, rules.condition(40, "status", "equals"))) == [13, 14, 40]
    assert rules.change(RICH, 14, value=9)["conditions"][0]["where"][1]["value"] == 9
    for stays in (
        rules.move(RICH, 14, +1),
        rules.move_out(RICH, 13),
        rules.move_into(RICH, 13, 16),
        rules.wrap(RICH, 13, count(30)),
        rules.rank(RICH, 13, {"id": 30, "type": "top"}, count(31)),
    ):
        assert stays is RICH


def test_a_behaviour_without_conditions_on_orders_gets_its_first():
    bare = rules.group(1, "AND", [{"id": 2, "type": "behaviour", "measure": "count"}])
    assert rules.add(bare, 2, OF_ORDERS[0])["conditions"][0]["where"] == [OF_ORDERS[0]]


def test_whom_a_ranking_is_of_is_edited_in_its_place():
    added = rules.add(RICH, 16, rules.condition(30, "city", "equals", "Pune"))
    assert [one["id"] for one in added["conditions"][1]["of"]["conditions"]] == [17, 30]
    assert rules.wrap(RICH, 16, count(30))["conditions"][1]["of"]["id"] == 30
    for stays in (rules.remove(RICH, 16), rules.duplicate(RICH, 16, count(30)), rules.move(RICH, 16, 1),
                  rules.unwrap(RICH, 16), rules.move_out(RICH, 16), rules.move_out(RICH, 17)):  # fmt: skip
        assert stays is RICH


def test_a_node_is_ranked_and_the_ranking_undone():
    top = {"id": 30, "type": "top", "n": 3, "by": "age", "of": rules.everyone(31)}
    ranked = rules.rank(RICH, 18, top, count(40))
    assert ranked["conditions"][2]["of"] is RICH["conditions"][2]
    assert rules.unwrap(ranked, 30) == RICH
    whole = rules.rank(RICH, 11, top, count(40))
    assert (whole["type"], whole["id"], whole["conditions"][0]["of"]) == ("group", 40, RICH)


def test_every_node_is_renumbered_and_nothing_else_changes():
    fresh = rules.renumber(RICH, count(100))
    assert [node["id"] for node in rules.nodes(fresh)] == list(range(100, 108))
    assert rules.without_ids(fresh) == rules.without_ids(RICH)


def test_a_tree_reads_the_same_with_empty_parts_of_a_behaviour_and_without():
    bare = {"type": "behaviour", "measure": "count", "operator": "equals", "value": 1}
    assert rules.without_ids({"id": 1, **bare, "where": [], "within": None}) == bare


def test_a_tree_is_compared_as_an_editor_would_hold_it():
    assert rules.comparable(BOUGHT) == rules.comparable(rules.group(50, "AND", [BOUGHT]))
    assert rules.comparable(RICH) != rules.comparable(BOUGHT)
