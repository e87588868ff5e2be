"""What a page says while there are no customers: where they come from."""

from pathlib import Path

import streamlit as st

from crm import auth
from crm.auth import Account

_PAGES = Path(__file__).resolve().parent.parent / "pages"


def draw(account: Account) -> None:
    """Lead those who may to the upload and to the sample data."""
    with st.container(border=True, key="nobody-yet"):
        st.markdown("**There are no customers yet**")
        st.write("Upload customers and orders as CSV files, or send them to the REST API.")
        with st.container(horizontal=True):
            if auth.can(account, "upload"):
                st.page_link(_PAGES / "upload.py", label="Upload files", icon=":material/upload_file:")
            if auth.can(account, "administer") and (_PAGES / "settings.py").exists():
                st.page_link(_PAGES / "settings.py", label="Add sample data", icon=":material/auto_awesome:")
            if not auth.can(account, "upload"):
                st.caption("Ask somebody who may upload.")
