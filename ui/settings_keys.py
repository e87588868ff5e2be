"""API keys: for a shop system that uploads, a vendor that reports back, a gauge that reads the figures."""

import streamlit as st

from crm import keys
from crm.auth import Account, KeyRole
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import format

KEY_HELP = {
    KeyRole.UPLOADER: "posts customers, orders, products and files",
    KeyRole.VENDOR: "reports what became of messages",
    KeyRole.METRICS: "reads /metrics",
}


def draw(stores: Stores, user: Account) -> None:
    st.write("Systems send a key as `X-API-Key`. [The REST API](/api/docs) says what they can do.")
    if st.button("Make a key", icon=":material/add:", type="primary", key="add_key"):
        _add(stores, user)
    found = keys.listing(stores)
    if not found:
        st.caption("There are no keys yet.")
    for key in found:
        with st.container(border=True, key=f"key_{key['_id']}"):
            name, role, made, action = st.columns([4, 3, 3, 2], vertical_alignment="center")
            name.markdown(f"**{format.plain(key['name'])}**")
            role.badge(key["role"], color="gray" if key["revokedAt"] else "green")
            made.caption(f"Made {format.day(key['createdAt'], settings().zone)}")
            if key["revokedAt"]:
                action.caption(f"Revoked {format.day(key['revokedAt'], settings().zone)}")
            elif action.button("Revoke", key=f"revoke_{key['_id']}", width="stretch"):
                _revoke(stores, user, key["_id"], key["name"])


@st.dialog("Make a key", on_dismiss="rerun")
def _add(stores: Stores, user: Account) -> None:
    place = st.empty()
    with place.form("add_key_form", border=False):
        name = st.text_input("Name", placeholder="Web shop", key="new_key_name")
        role = st.selectbox(
            "What for",
            list(KeyRole),
            format_func=lambda role: f"{role}: {KEY_HELP[role]}",
            key="new_key_role",
        )
        asked = st.form_submit_button("Make the key", type="primary")
    if not asked:
        return
    try:
        _, key = keys.create(stores, name=name or "", role=role, by=user, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    place.empty()
    st.success("Copy it now: it is shown only once.", icon=":material/check_circle:")
    st.code(key, language=None, wrap_lines=True)


@st.dialog("Revoke a key")
def _revoke(stores: Stores, user: Account, key_id: str, name: str) -> None:
    st.write(f"Whatever uses **{format.plain(name)}** is refused from now on. This can't be taken back.")
    if st.button("Revoke the key", type="primary", key="revoke_now"):
        try:
            keys.revoke(stores, key_id, by=user, now=utc_now())
        except CrmError as error:
            st.error(error.message, icon=":material/error:")
            return
        st.rerun()
