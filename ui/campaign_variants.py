"""The variants of a campaign as they are written: each with its share and what it says differently."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from crm.content import HTML_LIMIT, MOST_VARIANTS, SUBJECT_LIMIT
from crm.messages import LIMIT
from crm.options import LONGEST_VARIANT

_NUMBERS = "campaign variants"  # which variants there are, by the number in their widgets' keys
_TEXTS = {"subject": "Subject", "messageTemplate": "Text", "html": "HTML"}
_LETTERS = "ABCDEFGHIJ"

Variant = dict[str, Any]


def current(*, sms: bool) -> list[Variant]:
    """What stands in the widgets; nothing where there is one message for all."""
    state = st.session_state
    parts = ["messageTemplate"] if sms else list(_TEXTS)
    return [
        {"name": (state.get(_key(n, "name")) or "").strip(), "share": float(state.get(_key(n, "share")) or 1)}
        | {part: text for part in parts if (text := state.get(_key(n, part)) or "").strip()}
        for n in _numbers()
    ]


def fill(variants: Sequence[Mapping[str, Any]]) -> None:
    """Put these into the widgets, before they are drawn."""
    st.session_state[_NUMBERS] = list(range(len(variants)))
    for number, variant in enumerate(variants):
        _put(number, variant)


def draw(*, sms: bool) -> None:
    """The variants, with the ways to add and to remove one."""
    numbers = _numbers()
    with st.expander("Variants", icon=":material/science:", expanded=bool(numbers)):
        if not numbers:
            st.caption("Let parts of the audience get different messages, and compare what becomes of them.")
        for number in numbers:
            _one(number, sms=sms)
        if numbers:
            st.caption(
                "Shares are weights. What is left empty is as it is written above. Who gets which is drawn "
                "by lot and never changes."
            )
        st.button(
            "Add a variant" if numbers else "Write two variants", icon=":material/add:",
            key="campaign-variant-add", on_click=_add, disabled=len(numbers) >= MOST_VARIANTS,
        )  # fmt: skip


def _one(number: int, *, sms: bool) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Variant", key=_key(number, "name"), max_chars=LONGEST_VARIANT, persist_state="session"
            )
            st.number_input(
                "Share", key=_key(number, "share"), min_value=0.01, step=1.0, format="%.4g",
                persist_state="session",
            )  # fmt: skip
            st.button(
                "", icon=":material/delete:", type="tertiary", key=f"campaign-variant-remove-{number}",
                help="Remove this variant", on_click=_remove, args=(number,),
            )  # fmt: skip
        if not sms:
            st.text_input(
                "Subject", key=_key(number, "subject"), max_chars=SUBJECT_LIMIT, persist_state="session",
                placeholder="Subject, as above", label_visibility="collapsed",
            )  # fmt: skip
        st.text_area(
            "Text", key=_key(number, "messageTemplate"), height=110, max_chars=LIMIT,
            persist_state="session", placeholder="Text, as above", label_visibility="collapsed",
        )  # fmt: skip
        if not sms:
            st.text_area(
                "HTML", key=_key(number, "html"), height=80, max_chars=HTML_LIMIT, persist_state="session",
                placeholder="HTML, as above", label_visibility="collapsed",
            )  # fmt: skip


def _add() -> None:
    """One more; the first time two, since one alone is no choice."""
    numbers = _numbers()
    for _ in range(1 if numbers else 2):
        number = max(numbers, default=-1) + 1
        taken = {st.session_state.get(_key(each, "name")) for each in numbers}
        _put(number, {"name": next(each for each in _LETTERS if each not in taken), "share": 50.0})
        numbers = [*numbers, number]
    st.session_state[_NUMBERS] = numbers


def _remove(number: int) -> None:
    left = [each for each in _numbers() if each != number]
    st.session_state[_NUMBERS] = left if len(left) > 1 else []


def _numbers() -> list[int]:
    return list(st.session_state.get(_NUMBERS) or ())


def _put(number: int, variant: Mapping[str, Any]) -> None:
    st.session_state[_key(number, "name")] = variant["name"]
    st.session_state[_key(number, "share")] = float(variant["share"])
    for part in _TEXTS:
        st.session_state[_key(number, part)] = variant.get(part) or ""


def _key(number: int, part: str) -> str:
    return f"campaign variant {number} {part}"
