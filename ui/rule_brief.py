"""Conditions said in words instead of widgets, in trees too large to be drawn as widgets all over.

Every widget of a page costs time at each click, and with hundreds of them more than anybody waits for. So
a large tree reads as text, and a condition opens when it is to be edited.
"""

import streamlit as st

from crm import segments
from crm.errors import InvalidRule
from ui import format as fmt
from ui import rule_tree, session
from ui.rule_draft import Expected
from ui.rule_parts import Shown
from ui.rule_tree import Node

MOST_DRAWN = 60  # conditions and groups
_OPEN = "rule open"
_SAID = ("condition", "behaviour")


def is_large(tree: Node) -> bool:
    return sum(1 for _ in rule_tree.nodes(tree)) > MOST_DRAWN


def words_for(shown: Shown, node: Node) -> str:
    """What a node says, where it is to be said and not drawn; an empty text otherwise.

    Who is at work on a node sees its widgets, and so does who has to finish or to mend one.
    """
    if not shown.large or node.get("type") not in _SAID or node["id"] == st.session_state.get(_OPEN):
        return ""
    try:
        rule = segments.parse(node, shown.offers.fields)
    except InvalidRule:
        return ""
    said = segments.describe(rule, currency=session.settings().currency).removeprefix("Customers who ")
    return fmt.plain(said[:1].upper() + said[1:])


def draw(node: Node, words: str) -> None:
    st.markdown(words, width="stretch")
    st.button(
        "",
        icon=":material/edit:",
        type="tertiary",
        key=Expected(node["id"]).key("edit"),
        help="Edit",
        on_click=_open,
        args=(node["id"],),
    )


def _open(node_id: int) -> None:
    st.session_state[_OPEN] = node_id
