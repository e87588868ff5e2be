"""Which segment is open in the workbench of this session. The address in the browser names it."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from crm import library
from crm.errors import NotFound
from crm.stores.connection import Stores
from ui import rule_draft, rule_tree, segment_preview
from ui.rule_tree import Node

NEW = "new"
PARAMETER = "segment"
NAME = "segment name"  # key of the widget that holds the name
_OPENED = "segment opened"

Segment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """What the address names (an id, or `new`), and the segment as it was last saved."""

    address: str
    segment: Segment | None

    def differs(self, tree: Node) -> bool:
        """Whether these rules are not the saved ones."""
        saved = self.segment["rules"] if self.segment else None
        if saved is None:
            return not rule_tree.is_empty(tree)
        return _comparable(saved) != _comparable(tree)


def begin(rules: Node | None = None) -> None:
    """Open a new segment: with these rules, or with none."""
    rule_draft.start(rules)
    st.session_state[NAME] = ""
    _remember(Opened(NEW, None))


def opened(stores: Stores, address: str) -> Opened | None:
    """What the address names, opened if it is not open yet; None where there is no such segment."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == address:
        return here
    if address == NEW:
        begin()
        return st.session_state[_OPENED]
    try:
        segment = library.get(stores, address)
    except NotFound:
        return None
    rule_draft.start(segment["rules"])
    st.session_state[NAME] = segment["name"]
    return _remember(Opened(address, segment))


def saved(segment: Segment) -> None:
    """Note that what is open has been saved as this segment."""
    st.session_state[_OPENED] = Opened(segment["_id"], segment)
    st.query_params[PARAMETER] = segment["_id"]


def show(segment_id: str) -> None:
    """Go to a segment; the next run opens it."""
    st.query_params[PARAMETER] = segment_id


def close() -> None:
    """Back to the list. What is open stays so."""
    st.query_params.pop(PARAMETER, None)


def renamed(segment: Segment) -> None:
    """Note another name of a segment. If it is open, its unsaved rules stay as they are."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == segment["_id"]:
        st.session_state[_OPENED] = Opened(here.address, segment)
        st.session_state[NAME] = segment["name"]


def forget(segment_id: str) -> None:
    """Let go of a segment that is deleted."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == segment_id:
        del st.session_state[_OPENED]


def unsaved() -> Opened | None:
    """What is open and not saved as it stands; None if there is nothing of the kind."""
    here: Opened | None = st.session_state.get(_OPENED)
    return here if here is not None and here.differs(rule_draft.current().tree) else None


def _remember(here: Opened) -> Opened:
    st.session_state[_OPENED] = here
    segment_preview.forget()
    if st.query_params.get(PARAMETER) != here.address:
        st.query_params[PARAMETER] = here.address
    return here


def _comparable(tree: Node) -> Node:
    """A tree as the builder would hold it, without ids: a condition by itself stands in a group."""
    bare = rule_tree.without_ids(tree)
    if bare.get("type") != "condition":
        return bare
    return {"type": "group", "operator": "AND", "conditions": [bare]}
