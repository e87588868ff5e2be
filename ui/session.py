"""Who uses this page: every page begins with `require_user`.

The account is read from MongoDB in every run: its role, whether it is disabled, and the version of its
sessions, which goes up at sign-out and with a new password. Nothing of it is taken from the browser.
"""

from typing import NoReturn

import streamlit as st

from crm import accounts, auth, sessions
from crm.auth import Account
from crm.errors import CrmError, NotAllowed
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import connection, indexes
from crm.stores.connection import Stores
from ui import cookies, google, links, screens, signin

__all__ = ["Account", "current", "require_user", "settings", "sign_out", "stores"]

_NOTE = "signin_note"


def stores() -> Stores:
    """MongoDB and Redis of this installation, shared by all sessions."""
    endpoints = settings().endpoints()
    return _connected(endpoints.mongodb_uri, endpoints.redis_url, settings().database, settings().prefix)


@st.cache_resource(show_spinner=False, max_entries=4, on_release=Stores.close)
def _connected(mongodb_uri: str, redis_url: str, database: str, prefix: str) -> Stores:
    made = connection.connect(connection.Endpoints(mongodb_uri, redis_url), database, prefix)
    indexes.ensure(made)
    return made


def current() -> Account | None:
    """Who is signed in, as he is now; None for nobody, and for shoppers, who have no pages."""
    held = cookies.held()
    if held:
        account = auth.account_of_session(stores(), *held)
        if account and account.is_staff:
            return account
        cookies.end()
    return _by_google()


def _by_google() -> Account | None:
    identity = google.identity()
    if identity is None:
        return None
    now = utc_now()
    try:
        account = accounts.account_of_identity(
            stores(),
            email=identity.email, verified=identity.verified, name=identity.name, issued=identity.issued,
            now=now,
        )  # fmt: skip
    except CrmError as error:
        st.session_state[_NOTE] = error.message
        return None
    if not st.session_state.get("identity_counted"):
        sessions.signed_in(stores(), account, address=address(), now=now)
        st.session_state["identity_counted"] = True
    return account


def address() -> str:
    """Where the browser is, as far as the connection tells."""
    found = st.context.ip_address
    return found if isinstance(found, str) else "local"


def ask_to_sign_in() -> NoReturn:
    """Draw the sign-in form, or the one that creates the first administrator, and nothing else."""
    signin.show(stores(), address(), st.session_state.pop(_NOTE, None))
    st.stop()
    raise AssertionError("a stopped run goes no further")


def require_user(capability: str) -> Account:
    """Who is signed in. Where nobody is, or he may not, the page ends here and says so."""
    account = current() or ask_to_sign_in()
    if not auth.can(account, capability):
        refusal = NotAllowed(f"Your role, {account.role}, may not {auth.CAPABILITIES[capability].label}.")
        st.title("Not for your role")
        st.warning(f"{refusal.message} An administrator can change it.", icon=":material/lock:")
        if own := screens.first(account):
            st.page_link(links.page(own.name), label=f"Go to {own.title}", icon=":material/arrow_forward:")
        st.stop()
    return account


def sign_out(account: Account) -> NoReturn:
    """End every session of the account, everywhere, forget this browser's, and end this run."""
    identity = google.identity()
    auth.sign_out(stores(), account, now=utc_now(), identity=identity.issued if identity else 0.0)
    cookies.end()
    if identity:
        st.logout()  # leads to the provider and back; another run before that would call it off
        st.stop()
    st.rerun()
