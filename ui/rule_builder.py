"""The rule builder: native widgets over the rule tree of this session.

Every widget changes the tree through `rule_draft.apply`; nothing is read back from the widgets when the
page is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from crm.fields import FIELDS, Field, FieldType
from crm.segments import Operator, operator_for, operators_for
from ui import format as fmt
from ui import rule_draft, rule_tree
from ui.rule_draft import Draft, Edit, Expected
from ui.rule_marks import Marks
from ui.rule_tree import Node
from ui.rule_values import Cell, entered, hold, is_absent, refit, value_widgets

_FIELD_ORDER = (
    "totalSpent", "orderCount", "totalOrderValue", "lastOrdered", "firstPurchaseDate", "lastActive",
    "lastLogin", "accountCreated", "visitCount", "loginCount", "isInactive", "tags", "city", "country",
    "gender", "age", "birthDate", "name", "email", "phone", "externalId", "bucket",
)  # fmt: skip
_FIELDS = (*_FIELD_ORDER, *(name for name in FIELDS if name not in _FIELD_ORDER))
_FIRST_FIELD, _FIRST_OPERATOR = "totalSpent", "greaterThan"
_QUANTIFIERS = {"AND": "All", "OR": "Any", "NOT": "None"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one drawing goes by: the tree as it was when the run began, its marks, values in the data."""

    tree: Node
    marks: Marks
    known: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of a node's menu: when it is offered, and the edit it makes."""

    label: str
    offered: Callable[[Node, Node], bool]
    edit: Callable[[Node, int], Node]


def rule_builder(draft: Draft, marks: Marks, known: Mapping[str, tuple[str, ...]]) -> None:
    """Draw the draft's tree. `known` are the values that the data has, by field."""
    _toolbar(draft)
    shown = Shown(draft.tree, marks, known)
    if rule_tree.is_empty(draft.tree):
        _beginning(draft.tree)
    elif rule_tree.is_group(draft.tree):
        _group(shown, draft.tree)
    else:
        _everybody(draft.tree)


