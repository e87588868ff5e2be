"""The language model: whose key is in use, a new one, a test of it, and how it is reached."""

import streamlit as st

from crm import model_key
from crm.auth import Account
from crm.errors import CrmError
from crm.model_key import Kept
from crm.moment import utc_now
from crm.settings import Settings, settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices

_KEY = "model_key"
_CLEAR = "model key cleared"
_ENDING = 4


def draw(stores: Stores, user: Account) -> None:
    chosen = settings()
    environment, kept = model_key.of_environment(chosen), model_key.kept(stores)
    st.write(
        "With a key of [Groq](https://console.groq.com/keys), a language model reads prompts and writes "
        "messages. It is sent the words, the names of the fields and figures of an audience, never a "
        "customer. Without a key, or when it does not answer, the built-in grammar and templates do the work."
    )
    _state(environment, kept, chosen)
    _form(stores, user, chosen)
    if kept and st.button("Remove the key", icon=":material/delete:", type="tertiary", key="model_remove"):
        _remove(stores, user, kept)
    with st.grid(3, min_column_width=200):
        st.metric("Model", chosen.groq_model, border=True, help="`GROQ_MODEL`")
        st.metric(
            "Reached at", chosen.groq_base_url or "Groq's own address", border=True, help="`GROQ_BASE_URL`"
        )
        st.metric(
            "Waits for", f"{chosen.groq_timeout:g} s", border=True, help="`GROQ_TIMEOUT`, for one request"
        )


def _state(environment: str, kept: Kept | None, chosen: Settings) -> None:
    """Which key is in use, and what is known of the one that is kept."""
    if environment:
        st.success(
            f"The key of the environment (`GROQ_API_KEY`) is in use, it ends with "
            f"{_shown(environment[-_ENDING:])}. It wins over one that is set here.",
            icon=":material/key:",
        )
    if kept is None:
        if not environment:
            st.caption(":material/key_off: No key is set. The built-in grammar and templates are in use.")
        return
    at = fmt.moment(kept.at, chosen.zone)
    said = f"Key ending with {_shown(kept.ending)}, set by {fmt.plain(kept.by)}, {at}."
    if not kept.usable:
        st.error(
            f"{said} It can't be opened any more, as this installation's secret has changed. Set it again.",
            icon=":material/lock_reset:",
        )
    elif environment:
        st.caption(f":material/lock: {said} Not in use.")
    else:
        st.success(f"{said} In use.", icon=":material/key:")


def _shown(ending: str) -> str:
    return f"**…{fmt.plain(ending)}**"


def _form(stores: Stores, user: Account, chosen: Settings) -> None:
    if st.session_state.pop(_CLEAR, False):
        st.session_state[_KEY] = ""
    with st.form("model_form"):
        key = st.text_input(
            "New key", type="password", key=_KEY, autocomplete="off", placeholder="gsk_…",
            help="Kept encrypted, never shown again. Every process follows within a second.",
        )  # fmt: skip
        with st.container(horizontal=True):
            save = st.form_submit_button("Save", type="primary", icon=":material/save:", key="model_save")
            test = st.form_submit_button(
                "Test connection", icon=":material/network_check:", key="model_test",
                help="Asks the model for one word: with the key that stands here, or the one in use.",
            )  # fmt: skip
    try:
        if test:
            with st.spinner("Asking the model…"):
                said = model_key.test(stores, chosen, key or "")
            st.success(fmt.plain(said), icon=":material/check_circle:")
        elif save:
            model_key.set_key(stores, key or "", account=user, now=utc_now())
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    if save:
        st.session_state[_CLEAR] = True  # a secret stays in no widget
        notices.say("The key is kept.")
        st.rerun()


@st.dialog("Remove the key")
def _remove(stores: Stores, user: Account, kept: Kept) -> None:
    st.write(
        f"The key ending with {_shown(kept.ending)} is forgotten. Prompts and messages go by the built-in "
        "grammar and templates from then on, unless the environment has a key."
    )
    if not st.button("Remove it", type="primary", key="model_remove_now"):
        return
    try:
        model_key.remove(stores, account=user, now=utc_now())
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    notices.say("The key is removed.")
    st.rerun()
