"""The prompt box: say in words whom to reach, and get a rule tree, or a question back."""

from collections.abc import Callable, Sequence
from datetime import datetime

import streamlit as st

from crm import audiences, prompts
from crm.moment import utc_now
from crm.prompts import Answer
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui.rule_tree import Node

_TEXT = "segment prompt"
_ASKED = "segment prompt asked"
_ANSWER = "segment prompt answer"
_CLEAR = "segment prompt cleared"
_EXAMPLE = "People who have ordered in 6 months and spent over 1000"


def draw(stores: Stores, settings: Settings, use: Callable[[Node], None], *, suggest: bool) -> None:
    """The box and what became of the last prompt. `use` takes the rule tree of one that was understood."""
    if st.session_state.pop(_CLEAR, False):
        st.session_state[_TEXT] = ""
    with (
        st.form("segment-prompt", border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Say in words whom you want to reach",
            key=_TEXT,
            max_chars=1_000,
            placeholder=_EXAMPLE,
            persist_state="session",
            width="stretch",
        )
        asked = st.form_submit_button("Find them", icon=":material/auto_awesome:", key="segment-ask")
    if suggest:
        _chips(suggestions(stores.db.name, settings.currency, stores, settings))
    if asked or st.session_state.pop(_ASKED, False):
        _ask(stores, settings, use)
    answer: Answer | None = st.session_state.get(_ANSWER)
    if answer is not None:
        _show(answer)


def forget() -> None:
    """Drop the last answer and its prompt: something else is being worked on."""
    st.session_state.pop(_ANSWER, None)
    st.session_state[_CLEAR] = True  # a widget's text can't be changed in the run that has drawn it


def _chips(texts: Sequence[str]) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for number, text in enumerate(texts):
            st.button(
                fmt.plain(text),
                key=f"segment-suggestion-{number}",
                on_click=_choose,
                args=(text,),
            )


def _choose(text: str) -> None:
    st.session_state[_TEXT] = text
    st.session_state[_ASKED] = True


def _ask(stores: Stores, settings: Settings, use: Callable[[Node], None]) -> None:
    text = st.session_state.get(_TEXT) or ""
    with st.spinner("Reading …"):
        answer = prompts.understand_shop(stores, text, now=utc_now(), zone=settings.zone, settings=settings)
    if answer.rules is not None:
        use(answer.rules)
    st.session_state.pop(_CLEAR, None)
    st.session_state[_ANSWER] = answer
    st.rerun()


def _show(answer: Answer) -> None:
    """What was asked back or refused, word for word; or what was taken for granted."""
    if answer.notice:
        st.caption(f":material/info: {fmt.plain(answer.notice)}")
    match answer.kind:
        case "clarify":
            st.warning(fmt.plain(answer.message), icon=":material/help:")
        case "refused":
            st.error(fmt.plain(answer.message), icon=":material/block:")
        case "segment":
            for sentence in answer.assumptions:
                st.caption(f":material/info: {fmt.plain(sentence)}")


@st.cache_data(ttl="5m", max_entries=8, show_spinner=False)
def suggestions(database: str, currency: str, _stores: Stores, _settings: Settings) -> tuple[str, ...]:
    """Prompts about the cities and sums of this shop, each one understood without a language model."""
    now = utc_now()
    values = prompts.known_values(_stores)
    texts = _candidates(_stores, currency)
    return tuple(text for text in texts if _understood(text, now, _settings, values))


def _candidates(stores: Stores, currency: str) -> list[str]:
    cities = audiences.known_values(stores)["city"]
    spend = audiences.big_spend(stores)
    texts = []
    if len(cities) > 1:
        texts.append(f"Customers from {cities[0]} or {cities[1]} with at least 3 orders")
    if spend:
        amount = fmt.money(spend, currency).removesuffix(".00")
        texts.append(f"People who have ordered in 6 months and spent over {amount}")
    texts.append("Signed up this year but never ordered")
    return texts


def _understood(text: str, now: datetime, settings: Settings, values: prompts.Values) -> bool:
    answer = prompts.understand(text, now=now, zone=settings.zone, values=values, currency=settings.currency)
    return answer.kind == "segment"