def _toolbar(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**Who**", width="stretch")
        st.button(
            "Undo",
            icon=":material/undo:",
            type="tertiary",
            key="rule-undo",
            disabled=not draft.past,
            on_click=rule_draft.undo,
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            type="tertiary",
            key="rule-redo",
            disabled=not draft.future,
            on_click=rule_draft.redo,
        )


def _beginning(root: Node) -> None:
    st.caption("Nobody is chosen yet. Start with a condition, or say in words above whom you want to reach.")
    with st.container(horizontal=True):
        _adders(root)
        _button("Everyone", "everyone", root, lambda tree: _chosen_everyone(tree, root), "groups")


def _everybody(root: Node) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(":material/groups: **Everyone**, whoever they are", width="stretch")
        _button(
            "Choose by conditions", "conditions", root, lambda tree: _chosen_conditions(tree, root), "tune"
        )


def _chosen_everyone(tree: Node, root: Node) -> Node:
    return rule_tree.replace(tree, root["id"], rule_tree.everyone(_fresh_id()))


def _chosen_conditions(tree: Node, root: Node) -> Node:
    return rule_tree.replace(tree, root["id"], rule_tree.group(_fresh_id()))


def _group(shown: Shown, node: Node) -> None:
    root = node is shown.tree
    with st.container(border=not root, gap="small", key=f"box-{node['id']}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _quantifier(node)
            if not root:
                _node_buttons(shown, node)
        _hint(shown, node)
        for child in node["conditions"]:
            if rule_tree.is_group(child):
                _group(shown, child)
            else:
                _row(shown, child)
        with st.container(horizontal=True, gap="small"):
            _adders(node)
            if root:
                _button("Put all into a group", "wrap", node, _wrapped(node["id"]), "data_array")


def _quantifier(node: Node) -> None:
    key = Expected(node["id"]).key("quantifier")
    hold(key, node["operator"])
    st.segmented_control(
        "How many of these conditions must hold",
        list(_QUANTIFIERS),
        key=key,
        format_func=_QUANTIFIERS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_set_quantifier,
        args=(node, key),
    )
    st.markdown("of these", width="stretch")


def _set_quantifier(node: Node, key: str) -> None:
    chosen = entered(key)
    if chosen in _QUANTIFIERS:
        here = Expected(node["id"])
        rule_draft.apply(here, lambda tree: rule_tree.change(tree, here.node_id, operator=chosen))


def _row(shown: Shown, node: Node) -> None:
    with st.container(gap="xsmall", key=f"row-{node['id']}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if node.get("type") == "everyone":
                st.markdown(":material/groups: everyone", width="stretch")
            else:
                _condition(shown, node)
            _node_buttons(shown, node)
        _hint(shown, node)


def _condition(shown: Shown, node: Node) -> None:
    name = str(node.get("field"))
    field = FIELDS.get(name)
    _field_select(node, name)
    if field is None:
        return
    operator = operator_for(field, str(node.get("operator")))
    _operator_select(node, field)
    if operator is not None:
        with st.container(horizontal=True, gap="xsmall", width="stretch"):
            value_widgets(Cell(node, field, operator, shown.known.get(name, field.options)))


def _field_select(node: Node, name: str) -> None:
    key = Expected(node["id"]).key("field")
    hold(key, name)
    st.selectbox(
        "Field",
        _FIELDS if name in FIELDS else (*_FIELDS, name),
        key=key,
        format_func=_field_label,
        label_visibility="collapsed",
        width="stretch",
        on_change=_set_field,
        args=(node, key),
    )


def _operator_select(node: Node, field: Field) -> None:
    key = Expected(node["id"], field.name).key("operator")
    labels = {row.name: row.label for row in operators_for(field)}
    given = str(node.get("operator"))
    hold(key, given)
    st.selectbox(
        "Operator",
        [*labels, *([] if given in labels else [given])],
        key=key,
        format_func=lambda operator: labels.get(operator, operator),
        label_visibility="collapsed",
        width="stretch",
        on_change=_set_operator,
        args=(node, key),
    )


def _set_field(node: Node, key: str) -> None:
    name = entered(key)
    if not is_absent(name) and name in FIELDS:
        here = Expected(node["id"])
        rule_draft.apply(here, lambda tree: _with_field(tree, here.node_id, FIELDS[name]))


def _set_operator(node: Node, key: str) -> None:
    name, field = entered(key), FIELDS[str(node["field"])]
    operator = None if is_absent(name) else operator_for(field, name)
    if operator is not None:
        here = Expected(node["id"], field.name)
        rule_draft.apply(here, lambda tree: _with_operator(tree, here.node_id, field, operator))


def _with_field(tree: Node, node_id: int, field: Field) -> Node:
    """The tree with another field in a condition. What still makes sense of it stays."""
    node = rule_tree.find(tree, node_id) or {}
    before = FIELDS.get(str(node.get("field")))
    if before is None or before.type != field.type:
        return rule_tree.change(
            tree, node_id, field=field.name, operator=operators_for(field)[0].name, value=None
        )
    worded = field.type in (
        FieldType.TEXT,
        FieldType.TAGS,
    )  # a city is no name: the text belongs to the field
    value = None if worded and before is not field else node.get("value")
    return rule_tree.change(tree, node_id, field=field.name, value=value)


def _with_operator(tree: Node, node_id: int, field: Field, operator: Operator) -> Node:
    """The tree with another operator in a condition, and as much of its value as fits."""
    node = rule_tree.find(tree, node_id) or {}
    value = refit(node.get("value"), operator_for(field, str(node.get("operator"))), operator)
    return rule_tree.change(tree, node_id, operator=operator.name, value=value)


def _hint(shown: Shown, node: Node) -> None:
    unfinished, wrong = shown.marks.unfinished.get(node["id"]), shown.marks.wrong.get(node["id"])
    if wrong:
        st.markdown(f":red[:material/error: {fmt.plain(wrong)}]")
    elif unfinished:
        st.caption(f":material/edit: {unfinished}")


def _adders(node: Node) -> None:
    _button("Condition", "add", node, _added_condition(node["id"]), "add")
    _button("Group", "group", node, _added_group(node["id"]), "add")


def _button(label: str, part: str, node: Node, edit: Edit, icon: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="tertiary",
        key=Expected(node["id"]).key(part),
        on_click=rule_draft.apply,
        args=(Expected(node["id"]), edit),
    )


def _node_buttons(shown: Shown, node: Node) -> None:
    offers = [name for name, action in _ACTIONS.items() if action.offered(shown.tree, node)]
    here = Expected(node["id"])
    key = here.key("menu")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.menu_button(
            "",
            offers,
            key=key,
            icon=":material/more_horiz:",
            type="tertiary",
            format_func=lambda name: _ACTIONS[name].label,
            help="Duplicate, move, group",
            on_click=_act,
            args=(node, key),
        )
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            key=here.key("remove"),
            help="Remove",
            on_click=rule_draft.apply,
            args=(here, lambda tree: rule_tree.remove(tree, here.node_id)),
        )


def _act(node: Node, key: str) -> None:
    action = _ACTIONS.get(entered(key))
    if action is not None:
        rule_draft.apply(Expected(node["id"]), lambda tree: action.edit(tree, node["id"]))


def _added_condition(group_id: int) -> Edit:
    return lambda tree: rule_tree.add(
        tree, group_id, rule_tree.condition(_fresh_id(), _FIRST_FIELD, _FIRST_OPERATOR)
    )


def _added_group(group_id: int) -> Edit:
    return lambda tree: rule_tree.add(
        tree,
        group_id,
        rule_tree.group(_fresh_id(), "OR", [rule_tree.condition(_fresh_id(), _FIRST_FIELD, _FIRST_OPERATOR)]),
    )


def _wrapped(node_id: int) -> Edit:
    return lambda tree: rule_tree.wrap(tree, node_id, rule_draft.fresh_ids())


def _fresh_id() -> int:
    return next(rule_draft.fresh_ids())


def _field_label(name: str) -> str:
    label = FIELDS[name].label if name in FIELDS else name
    return label[:1].upper() + label[1:]


def _into(tree: Node, node_id: int, step: int) -> Node:
    target = rule_tree.neighbour(tree, node_id, step)
    return rule_tree.move_into(tree, node_id, target["id"], 0 if step > 0 else None) if target else tree


def _beside_group(step: int) -> Callable[[Node, Node], bool]:
    def offered(tree: Node, node: Node) -> bool:
        target = rule_tree.neighbour(tree, node["id"], step)
        return target is not None and rule_tree.is_group(target)

    return offered


def _can_move(step: int) -> Callable[[Node, Node], bool]:
    return lambda tree, node: rule_tree.neighbour(tree, node["id"], step) is not None


def _is_nested(tree: Node, node: Node) -> bool:
    above = rule_tree.parent(tree, node["id"])
    return above is not None and above is not tree


def _always(tree: Node, node: Node) -> bool:
    return True


_ACTIONS: dict[str, Action] = {
    "duplicate": Action(
        "Duplicate", _always, lambda tree, at: rule_tree.duplicate(tree, at, rule_draft.fresh_ids())
    ),
    "up": Action("Move up", _can_move(-1), lambda tree, at: rule_tree.move(tree, at, -1)),
    "down": Action("Move down", _can_move(1), lambda tree, at: rule_tree.move(tree, at, 1)),
    "into above": Action(
        "Move into the group above", _beside_group(-1), lambda tree, at: _into(tree, at, -1)
    ),
    "into below": Action("Move into the group below", _beside_group(1), lambda tree, at: _into(tree, at, 1)),
    "out": Action("Move out of this group", _is_nested, rule_tree.move_out),
    "wrap": Action(
        "Put into a group of its own",
        _always,
        lambda tree, at: rule_tree.wrap(tree, at, rule_draft.fresh_ids()),
    ),
    "dissolve": Action("Dissolve this group", lambda tree, node: rule_tree.is_group(node), rule_tree.unwrap),
}
