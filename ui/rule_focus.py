"""Where in a deep tree somebody is at work: one group drawn as if it were the whole, and the way back up.

Groups drawn one in another lose width at each step, so only a few levels are; a group below them is a line
that says what is in it, and opens in the place of the whole when it is clicked.
"""

from dataclasses import dataclass

import streamlit as st

from crm import segments
from crm.errors import InvalidRule
from ui import charts_audience as charts
from ui import format as fmt
from ui import rule_tree, session
from ui.rule_draft import Expected
from ui.rule_parts import Shown
from ui.rule_tree import Node

LEVELS = 3  # of groups drawn one in another
QUANTIFIERS = {"AND": "All", "OR": "Any", "NOT": "None"}
_FOCUS, _OPEN = "rule focus", "rule groups open"
_LONGEST = 90  # characters of what a folded group says


@dataclass(frozen=True, slots=True)
class Focus:
    """The group that is drawn as the whole. Its path finds it again where an undo has renamed it."""

    node_id: int
    path: str


def forget() -> None:
    """Back to the whole tree."""
    st.session_state.pop(_FOCUS, None)


def focused(tree: Node) -> Node:
    """The group to draw: the one that was opened, or the whole tree."""
    focus: Focus | None = st.session_state.get(_FOCUS)
    if focus is None:
        return tree
    node = rule_tree.find(tree, focus.node_id) or rule_tree.node_at(tree, focus.path)
    return node if rule_tree.is_group(node) else tree


def trail(shown: Shown, focus: Node) -> None:
    """The groups around the one in focus, each a button that leads back to it."""
    tree = shown.tree
    if focus is tree:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="rule-trail"):
        for node in _around(tree, focus):
            st.button(
                _named(node), type="tertiary", icon=":material/arrow_upward:", key=f"focus-{node['id']}",
                on_click=_look_at, args=(tree, node["id"]),
            )  # fmt: skip
        st.markdown(f"**{_named(focus)}**", width="content")
    inside = {node["id"] for node in rule_tree.nodes(focus)}
    if not inside.issuperset({*shown.marks.unfinished, *shown.marks.wrong}):
        st.caption(":material/edit: Something outside this group is to be finished.")


def is_folded(shown: Shown, node: Node, depth: int) -> bool:
    """Whether a group is drawn as a line: it is deep, and nobody has to finish anything in it.

    One that was open for that stays open when it is finished. Where there is much, one level is deep enough.
    """
    if depth < (1 if shown.large else LEVELS) or not rule_tree.is_group(node):
        return False
    open_ones: set[int] = st.session_state.setdefault(_OPEN, set())
    bad = {*shown.marks.unfinished, *shown.marks.wrong}
    if any(one["id"] in bad for one in rule_tree.nodes(node)):
        open_ones.add(node["id"])
    return node["id"] not in open_ones


def draw_folded(shown: Shown, node: Node) -> None:
    """The line: what the group says, which opens it."""
    st.button(
        _words(shown, node), icon=":material/open_in_full:", type="tertiary", width="stretch",
        key=Expected(node["id"]).key("open"), help="Open this group", on_click=_look_at,
        args=(shown.tree, node["id"]),
    )  # fmt: skip


def _words(shown: Shown, node: Node) -> str:
    try:
        rule = segments.parse(node, shown.offers.fields)
    except InvalidRule:
        return f"{_named(node)} conditions"
    said = segments.describe(rule, currency=session.settings().currency).removeprefix("Customers who ")
    return f"{_named(node)}: {fmt.plain(charts.shortened(said, _LONGEST))}"


def _named(node: Node) -> str:
    return f"{QUANTIFIERS[node['operator']]} of {fmt.number(len(node['conditions']))}"


def _around(tree: Node, focus: Node) -> list[Node]:
    """The groups that contain the focus, outermost first: the whole, and the last two of the others."""
    found: list[Node] = []
    node = rule_tree.parent(tree, focus["id"])
    while node is not None:
        if rule_tree.is_group(node):
            found.insert(0, node)
        node = rule_tree.parent(tree, node["id"])
    return found if len(found) <= LEVELS else [found[0], *found[-2:]]


def _look_at(tree: Node, node_id: int) -> None:
    paths = {node["id"]: path for path, node in rule_tree.walk(tree)}
    if node_id == tree["id"] or node_id not in paths:
        forget()
    else:
        st.session_state[_FOCUS] = Focus(node_id, paths[node_id])
