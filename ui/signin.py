"""What somebody sees who is not signed in, and nothing else."""

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from crm import auth, passwords, sessions
from crm.errors import CrmError, NotAllowed
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import cookies, google, oidc

_WIDTH = 400  # pixels
_LOGO = str(Path(__file__).resolve().parent / "assets" / "logo.svg")


def show(stores: Stores, address: str, note: str | None) -> None:
    """The sign-in form; where there is no staff yet, the form that creates the first administrator."""
    with st.container(horizontal_alignment="center"):
        st.space("medium")
        with st.container(width=_WIDTH, key="signin", horizontal_alignment="left"):
            st.image(_LOGO, width=150)
            if auth.has_staff(stores):
                _sign_in(stores, address, note)
            else:
                _first_administrator(stores, address)
    cookies.settle()


def _sign_in(stores: Stores, address: str, note: str | None) -> None:
    st.header("Sign in")
    if note:
        st.warning(note, icon=":material/lock:")
    with st.form("sign_in", border=False):
        email = st.text_input("E-mail", type="email", autocomplete="username", key="signin_email")
        password = st.text_input(
            "Password", type="password", autocomplete="current-password", key="signin_password"
        )
        asked = st.form_submit_button("Sign in", type="primary", width="stretch")
    problem = st.empty()
    if oidc.configured(settings()):
        _by_google()
    if not asked:
        return
    try:
        _enter(stores, email or "", password or "", address)
    except CrmError as error:
        problem.error(error.message, icon=":material/error:")
    else:
        st.rerun()


def _by_google() -> None:
    if not st.user.get("is_logged_in"):
        google.offer(page_asked_for())
    elif st.button("Use another Google account", width="stretch"):
        st.logout()


def page_asked_for() -> str:
    """The path and query of the address in the browser, such as `history?campaign=1`; empty at the root."""
    path = urlsplit(st.context.url or "").path.strip("/")
    query = "&".join(f"{name}={value}" for name, value in st.query_params.items())
    return f"{path}?{query}" if query else path


def _enter(stores: Stores, email: str, password: str, address: str) -> None:
    """Begin a session, or raise NotSignedIn, NotAllowed or TooManyAttempts."""
    claim = sessions.claim(stores, email, address=address)
    if not cookies.check(email, password, claim.password_hash) or claim.account is None:
        raise sessions.refused()
    try:
        if claim.account.role is not None and not claim.account.is_staff and not claim.account.disabled:
            raise NotAllowed("These pages are for the staff of the shop.")
        account = sessions.signed_in(stores, claim.account, address=address, now=utc_now())
    except CrmError:
        cookies.refuse()
        raise
    cookies.begin(account)


def _first_administrator(stores: Stores, address: str) -> None:
    st.header("Welcome")
    st.write("Create the first administrator. You can give accounts to others afterwards.")
    with st.form("first_administrator", border=False):
        name = st.text_input("Your name", autocomplete="name", key="first_name")
        email = st.text_input("E-mail", type="email", autocomplete="username", key="first_email")
        password = st.text_input(
            "Password",
            type="password",
            autocomplete="new-password",
            key="first_password",
            help=f"At least {passwords.LEAST_CHARACTERS} characters.",
        )
        again = st.text_input(
            "Password again", type="password", autocomplete="new-password", key="first_again"
        )
        asked = st.form_submit_button("Create administrator", type="primary", width="stretch")
    if not asked:
        return
    if password != again:
        st.error("The two passwords differ.", icon=":material/error:")
        return
    try:
        account = auth.create_first_administrator(
            stores, email=email or "", name=name or "", password=password or "", now=utc_now()
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    cookies.begin(sessions.signed_in(stores, account, address=address, now=utc_now()))
    st.rerun()
