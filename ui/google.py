"""Sign-in by Google (or another OpenID Connect provider), where its settings are present."""

import time
from dataclasses import dataclass
from urllib.parse import unquote

import streamlit as st
from extra_streamlit_components import CookieManager

from crm.settings import settings
from ui import oidc

_TARGET = "crm_target"
_WANTED = "google_wanted"
_KEPT = "google_target_kept"
_TARGET_LASTS = 600  # seconds that a sign-in at the provider may take


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. `issued` is in epoch seconds."""

    email: str
    verified: bool
    name: str
    issued: float


def identity() -> Identity | None:
    """The identity that this browser has from the provider."""
    if not oidc.configured(settings()) or not st.user.get("is_logged_in"):
        return None
    claims = st.user.to_dict()
    issued = claims.get("iat")
    return Identity(
        email=str(claims.get("email") or ""),
        verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or claims.get("email") or ""),
        issued=float(issued) if isinstance(issued, int | float) else 0.0,
    )


@st.fragment
def offer(path: str) -> None:
    """The button that leads to the provider. `path` is the page asked for, which is to be shown afterwards.

    The provider sends everybody back to `/`, so the path is kept in a cookie. Setting it takes the browser
    a moment: who is quicker than that is sent off once it is there.
    """
    if st.button("Continue with Google", icon=":material/login:", width="stretch", key="google"):
        st.session_state[_WANTED] = True
    if _is_kept(path) and st.session_state.pop(_WANTED, False):
        st.login(oidc.PROVIDER)


def _is_kept(path: str) -> bool:
    kept = st.session_state.get(_KEPT)
    if not path or kept == path:
        return True
    if st.session_state.get(f"target_set_{path}"):  # the component's answer, kept under its key
        st.session_state[_KEPT] = path
        return True
    cookies = CookieManager(key="target_init")
    cookies.set(_TARGET, path, key=f"target_set_{path}", max_age=_TARGET_LASTS, same_site="lax")
    return False


def target() -> str:
    """The page asked for before the provider was; once in a session, only right after it, else empty."""
    found = identity()
    if found is None or time.time() - found.issued > _TARGET_LASTS or st.session_state.get("target_used"):
        return ""
    st.session_state["target_used"] = True
    return unquote(st.context.cookies.get(_TARGET) or "")  # the component quotes what it keeps
