"""Sign-in by Google (or another OpenID Connect provider), where its settings are present."""

import time
from dataclasses import dataclass

import streamlit as st
from extra_streamlit_components import CookieManager

from crm.settings import settings
from ui import oidc

_TARGET = "crm_target"
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
def remember_target(path: str) -> None:
    """Keep the page that was asked for in a cookie, since the provider sends everybody back to `/`."""
    if path and st.context.cookies.get(_TARGET) != path:
        cookies = CookieManager(key="target_init")
        cookies.set(_TARGET, path, key="target_set", max_age=_TARGET_LASTS, same_site="lax")


def target() -> str | None:
    """The page asked for before the provider was, once in a session and only right after it."""
    found = identity()
    if found is None or time.time() - found.issued > _TARGET_LASTS or st.session_state.get("target_used"):
        return None
    st.session_state["target_used"] = True
    return st.context.cookies.get(_TARGET)
