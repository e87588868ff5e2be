"""Which segment is open in the workbench of this session. The address in the browser names it.

Nobody loses work by looking at something else: unsaved rules of a segment are kept aside when another one
is opened, and come back with it.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from crm import library
from crm.errors import NotFound
from crm.stores.connection import Stores
from ui import prompt_box, rule_draft, rule_focus, rule_tree, segment_moment, segment_preview
from ui.rule_draft import Draft
from ui.rule_tree import Node

NEW = "new"
PARAMETER = "segment"
NAME = "segment name"  # key of the widget that holds the name
_OPENED = "segment opened"
_ASIDE = "segments aside"

Segment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """What the address names (an id, or `new`), and the segment as it was last saved."""

    address: str
    segment: Segment | None

    def differs(self, tree: Node) -> bool:
        """Whether these rules are not the saved ones."""
        if self.segment is None:
            return not rule_tree.is_empty(tree)
        return rule_tree.comparable(self.segment["rules"]) != rule_tree.comparable(tree)


@dataclass(frozen=True, slots=True)
class Aside:
    """Unsaved work on a segment that is not open just now."""

    opened: Opened
    draft: Draft
    name: str


def begin(rules: Node | None = None) -> None:
    """Open a new segment with these rules, or with none. One undo brings back an unsaved new one."""
    _put_aside()
    aside = _aside().pop(NEW, None)
    if aside is None:
        rule_draft.start(rules)
        _remember(Opened(NEW, None), "")
        return
    _take_up(aside)
    rule_draft.propose(rules or rule_tree.group(0))


def opened(stores: Stores, address: str) -> Opened | None:
    """What the address names, opened if it is not open yet; None where there is no such segment."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == address:
        return here
    _put_aside()
    aside = _aside().pop(address, None)
    if aside is not None:
        return _take_up(aside)
    if address == NEW:
        rule_draft.start()
        return _remember(Opened(NEW, None), "")
    try:
        segment = library.get(stores, address)
    except NotFound:
        return None
    rule_draft.start(segment["rules"])
    return _remember(Opened(address, segment), segment["name"])


def here() -> Opened | None:
    """What is open in this session."""
    return st.session_state.get(_OPENED)


def refresh(segment: Segment) -> Opened:
    """Note how the open segment is stored now. The rules and the name that are being edited stay."""
    st.session_state[_OPENED] = Opened(segment["_id"], segment)
    return st.session_state[_OPENED]


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
    """Note another name of a segment. Its unsaved rules stay as they are."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == segment["_id"]:
        st.session_state[_OPENED] = Opened(here.address, segment)
        st.session_state[NAME] = segment["name"]
    aside = _aside().pop(segment["_id"], None)
    if aside is not None:
        _aside()[segment["_id"]] = Aside(Opened(segment["_id"], segment), aside.draft, segment["name"])


def forget(segment_id: str) -> None:
    """Let go of a segment that is deleted."""
    here: Opened | None = st.session_state.get(_OPENED)
    if here is not None and here.address == segment_id:
        del st.session_state[_OPENED]
    _aside().pop(segment_id, None)


def unsaved() -> set[str]:
    """Addresses of the segments with work that is not saved."""
    here: Opened | None = st.session_state.get(_OPENED)
    open_one = {here.address} if here is not None and here.differs(rule_draft.current().tree) else set()
    return open_one | set(_aside())


def _aside() -> dict[str, Aside]:
    return st.session_state.setdefault(_ASIDE, {})


def _put_aside() -> None:
    here: Opened | None = st.session_state.pop(_OPENED, None)
    draft = rule_draft.current()
    if here is not None and here.differs(draft.tree):
        _aside()[here.address] = Aside(here, draft, st.session_state.get(NAME) or "")


def _take_up(aside: Aside) -> Opened:
    rule_draft.resume(aside.draft)
    return _remember(aside.opened, aside.name)


def _remember(here: Opened, name: str) -> Opened:
    st.session_state[_OPENED] = here
    st.session_state[NAME] = name
    segment_preview.forget()
    segment_moment.forget()
    rule_focus.forget()
    prompt_box.forget()
    if st.query_params.get(PARAMETER) != here.address:
        st.query_params[PARAMETER] = here.address
    return here
