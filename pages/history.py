"""History: what was sent, how far it is, what became of it (`?campaign=ID` for one of them)."""

import streamlit as st

from crm import auth
from ui import campaign_cards, campaign_page, links
from ui.session import require_user, settings, stores

user = require_user("history")

if wanted := st.query_params.get(campaign_cards.PARAMETER):
    campaign_page.draw(stores(), settings(), user, wanted)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("History", width="stretch")
        if auth.can(user, "campaigns"):
            st.page_link(links.page("campaigns"), label="New campaign", icon=":material/add:")
    campaign_cards.draw(stores())
