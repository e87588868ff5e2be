"""The accounts of the staff: who there is, in which role; new ones, other roles, new passwords, goodbye."""

from collections.abc import Callable

import streamlit as st

from crm import accounts, auth, passwords
from crm.auth import STAFF, Account, Role
from crm.errors import CrmError
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import format, notices

ROLE_HELP = {
    Role.ADMINISTRATOR: "everything",
    Role.MARKETER: "segments, campaigns, uploads, charts",
    Role.ANALYST: "segments and charts; launches nothing",
    Role.UPLOADER: "uploads and nothing else",
}


def _role_label(role: str) -> str:
    return f"{role.capitalize()}: {ROLE_HELP[Role(role)]}"


def draw(stores: Stores, user: Account) -> None:
    people = accounts.listing(stores)
    if st.button("Add an account", icon=":material/person_add:", type="primary", key="add_account"):
        _add(stores, user)
    waiting = [account for account in people if account.role is None]
    if waiting:
        st.subheader("Waiting for a role")
        st.caption("They have signed in with Google. Until they have a role, they see nothing.")
        for account in waiting:
            _row(stores, user, account)
        st.subheader("Staff")
    for account in people:
        if account.role is not None:
            _row(stores, user, account)


def _row(stores: Stores, user: Account, account: Account) -> None:
    own = account.id == user.id
    with st.container(border=True, key=f"account_{account.id}"):
        who, role, seen, menu = st.columns([4, 5, 3, 1], vertical_alignment="center")
        with who, st.container(gap=None):
            state = " :gray-badge[disabled]" if account.disabled else " :blue-badge[you]" if own else ""
            st.markdown(f"**{format.plain(account.name)}**{state}")
            st.text(account.email)
        with role:
            _role(stores, user, account, own)
        seen.caption(_last_seen(account))
        with menu:
            _actions(stores, user, account, own)


def _last_seen(account: Account) -> str:
    if account.last_login is None:
        return "Never signed in"
    return f"Signed in {format.ago(account.last_login, utc_now())}"


def _role(stores: Stores, user: Account, account: Account, own: bool) -> None:
    key = f"role_{account.id}_{account.role}"

    def change() -> None:
        role = st.session_state[key]
        _try(
            lambda: accounts.change_role(stores, account.id, role, by=user, now=utc_now()),
            done=f"{format.plain(account.name)} is {role} from now on, and signs in anew.",
        )

    st.selectbox(
        f"Role of {account.email}",
        STAFF,
        index=STAFF.index(Role(account.role)) if account.role else None,
        placeholder="Give a role",
        key=key,
        format_func=_role_label,
        on_change=change,
        disabled=own,
        label_visibility="collapsed",
    )


def _actions(stores: Stores, user: Account, account: Account, own: bool) -> None:
    actions = {
        "reset": ":material/key: New password",
        "enable" if account.disabled else "disable": (
            ":material/lock_open: Enable" if account.disabled else ":material/block: Disable"
        ),
        "delete": ":material/delete: Delete",
    }
    chosen = st.menu_button(
        "",
        list(actions),
        key=f"more_{account.id}",
        icon=":material/more_horiz:",
        type="tertiary",
        format_func=actions.__getitem__,
        help="New password, disable, delete",
        disabled=own,
    )
    match chosen:
        case "reset":
            _reset(stores, user, account)
        case "delete":
            _delete(stores, user, account)
        case "enable":
            _try(
                lambda: accounts.enable(stores, account.id, by=user, now=utc_now()),
                done=f"{format.plain(account.name)} can sign in again.", rerun=True,
            )  # fmt: skip
        case "disable":
            _try(
                lambda: accounts.disable(stores, account.id, by=user, now=utc_now()),
                done=f"{format.plain(account.name)} is signed out everywhere and can't sign in.", rerun=True,
            )  # fmt: skip


def _try(act: Callable[[], object], *, done: str, rerun: bool = False) -> None:
    """Do it; say so where it is refused, and else what is done."""
    try:
        act()
    except CrmError as error:
        st.toast(error.message, icon=":material/error:")
    else:
        notices.say(done)
        if rerun:
            st.rerun()


@st.dialog("Add an account", on_dismiss="rerun")
def _add(stores: Stores, user: Account) -> None:
    place = st.empty()
    with place.form("add_account_form", border=False):
        name = st.text_input("Name", key="new_name")
        email = st.text_input("E-mail", type="email", key="new_email")
        role = st.selectbox(
            "Role",
            STAFF[1:] + STAFF[:1],
            key="new_role",
            format_func=_role_label,
        )
        asked = st.form_submit_button("Create account", type="primary")
    if not asked:
        return
    password = passwords.generated()
    try:
        auth.create_account(
            stores, email=email or "", name=name or "", role=role, password=password, by=user, now=utc_now()
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    place.empty()
    _show_password(email or "", password)


@st.dialog("New password", on_dismiss="rerun")
def _reset(stores: Stores, user: Account, account: Account) -> None:
    st.write(
        f"**{format.plain(account.name)}** gets a new password and is signed out everywhere. "
        "The old password stops working."
    )
    place = st.empty()
    if place.button("Set a new password", type="primary", key="reset_now"):
        try:
            password = accounts.reset_password(stores, account.id, by=user, now=utc_now())
        except CrmError as error:
            st.error(error.message, icon=":material/error:")
            return
        place.empty()
        _show_password(account.email, password)


def _show_password(email: str, password: str) -> None:
    st.success("Hand this over now: it is shown only once.", icon=":material/check_circle:")
    st.code(f"{email}\n{password}", language=None)
    st.caption("It can be changed after signing in, in the menu with one's name.")


@st.dialog("Delete an account")
def _delete(stores: Stores, user: Account, account: Account) -> None:
    st.write(
        f"**{format.plain(account.name)}** can't sign in any more. Segments and campaigns stay. "
        "To keep the account for later, disable it instead."
    )
    if st.button("Delete the account", type="primary", key="delete_now"):
        _try(
            lambda: accounts.delete(stores, account.id, by=user, now=utc_now()),
            done=f"{format.plain(account.name)}’s account is deleted.", rerun=True,
        )  # fmt: skip
