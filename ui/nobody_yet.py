"""What a page says while there are no customers: where they come from."""

import streamlit as st

from crm import auth
from crm.auth import Account
from ui import links


def draw(account: Account) -> None:
    """Lead those who may to the upload and to the sample data."""
    with st.container(border=True, key="nobody-yet"):
        st.markdown("**There are no customers yet**")
        st.write("Upload customers and orders as CSV or Excel files, or send them to the REST API.")
        with st.container(horizontal=True):
            if auth.can(account, "upload"):
                st.page_link(links.page("upload"), label="Upload files", icon=":material/upload_file:")
            if auth.can(account, "administer"):
                st.page_link(links.page("settings"), label="Add sample data", icon=":material/auto_awesome:")
            if not auth.can(account, "upload"):
                st.caption("Ask somebody who may upload.")
