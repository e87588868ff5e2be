"""History: what was sent, how far it is, what became of it (`?campaign=ID`, `?compare=ID,ID`)."""

import streamlit as st

from crm import auth
from ui import campaign_cards, campaign_compare, campaign_page, links
from ui.session import require_user, settings, stores

user = require_user("history")

if wanted := st.query_params.get(campaign_cards.PARAMETER):
    campaign_page.draw(stores(), settings(), user, wanted)
elif campaign_compare.PARAMETER in st.query_params:
    campaign_compare.draw(stores(), settings())
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("History", width="stretch")
        st.button(
            "Compare", icon=":material/compare_arrows:", key="campaigns-compare",
            on_click=campaign_compare.open_page,
        )  # fmt: skip
        if auth.can(user, "campaigns"):
            st.page_link(links.page("campaigns"), label="New campaign", icon=":material/add:")
    campaign_cards.draw(stores())
