"""The browser's side of a session: what streamlit-authenticator checks, keeps in a cookie and takes away.

The cookie names an account and the version of its sessions; everything else is read from MongoDB on every
run, so a cookie that is used again after sign-out, or from before a change of role, is worth nothing.

Setting and deleting are done by a component in the page, which takes a moment: `settle` draws it again in
each run until the browser says that it is done, since a run that ends sooner would lose the cookie.
"""

from datetime import UTC, datetime
from typing import Literal

import jwt
import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController, CookieController

from crm import passwords
from crm.roles import Account
from crm.settings import settings

NAME = "crm_session"
_DAYS = 1.0
_PENDING = "cookie_pending"


def check(email: str, password: str, password_hash: str) -> bool:
    """Whether the password is the hashed one. Then call `begin`, or `refuse` where it may not begin."""
    if len(password.encode()) > passwords.MOST_BYTES:  # which bcrypt refuses to look at
        return False
    name = email.strip().lower()  # the form in which the library looks a name up
    credentials = {"usernames": {name: {"email": email, "password": password_hash}}}
    # Not the library's `Authenticate`: it draws its component first, whose answer would end this run.
    return bool(AuthenticationController(credentials, auto_hash=False).login(name, password))


def begin(account: Account) -> None:
    """Start (or, with another version, renew) this browser's session for the account."""
    st.session_state["username"] = f"{account.id}:{account.session_version}"
    st.session_state["authentication_status"] = True
    st.session_state[_PENDING] = "set"


def refuse() -> None:
    """Take back what `check` has begun."""
    st.session_state["username"] = st.session_state["authentication_status"] = None


def end() -> None:
    """Forget everything of this browser's session, drafts too; the cookie goes when `settle` is drawn."""
    had_cookie = NAME in st.context.cookies or st.session_state.get("authentication_status")
    st.session_state.clear()
    st.session_state["logout"] = True
    if had_cookie:
        st.session_state[_PENDING] = "delete"


def held() -> tuple[str, int] | None:
    """The account and session version that this browser's session, or else its cookie, stands for."""
    if st.session_state.get("authentication_status"):
        return _parsed(st.session_state.get("username"))
    if st.session_state.get("logout"):
        return None  # the cookie of this browser may not be gone yet
    found = _parsed(_cookie())
    if found:
        st.session_state["username"] = f"{found[0]}:{found[1]}"
        st.session_state["authentication_status"] = True
    return found


def _cookie() -> str | None:
    """What a cookie of ours says. Read here and not by the library, which would draw its component for it."""
    value = st.context.cookies.get(NAME)
    if not value:
        return None
    try:
        claims = jwt.decode(value, settings().secret("cookie").hex(), algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
    expires = claims.get("exp_date")
    if not isinstance(expires, float | int) or expires <= datetime.now(UTC).timestamp():
        return None
    return str(claims.get("username"))


def _parsed(name: object) -> tuple[str, int] | None:
    account_id, separator, version = str(name).rpartition(":")
    return (account_id, int(version)) if separator and version.isdigit() else None


@st.fragment
def settle() -> None:
    """Draw what sets or deletes the cookie, until the browser has done it. Call it once in a run.

    A fragment, so that the browser's answer runs this alone: a whole run would close an open dialog.
    """
    pending: Literal["set", "delete"] | None = st.session_state.get(_PENDING)
    if pending is None:
        return
    if st.session_state.get(pending):  # the component's answer, kept under its key
        del st.session_state[_PENDING]
        return
    controller = CookieController(NAME, settings().secret("cookie").hex(), _DAYS)
    if pending == "set":
        controller.set_cookie()
    else:
        controller.cookie_model.cookie_manager.cookies.setdefault(NAME, "")  # else it prints a KeyError
        controller.delete_cookie()
