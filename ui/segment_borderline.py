"""Three customers on the edge of the audience: should they be in? An answer proposes, a click changes."""

from dataclasses import dataclass

import streamlit as st

from crm import audiences, borderline, rulebook
from crm.borderline import Borderline
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import rule_draft
from ui.segment_preview import Answer

_HELD = "segment borderline"
_SAID = "segment borderline answered"


@dataclass(frozen=True, slots=True)
class _Held:
    answer: Answer
    people: tuple[Borderline, ...]


def draw(answer: Answer, stores: Stores, settings: Settings) -> None:
    """The question, asked for by a button; those who are already answered with what came of it."""
    held: _Held | None = st.session_state.get(_HELD)
    if held is None or held.answer is not answer:
        st.button(
            "Show three borderline customers", icon=":material/person_search:", key="borderline-show",
            on_click=_look, args=(answer, stores, settings),
        )  # fmt: skip
        return
    if not held.people:
        st.caption("Nobody is near the edge of a number or a time in these rules.")
        return
    st.markdown("**Should they be in?**")
    for number, one in enumerate(held.people):
        with st.container(border=True, gap="xsmall", key=f"borderline-{number}"):
            _row(number, one, answer, stores, settings)


def _look(answer: Answer, stores: Stores, settings: Settings) -> None:
    now = answer.question.moment or utc_now()
    people = borderline.borderline(
        stores, answer.rule, now=now, zone=settings.zone, currency=settings.currency
    )
    st.session_state[_HELD] = _Held(answer, people)
    st.session_state[_SAID] = {}


def _row(number: int, one: Borderline, answer: Answer, stores: Stores, settings: Settings) -> None:
    name = one.customer.get("name") or one.customer.get("email") or one.customer["_id"]
    where = "Only just in" if one.inside else "Only just out"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{fmt.plain(str(name))}** · {where}: {fmt.plain(_value(one, settings))}, "
            f"and the rules ask for those who {fmt.plain(one.asked)}.",
            width="stretch",
        )
        wanted = st.session_state[_SAID].get(number)
        for label, said in (("Yes", True), ("No", False)):
            st.button(
                label, key=f"borderline-{number}-{label.lower()}", disabled=wanted is said, on_click=_say,
                args=(number, said),
            )  # fmt: skip
    if wanted is None:
        return
    if wanted is one.inside:
        st.caption("Then the rules are right about them.")
        return
    _proposal(number, one, answer, stores, settings)


def _proposal(number: int, one: Borderline, answer: Answer, stores: Stores, settings: Settings) -> None:
    now = answer.question.moment or utc_now()
    rule = rulebook.parse(stores, one.rules)
    size = audiences.preview(stores, rule, now=now, zone=settings.zone, charts=(), sample_size=0).size
    change = size - answer.preview.size
    said = f"{abs(change):,} {'more' if change > 0 else 'fewer'}" if change else "as many"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Make it “{fmt.plain(one.instead)}”? That is {said}: {fmt.count(size, 'customer')}.")
        st.button(
            "Make it so", key=f"borderline-{number}-make", icon=":material/check:",
            on_click=rule_draft.propose, args=(one.rules,),
        )  # fmt: skip


def _say(number: int, said: bool) -> None:
    st.session_state[_SAID] = {**st.session_state[_SAID], number: said}


def _value(one: Borderline, settings: Settings) -> str:
    if isinstance(one.value, int | float):
        return fmt.number(one.value) if float(one.value).is_integer() else f"{one.value:,.2f}"
    return fmt.moment(one.value, settings.zone)
