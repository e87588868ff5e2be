"""The rule tree being edited, with what can be undone and redone.

The draft is replaced by one assignment and never changed in place, because the run that a click interrupts
may still be reading it. An edit comes with what its widget expected to find (the node, and its field and
operator as far as the widget hangs on them): one whose node has moved on meanwhile changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import streamlit as st

from ui import rule_tree
from ui.rule_kinds import window_kind
from ui.rule_tree import Node

_DRAFT = "rule draft"
_IDS = "rule ids"
_LONGEST_PAST = 100

Edit = Callable[[Node], Node]


@dataclass(frozen=True, slots=True)
class Draft:
    """A tree, the trees before it (latest last) and the trees that were undone (next one last)."""

    tree: Node
    past: tuple[Node, ...] = ()
    future: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What a widget was made for: a node, and what of it the widget depends on.

    `field` is a condition's field or a behaviour's measure, `window` the kind of a behaviour's time.
    """

    node_id: int
    field: str | None = None
    operator: str | None = None
    window: str | None = None

    def holds(self, tree: Node) -> bool:
        """Whether the tree still has such a node."""
        node = rule_tree.find(tree, self.node_id)
        return (
            node is not None
            and self.field in (None, node.get("field", node.get("measure")))
            and self.operator in (None, node.get("operator"))
            and self.window in (None, window_kind(node))
        )

    def key(self, part: str) -> str:
        """The widget's key. It names what is expected, so that no widget outlives its expectation."""
        names = (part, self.node_id, self.field, self.operator, self.window)
        return "-".join(str(name) for name in names if name is not None)


def edited(draft: Draft, tree: Node) -> Draft:
    """The draft after an edit; the same draft where nothing changed."""
    if tree is draft.tree:
        return draft
    return Draft(tree, (*draft.past, draft.tree)[-_LONGEST_PAST:])


def undone(draft: Draft, ids: Iterator[int]) -> Draft:
    """One step back. The tree comes back with fresh ids, so that no widget shows what it held before."""
    if not draft.past:
        return draft
    tree = rule_tree.renumber(draft.past[-1], ids)
    return Draft(tree, draft.past[:-1], (*draft.future, draft.tree))


def redone(draft: Draft, ids: Iterator[int]) -> Draft:
    if not draft.future:
        return draft
    tree = rule_tree.renumber(draft.future[-1], ids)
    return Draft(tree, (*draft.past, draft.tree), draft.future[:-1])


def current() -> Draft:
    """The draft of this session; an empty group at first."""
    if _DRAFT not in st.session_state:
        st.session_state[_DRAFT] = Draft(rule_tree.group(next(fresh_ids())))
    return st.session_state[_DRAFT]


def fresh_ids() -> Iterator[int]:
    """Ids that no node of this session ever had."""
    if _IDS not in st.session_state:
        st.session_state[_IDS] = count(1)
    return st.session_state[_IDS]


def apply(expectation: Expected, edit: Edit) -> None:
    """Edit the tree, if the node that the widget was made for is still as the widget found it."""
    draft = current()
    if expectation.holds(draft.tree):
        st.session_state[_DRAFT] = edited(draft, edit(draft.tree))


def propose(rules: Node) -> None:
    """Put another tree in the place of the present one, as a step that can be undone."""
    st.session_state[_DRAFT] = edited(current(), rule_tree.rooted(rules, fresh_ids()))


def start(rules: Node | None = None) -> None:
    """Begin with another tree, or with none, and no past."""
    ids = fresh_ids()
    tree = rule_tree.rooted(rules, ids) if rules else rule_tree.group(next(ids))
    st.session_state[_DRAFT] = Draft(tree)


def resume(draft: Draft) -> None:
    """Go on with a draft that was put aside, with fresh ids: its widgets are gone."""
    st.session_state[_DRAFT] = Draft(rule_tree.renumber(draft.tree, fresh_ids()), draft.past, draft.future)


def undo() -> None:
    st.session_state[_DRAFT] = undone(current(), fresh_ids())


def redo() -> None:
    st.session_state[_DRAFT] = redone(current(), fresh_ids())
