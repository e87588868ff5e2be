"""Campaigns: write a message to a segment, see it as real customers will, launch it."""

import streamlit as st

from ui import campaign_cards, campaign_composer, campaign_draft, draft_list, suppressions
from ui.session import require_user, settings, stores

user = require_user("campaigns")

if segment := st.query_params.pop(campaign_draft.SEGMENT, None):
    campaign_draft.begin(segment)

if address := st.query_params.get(campaign_draft.PARAMETER):
    campaign_composer.draw(stores(), settings(), user, address)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Campaigns", width="stretch")
        st.button(
            "New campaign", type="primary", icon=":material/add:", key="campaign-new",
            on_click=campaign_draft.begin,
        )  # fmt: skip
    draft_list.draw(stores(), user)
    campaign_cards.lately(stores())
    suppressions.draw(stores(), settings(), user)
