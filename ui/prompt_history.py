"""Earlier prompts of the account: searched, asked again with a click, cleared."""

from collections.abc import Callable

import streamlit as st

from crm import prompt_history
from crm.auth import Account
from crm.moment import utc_now
from crm.prompt_history import Asked
from crm.stores.connection import Stores
from ui import format as fmt

_SEARCH = "prompt history search"
_SHORT = 90  # characters of a prompt on its button
_BECAME = {"clarify": "asked back", "refused": "refused", "campaign": "a campaign", "undo": "undone"}


def draw(stores: Stores, account: Account, again: Callable[[str], None]) -> None:
    """The popover with the last prompts, newest first."""
    with st.popover("Earlier prompts", icon=":material/history:", type="tertiary", key="prompt-history"):
        found = prompt_history.of(stores, account, st.session_state.get(_SEARCH) or "")
        st.text_input(
            "Search earlier prompts", key=_SEARCH, type="search", placeholder="Search",
            label_visibility="collapsed",
        )  # fmt: skip
        if not found:
            st.caption("None yet." if not st.session_state.get(_SEARCH) else "None with these words.")
            return
        with st.container(height=320 if len(found) > 6 else "content", border=False, gap="xsmall"):
            for number, one in enumerate(found):
                _row(number, one, again)
        st.button(
            "Clear all", icon=":material/delete:", type="tertiary", key="prompt-history-clear",
            on_click=_clear, args=(stores, account),
        )  # fmt: skip


def _row(number: int, one: Asked, again: Callable[[str], None]) -> None:
    short = one.text if len(one.text) <= _SHORT else f"{one.text[: _SHORT - 1]}…"
    st.button(
        fmt.plain(short), key=f"prompt-history-{number}", type="tertiary", on_click=again, args=(one.text,),
        help=one.text if short != one.text else None,
    )  # fmt: skip
    gave = f"{fmt.number(one.size)} customers" if one.size is not None else _BECAME.get(one.kind, "")
    when = fmt.ago(one.at, utc_now())
    st.caption(" · ".join(part for part in (gave, when) if part))


def _clear(stores: Stores, account: Account) -> None:
    prompt_history.clear(stores, account)
    st.session_state[_SEARCH] = ""
