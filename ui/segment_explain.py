"""Why a customer is in an audience or out of it: a line a node of the rule, with his own values."""

from datetime import datetime
from typing import Any

import streamlit as st

from crm import directory, explain
from crm.errors import NotFound
from crm.explain import Explanation, Verdict
from crm.moment import utc_now
from crm.rules.nodes import Group, InSegment, Join, Rule, Top, walk
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui.segment_preview import Answer, Shown
from ui.segment_steps import words_of

_CHOSEN = "segment explained"
_SEARCH = "segment explain search"
_MOST_FOUND = 8
_GROUPS = {Join.AND: "all of these", Join.OR: "any of these", Join.NOT: "none of these"}


def choose(customer_id: str) -> None:
    """Explain this customer from now on."""
    st.session_state[_CHOSEN] = customer_id


def forget() -> None:
    st.session_state.pop(_CHOSEN, None)


def draw(shown: Shown, stores: Stores, settings: Settings) -> None:
    """The search, and the explanation of who was found with it."""
    if shown.answer is None:
        st.caption("Finish a condition first; then you can ask about anybody.")
        return
    chosen = st.session_state.get(_CHOSEN)
    if chosen is None:
        _search(stores)
        return
    st.button(
        "Another customer", icon=":material/person_search:", type="tertiary", key="segment-explain-other",
        on_click=forget,
    )  # fmt: skip
    answer = shown.answer
    now = answer.question.moment or utc_now()
    try:
        found = explain.explain(stores, answer.rule, chosen, now=now, zone=settings.zone)
    except NotFound as error:
        st.warning(error.message, icon=":material/person_off:")
        return
    _said(found, answer, settings)


def _search(stores: Stores) -> None:
    text = st.text_input(
        "Why is somebody in, or not?", type="search", key=_SEARCH, width=420,
        placeholder="Name, e-mail, phone or external id",
    )  # fmt: skip
    if not (text or "").strip():
        st.caption("Search a customer to see, condition by condition, what holds for him.")
        return
    found = directory.customers(stores, search=text, limit=_MOST_FOUND)
    if not found.items:
        st.caption("Nobody is called so.")
    for customer in found.items:
        st.button(
            fmt.plain(named(customer)), type="tertiary", key=f"segment-explain-{customer['_id']}",
            on_click=choose, args=(customer["_id"],),
        )  # fmt: skip
    if found.next:
        st.caption("There are more; type a little more of it.")


def named(customer: dict[str, Any]) -> str:
    """Name and address of a customer, as far as they are known."""
    known = [customer.get(name) for name in ("name", "email", "externalId")]
    return " · ".join(str(text) for text in known if text) or customer["_id"]


def _said(found: Explanation, answer: Answer, settings: Settings) -> None:
    name = fmt.plain(named(found.customer))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found.inside:
            st.badge("In", icon=":material/check:", color="green")
        else:
            st.badge("Not in", icon=":material/close:", color="gray")
        st.markdown(f"**{name}**", width="content")
    root = found.verdicts[0]
    if root.flips_at is not None:
        change = "joins" if root.flips_to else "leaves"
        at = fmt.moment(root.flips_at, settings.zone)
        st.caption(f":material/schedule: By time alone, {change} on {at}.")
    st.markdown(lines(found, answer.rule, settings))


def lines(found: Explanation, rule: Rule, settings: Settings) -> str:
    """The verdicts in the rule's order as a nested list (Markdown), each marked as it holds or not."""
    nodes = dict(walk(rule))
    return "\n".join(_line(one, nodes[one.path], settings) for one in found.verdicts)


def _line(verdict: Verdict, node: Rule, settings: Settings) -> str:
    mark = ":green[:material/check_circle:]" if verdict.holds else ":red[:material/cancel:]"
    words = words_of_node(node, settings.currency)
    own = f" — {fmt.plain(verdict.own)}" if isinstance(node, Group) else f" — **{fmt.plain(verdict.own)}**"
    turn = f" :gray[({_turn(verdict.flips_at, verdict.flips_to, settings)})]" if verdict.flips_at else ""
    return f"{'  ' * depth(verdict.path)}- {mark} {fmt.plain(words)}{own}{turn}"


def words_of_node(node: Rule, currency: str) -> str:
    """What a node says, shortly where what it contains is said below it."""
    match node:
        case Group(join):
            return _GROUPS[join]
        case InSegment(name=name, inside=inside):
            return f"{'in' if inside else 'not in'} the segment “{name}”"
        case Top(n, by, direction):
            return f"one of the {n:,} with the {'highest' if direction == 'desc' else 'lowest'} {by.label}"
        case _:
            return words_of(node, currency)


def depth(path: str) -> int:
    """How many nodes contain the one at a path."""
    return path.count(".")


def _turn(at: datetime | None, to: bool | None, settings: Settings) -> str:
    return f"{'holds' if to else 'no longer holds'} from {fmt.moment(at, settings.zone)}"
