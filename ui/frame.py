"""The frame around every page: who is signed in, where he can go, and the way out.

The only script that calls `st.navigation`. Every page is registered in every run, also when nobody is
signed in, so that a deep link survives the sign-in; those of other roles are left out of the menu, and
their own guard refuses them.
"""

from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from crm import auth, snapshot
from crm.auth import Account
from crm.settings import settings
from ui import account_menu, google, links, notices, screens, session
from ui.screens import Screen

_ASSETS = Path(__file__).resolve().parent / "assets"
PRODUCT = "Mini-CRM"


def _page(screen: Screen, account: Account | None) -> StreamlitPage:
    allowed = account is not None and auth.can(account, screen.capability)
    return st.Page(
        links.page(screen.name),
        title=screen.title,
        icon=screen.icon,
        url_path=screen.name,
        help=screen.help,
        visibility="visible" if allowed else "hidden",
    )


def _home(pages: dict[str, StreamlitPage], account: Account | None) -> None:
    """`/` leads to the page asked for before signing in with Google, else to the first of the menu."""
    name, _, query = google.target().partition("?")
    if name in pages:
        st.switch_page(pages[name], query_params=parse_qsl(query))
    if account is not None and (found := screens.first(account)):
        st.switch_page(pages[found.name])
    st.title(PRODUCT)
    st.write("There is no page for your role yet.")


def draw() -> None:
    """One run: the frame, then the page in it."""
    st.set_page_config(page_title=PRODUCT, page_icon=str(_ASSETS / "icon.png"), layout="wide")
    account = session.current()
    pages = {screen.name: _page(screen, account) for screen in screens.registered()}
    home = st.Page(
        partial(_home, pages, account), title="Home", url_path="home", default=True, visibility="hidden"
    )
    page = st.navigation([home, *pages.values()], position="sidebar" if account else "hidden")
    if account is None:
        st.set_page_config(page_title=f"Sign in · {PRODUCT}", layout="centered")
        session.ask_to_sign_in()
    if page is not home:
        st.set_page_config(page_title=f"{page.title} · {PRODUCT}")
    st.logo(str(_ASSETS / "logo.svg"), icon_image=str(_ASSETS / "icon.svg"), size="large")
    account_menu.draw(account)
    if account is not None and auth.can(account, "explore"):
        snapshot.expect(settings())
    page.run()
    notices.show()


if __name__ == "__main__":
    draw()
