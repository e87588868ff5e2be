"""The highest or the lowest of a field, among everyone or whom a node selects."""

from collections.abc import Callable

import streamlit as st

from crm.fields import FieldType
from ui import rule_draft, rule_kinds, rule_tree
from ui.rule_draft import Expected
from ui.rule_offers import field_label
from ui.rule_parts import Shown, button, node_buttons, putter, select
from ui.rule_tree import Node
from ui.rule_values import hold, store

_MOST = 100_000_000
_DIRECTIONS = {"desc": "with the highest", "asc": "with the lowest"}
_OF_DATES = {"desc": "with the latest", "asc": "with the earliest"}


def ranking(shown: Shown, node: Node, draw: Callable[[Shown, Node], None]) -> None:
    """`draw` draws the node that the ranking is of."""
    fields = shown.offers.fields
    here, by = Expected(node["id"]), str(node.get("by"))
    dated = by in fields and fields[by].type is FieldType.DATE
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("The", width="content")
        _how_many(node)
        words = _OF_DATES if dated else _DIRECTIONS
        select(
            here, "direction", "Highest or lowest", list(words), node.get("direction", "desc"),
            putter(node["id"], "direction"), words=lambda name: words.get(name, name),
        )  # fmt: skip
        select(
            here, "by", "Ranked by", rule_kinds.rankable(fields), by, putter(node["id"], "by"),
            words=lambda name: fields[name].label if name in fields else field_label(fields, name),
        )  # fmt: skip
        node_buttons(shown, node)
    _among(shown, node["of"], draw)


def _how_many(node: Node) -> None:
    here = Expected(node["id"])
    key, n = here.key("n"), node.get("n")
    hold(key, n if isinstance(n, int) and 1 <= n <= _MOST else None)
    st.number_input(
        "How many people", key=key, value=None, min_value=1, max_value=_MOST, step=1,
        label_visibility="collapsed", placeholder="people", width=110, on_change=store,
        args=(here, [key], lambda n: n, "n"),
    )  # fmt: skip


def _among(shown: Shown, of: Node, draw: Callable[[Shown, Node], None]) -> None:
    if of.get("type") != "everyone":
        st.caption("among")
        draw(shown, of)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("among everyone", width="content")
        button("Choose among whom", "among", of, lambda tree: _chosen_among(tree, of["id"]), "tune")


def _chosen_among(tree: Node, node_id: int) -> Node:
    ids = rule_draft.fresh_ids()
    return rule_tree.replace(tree, node_id, rule_tree.group(next(ids), "AND", [rule_kinds.condition(ids)]))
