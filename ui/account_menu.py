"""One's own account, at the foot of the sidebar: who I am, another password, sign out."""

import streamlit as st

from crm import accounts
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from ui import cookies, format, notices, session

_ACTIONS = {
    "password": ":material/key: Change password",
    "sign_out": ":material/logout: Sign out",
}


def draw(account: Account) -> None:
    with st.sidebar:
        with st.container(key="account", gap="xsmall"):
            chosen = st.menu_button(
                format.plain(account.name),
                list(_ACTIONS),
                key="account_menu",
                icon=":material/account_circle:",
                width="stretch",
                format_func=_ACTIONS.__getitem__,
            )
            st.caption(f"Signed in as {account.role}", text_alignment="center")
        cookies.settle()
    if chosen == "password":
        _change_password(account)
    elif chosen == "sign_out":
        session.sign_out(account)


@st.dialog("Change password")
def _change_password(account: Account) -> None:
    st.write("Everywhere else you are signed in, you will have to sign in again.")
    with st.form("change_password_form", border=False):
        current = ""
        if account.has_password:
            current = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("New password again", type="password", autocomplete="new-password")
        asked = st.form_submit_button("Change password", type="primary")
    if not asked:
        return
    if new != again:
        st.error("The two passwords differ.", icon=":material/error:")
        return
    try:
        renewed = accounts.change_password(
            session.stores(), account, current=current or "", new=new or "", now=utc_now()
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    cookies.begin(renewed)
    notices.say("The password is changed.")
    st.rerun()
