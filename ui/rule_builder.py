"""The rule builder: native widgets over the rule tree of this session.

Every widget changes the tree through `rule_draft.apply`; nothing is read back from the widgets when the
page is drawn.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import streamlit as st

from ui import (
    rule_behaviours,
    rule_brief,
    rule_conditions,
    rule_counts,
    rule_draft,
    rule_focus,
    rule_kinds,
    rule_offers,
    rule_parts,
    rule_rankings,
    rule_references,
    rule_tree,
    session,
)
from ui.rule_draft import Draft, Edit, Expected
from ui.rule_focus import QUANTIFIERS
from ui.rule_marks import Marks
from ui.rule_parts import Shown, button, hint, node_buttons
from ui.rule_tree import Node
from ui.rule_values import entered, hold

_LEGEND = "Beside a condition: how many it selects alone; with a +, how many more fail only this one."


def rule_builder(
    draft: Draft,
    marks: Marks,
    known: Mapping[str, tuple[str, ...]],
    counts: Mapping[str, int] | None = None,
    *,
    counted: Node | None = None,
    misses: Mapping[str, int] | None = None,
    own_id: str | None = None,
) -> None:
    """Draw the draft's tree.

    `known` are the values that the data has, by field. `counts` are the people that each node selects alone,
    by path in `counted`, which is this tree where none is given; they are dimmed where it says something
    else by now. `misses` are the people who fail one node only, by path in the same. `own_id` is the segment
    being edited.
    """
    tree = draft.tree
    outdated = counted is not None and rule_tree.without_ids(counted) != rule_tree.without_ids(tree)
    numbers = rule_counts.counts_of(
        tree, counted or tree, counts or {}, outdated=outdated, misses=misses or {}
    )
    offers = rule_offers.offers_for(session.stores(), tree, known, own_id)
    focus = rule_focus.focused(tree)
    shown = Shown(tree, marks, numbers, offers, rule_brief.is_large(focus))
    _toolbar(draft)
    if rule_tree.is_empty(tree):
        _beginning(tree)
    elif rule_tree.is_group(tree):
        rule_focus.trail(shown, focus)
        _group(shown, focus)
        if numbers.misses:
            st.caption(_LEGEND)
    else:
        _everybody(tree)


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
    with st.container(horizontal=True, gap="small"):
        _adders(root)
        button("Everyone", "everyone", root, lambda tree: _chosen_everyone(tree, root), "groups")


def _everybody(root: Node) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(":material/groups: **Everyone**, whoever they are", width="stretch")
        button(
            "Choose by conditions", "conditions", root, lambda tree: _chosen_conditions(tree, root), "tune"
        )


def _chosen_everyone(tree: Node, root: Node) -> Node:
    return rule_tree.replace(tree, root["id"], rule_kinds.everyone(rule_draft.fresh_ids()))


def _chosen_conditions(tree: Node, root: Node) -> Node:
    return rule_tree.replace(tree, root["id"], rule_tree.group(next(rule_draft.fresh_ids())))


def _node(shown: Shown, node: Node, depth: int = 1) -> None:
    """A node, so many groups deep below the one that is drawn as the whole."""
    if words := rule_brief.words_for(shown, node):
        _said(shown, node, words)
        return
    match node.get("type"):
        case "group" if rule_focus.is_folded(shown, node, depth):
            _folded(shown, node)
        case "group":
            _group(shown, node, depth)
        case "behaviour":
            with st.container(border=True, gap="xsmall", key=f"row-{node['id']}"):
                rule_behaviours.behaviour(shown, node)
                hint(shown, node)
        case "top":
            with st.container(border=True, gap="xsmall", key=f"row-{node['id']}"):
                rule_rankings.ranking(shown, node, partial(_node, depth=depth + 1))
                hint(shown, node)
        case _:
            _row(shown, node)


def _group(shown: Shown, node: Node, depth: int = 0) -> None:
    with st.container(border=depth > 0, gap="small", key=f"box-{node['id']}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _quantifier(node)
            if depth == 0:
                st.markdown("of these", width="stretch")
                rule_parts.count(shown, node)
            else:
                st.space("stretch")  # no words: on a phone the number and the menu need their room
                node_buttons(shown, node)
        hint(shown, node)
        for child in node["conditions"]:
            _node(shown, child, depth + 1)
        with st.container(horizontal=True, gap="small"):
            _adders(node)
            if node is shown.tree:
                button("Put all into a group", "wrap", node, _wrapped(node["id"]), "data_array")


def _folded(shown: Shown, node: Node) -> None:
    with st.container(
        border=True, horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall",
        key=f"box-{node['id']}",
    ):  # fmt: skip
        rule_focus.draw_folded(shown, node)
        node_buttons(shown, node)


def _quantifier(node: Node) -> None:
    key = Expected(node["id"]).key("quantifier")
    hold(key, node["operator"])
    st.segmented_control(
        "How many of these conditions must hold",
        list(QUANTIFIERS),
        key=key,
        format_func=QUANTIFIERS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_set_quantifier,
        args=(node, key),
    )


def _set_quantifier(node: Node, key: str) -> None:
    chosen = entered(key)
    if chosen in QUANTIFIERS:
        here = Expected(node["id"])
        rule_draft.apply(here, lambda tree: rule_tree.change(tree, here.node_id, operator=chosen))


def _row(shown: Shown, node: Node) -> None:
    with st.container(gap="xsmall", key=f"row-{node['id']}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _ROWS.get(str(node.get("type")), _unknown)(shown, node)
            node_buttons(shown, node)
        hint(shown, node)


def _said(shown: Shown, node: Node, words: str) -> None:
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key=f"row-{node['id']}"
    ):
        rule_brief.draw(node, words)
        node_buttons(shown, node)


def _everyone(shown: Shown, node: Node) -> None:
    st.markdown(":material/groups: Everyone", width="stretch")


def _unknown(shown: Shown, node: Node) -> None:
    st.markdown(":material/help: Something that can't be shown here", width="stretch")


_ROWS: dict[str, Callable[[Shown, Node], None]] = {
    "condition": rule_conditions.condition,
    "segment": rule_references.segment,
    "campaign": rule_references.campaign,
    "list": rule_references.stored_list,
    "everyone": _everyone,
}


def _adders(node: Node) -> None:
    button("Condition", "add", node, _added(node["id"], rule_kinds.condition), "add")
    button("What they ordered", "orders", node, _added(node["id"], rule_kinds.behaviour), "shopping_bag")
    button("Group", "group", node, _added(node["id"], rule_kinds.group), "data_object")
    key = Expected(node["id"]).key("more")
    st.menu_button(
        "More",
        list(rule_kinds.MORE),
        key=key,
        icon=":material/add:",
        type="tertiary",
        format_func=lambda name: rule_kinds.MORE[name][0],
        on_click=_add_more,
        args=(node, key),
    )


def _add_more(node: Node, key: str) -> None:
    chosen = rule_kinds.MORE.get(entered(key))
    if chosen is not None:
        rule_draft.apply(Expected(node["id"]), _added(node["id"], chosen[1]))


def _added(group_id: int, make: Callable[[Iterator[int]], Node]) -> Edit:
    return lambda tree: rule_tree.add(tree, group_id, make(rule_draft.fresh_ids()))


def _wrapped(node_id: int) -> Edit:
    return lambda tree: rule_tree.wrap(tree, node_id, rule_draft.fresh_ids())
