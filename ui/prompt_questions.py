"""What was asked back about a prompt: answers to click, and a line for one of one's own."""

from collections.abc import Callable

import streamlit as st

from crm.prompts import Asked
from ui import format as fmt

_LEAVE_OUT = "Leave it out"

Give = Callable[[str, str], None]  # the words asked about, and what stands in their place


def draw(questions: tuple[Asked, ...], give: Give) -> None:
    """Each question with its answers as buttons, and a line to type another one in."""
    for number, question in enumerate(questions):
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", key=f"prompt-question-{number}"
        ):
            st.markdown(fmt.plain(f"“{question.words}”:"), width="content")
            for place, answer in enumerate(question.answers):
                st.button(
                    fmt.plain(answer) or _LEAVE_OUT,
                    key=f"prompt-answer-{number}-{place}",
                    on_click=give,
                    args=(question.words, answer),
                )
            _own(number, question, give)


def _own(number: int, question: Asked, give: Give) -> None:
    key = f"prompt-answer-{number}-own-{question.words}"
    st.text_input(
        fmt.plain(f"In place of “{question.words}”"),
        key=key,
        max_chars=200,
        placeholder="Or in your own words" if question.answers else "Say it otherwise",
        label_visibility="collapsed",
        width=220,
        on_change=_typed,
        args=(key, question.words, give),
    )


def _typed(key: str, words: str, give: Give) -> None:
    if text := (st.session_state.get(key) or "").strip():
        give(words, text)
