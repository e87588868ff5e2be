"""What was taken for granted about a prompt, each with what else it could mean: a click takes that instead.

What was changed by hand since stays: then only the part is replaced that the two meanings differ in.
"""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from crm.alternatives import Alternative
from crm.prompts import Answer
from ui import format as fmt
from ui import rule_tree
from ui.rule_tree import Node

AS_BEFORE = "As before"

Take = Callable[[Alternative], None]


def draw(answer: Answer, tree: Node, take: Take) -> None:
    """Every sentence with its alternatives as buttons; those that no longer fit the tree are left out."""
    about = dict.fromkeys((*answer.assumptions, *(one.about for one in answer.alternatives)))
    for number, sentence in enumerate(about):
        offers = [one for one in answer.alternatives if one.about == sentence]
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", key=f"prompt-assumption-{number}"
        ):
            st.caption(f":material/info: {fmt.plain(sentence)}", width="content")
            for place, one in enumerate(offers):
                if instead(tree, answer, one) is not None:
                    st.button(
                        fmt.plain(one.label),
                        type="tertiary",
                        icon=":material/swap_horiz:",
                        key=f"prompt-instead-{number}-{place}",
                        on_click=take,
                        args=(one,),
                    )


def instead(tree: Node, answer: Answer, one: Alternative) -> Node | None:
    """The tree with the alternative in it; None where the part that it is about is there no more."""
    if answer.rules is None:
        return None
    mine, theirs = rule_tree.comparable(answer.rules), rule_tree.comparable(one.rules)
    if rule_tree.comparable(tree) == mine:
        return one.rules
    old, new = _difference(mine, theirs)
    if old is mine:
        return None
    same = [node for node in rule_tree.nodes(tree) if rule_tree.without_ids(node) == old]
    return rule_tree.replace(tree, same[0]["id"], {**new, "id": 0}) if len(same) == 1 else None


def taken(answer: Answer, one: Alternative) -> Answer:
    """The answer as it stands after the click, with the way back."""
    now = f"“{one.label}” is taken."
    others = (
        replace(other, about=now) if other.about == one.about else other
        for other in answer.alternatives
        if other is not one
    )
    back = Alternative(now, AS_BEFORE, answer.rules or {})
    kept = (now if sentence == one.about else sentence for sentence in answer.assumptions)
    return replace(
        answer, rules=one.rules, assumptions=tuple(kept), changed=(),
        alternatives=(*(other for other in others if other.label != AS_BEFORE), back),
    )  # fmt: skip


def _difference(one: Node, other: Node) -> tuple[Node, Node]:
    """The smallest pair of nodes that two trees differ in."""
    alike = {**one, "conditions": None} == {**other, "conditions": None}
    mine, theirs = one.get("conditions") or [], other.get("conditions") or []
    if alike and len(mine) == len(theirs):
        differ = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
        if len(differ) == 1:
            return _difference(*differ[0])
    return one, other
