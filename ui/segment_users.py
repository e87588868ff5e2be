"""Who goes by a segment, with a way to each."""

import streamlit as st

from crm.saved.usage import Users
from ui import format as fmt
from ui import links


def draw(users: Users) -> None:
    """A link to each campaign that has not ended, and to each segment."""
    for campaign in users.campaigns:
        st.page_link(
            links.page("history"), label=f"{fmt.plain(campaign['name'])} ({campaign['status']})",
            icon=":material/campaign:", query_params={"campaign": campaign["_id"]},
        )  # fmt: skip
    for segment in users.segments:
        st.page_link(
            links.page("segments"), label=fmt.plain(segment["name"]), icon=":material/group:",
            query_params={"segment": segment["_id"]},
        )  # fmt: skip
