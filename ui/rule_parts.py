"""Parts that every node of the builder is drawn with: selects, its number, its hint, its menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import format as fmt
from ui import rule_draft, rule_kinds, rule_tree
from ui.rule_counts import Counts
from ui.rule_draft import Edit, Expected
from ui.rule_marks import Marks
from ui.rule_offers import Offers
from ui.rule_tree import Node
from ui.rule_values import entered, hold, is_absent

VALUES_ASKED = "rule values asked"
"""Where the node is noted whose menu asked what another value would give."""

_VALUES = "values"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one drawing goes by: the tree as it was when the run began, its marks, numbers and offers.

    `large`: what is looked at is too large for widgets all over.
    """

    tree: Node
    marks: Marks
    counts: Counts
    offers: Offers
    large: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of a node's menu: when it is offered, and the edit it makes."""

    label: str
    offered: Callable[[Node, Node], bool]
    edit: Callable[[Node, int], Node]


def select(
    expected: Expected, part: str, label: str, options: Sequence[Any], wanted: Any,
    put: Callable[[Any], Edit], *, words: Callable[[Any], str] = str, placeholder: str | None = None,
) -> None:  # fmt: skip
    """A choice of one; what the tree says is offered whatever it is. `put` gives the edit of a choice."""
    key = expected.key(part)
    hold(key, wanted)
    given = [] if wanted is None or wanted in options else [wanted]
    st.selectbox(
        label,
        [*options, *given],
        index=None if wanted is None else 0,  # what is chosen can't be cleared, only replaced
        key=key,
        format_func=words,
        label_visibility="collapsed",
        placeholder=placeholder,
        on_change=_chosen,
        args=(expected, key, put),
    )


def _chosen(expected: Expected, key: str, put: Callable[[Any], Edit]) -> None:
    value = entered(key)
    if not is_absent(value) and value is not None:
        rule_draft.apply(expected, put(value))


def putter(node_id: int, name: str) -> Callable[[Any], Edit]:
    """The edit that sets one entry of a node to what is chosen."""
    return lambda value: lambda tree: rule_tree.change(tree, node_id, **{name: value})


def button(label: str, part: str, node: Node, edit: Edit, icon: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="tertiary",
        key=Expected(node["id"]).key(part),
        on_click=rule_draft.apply,
        args=(Expected(node["id"]), edit),
    )


def hint(shown: Shown, node: Node) -> None:
    """What the node lacks, or what is wrong with it."""
    unfinished, wrong = shown.marks.unfinished.get(node["id"]), shown.marks.wrong.get(node["id"])
    if wrong:
        st.markdown(f":red[:material/error: {fmt.plain(wrong)}]")
    elif unfinished:
        st.caption(f":material/edit: {unfinished}")


def count(shown: Shown, node: Node) -> None:
    """How many people the node selects alone, quietly, with a mark where the rules have moved on; and below
    that how many more fail only this one."""
    found = shown.counts.by_node.get(node["id"])
    if found is None:
        return
    text = fmt.number(found)
    if shown.counts.outdated:
        text = f":gray[:material/history: {text}]"
    if more := shown.counts.misses.get(node["id"]):
        text += f"  \n:green[+{fmt.number(more)}]"
    st.caption(text, width="content", text_alignment="right")


def node_buttons(shown: Shown, node: Node) -> None:
    """The node's number, its menu, and the button that removes it."""
    here = Expected(node["id"])
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", width="content"
    ):
        count(shown, node)
        offers = [_VALUES] if rule_kinds.has_amount(node, shown.offers.fields) else []
        offers += [name for name, action in ACTIONS.items() if action.offered(shown.tree, node)]
        if offers:
            key = here.key("menu")
            st.menu_button(
                "",
                offers,
                key=key,
                icon=":material/more_horiz:",
                type="tertiary",
                format_func=_label,
                help="Other values, duplicate, move, group",
                on_click=_act,
                args=(node, key),
            )
        remove_button(node)


def remove_button(node: Node) -> None:
    here = Expected(node["id"])
    st.button(
        "",
        icon=":material/close:",
        type="tertiary",
        key=here.key("remove"),
        help="Remove",
        on_click=rule_draft.apply,
        args=(here, lambda tree: _removed(tree, here.node_id)),
    )


def _removed(tree: Node, node_id: int) -> Node:
    """The tree without a node. A ranking whose people are taken away is of everyone."""
    above = rule_tree.parent(tree, node_id)
    if above is not None and rule_tree.is_top(above):
        return rule_tree.replace(tree, node_id, rule_kinds.everyone(rule_draft.fresh_ids()))
    return rule_tree.remove(tree, node_id)


def _label(name: str) -> str:
    return "Try other values" if name == _VALUES else ACTIONS[name].label


def _act(node: Node, key: str) -> None:
    if entered(key) == _VALUES:
        st.session_state[VALUES_ASKED] = node["id"]
        return
    action = ACTIONS.get(entered(key))
    if action is not None:
        rule_draft.apply(Expected(node["id"]), lambda tree: action.edit(tree, node["id"]))


def ranked(tree: Node, node_id: int) -> Node:
    """The tree with only the highest of whom a node selects."""
    ids = rule_draft.fresh_ids()
    return rule_tree.rank(tree, node_id, rule_kinds.top(ids), ids)


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
    outer = rule_tree.parent(tree, above["id"]) if above else None
    return outer is not None and rule_tree.is_group(outer)


def _has_siblings(tree: Node, node: Node) -> bool:
    above = rule_tree.parent(tree, node["id"])
    return above is not None and rule_tree.is_group(above)


def _can_dissolve(tree: Node, node: Node) -> bool:
    return rule_tree.is_group(node) and _has_siblings(tree, node)


ACTIONS: dict[str, Action] = {
    "duplicate": Action(
        "Duplicate", _has_siblings, lambda tree, at: rule_tree.duplicate(tree, at, rule_draft.fresh_ids())
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
        lambda tree, node: True,
        lambda tree, at: rule_tree.wrap(tree, at, rule_draft.fresh_ids()),
    ),
    "rank": Action("Keep only the highest or lowest", lambda tree, node: node.get("type") != "top", ranked),
    "dissolve": Action("Dissolve this group", _can_dissolve, rule_tree.unwrap),
    "unrank": Action("Keep all of them", lambda tree, node: rule_tree.is_top(node), rule_tree.unwrap),
}
