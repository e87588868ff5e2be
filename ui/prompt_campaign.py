"""How a campaign went, below the prompt box: each number with a link to the people it counts."""

import streamlit as st

from crm import campaign_summary
from crm.campaign_summary import Fact, Summary
from crm.errors import NotFound
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import campaign_cards, campaign_log, links
from ui import format as fmt


def draw(stores: Stores, settings: Settings, campaign_id: str) -> None:
    """The summary as the numbers are now."""
    try:
        found = _summary(stores.db.name, campaign_id, stores, settings)
    except NotFound as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    with st.container(border=True, key="prompt-campaign", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(fmt.plain(found.name), width="content")
            campaign_cards.badge(found.status)
        for number, fact in enumerate(found.facts):
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key=f"prompt-fact-{number}"
            ):
                st.markdown(fmt.plain(fact.text), width="content")
                _link(found, fact)


@st.cache_data(ttl=10, max_entries=16, show_spinner="Adding up …")
def _summary(database: str, campaign_id: str, _stores: Stores, _settings: Settings) -> Summary:
    return campaign_summary.of(
        _stores, campaign_id, now=utc_now(), zone=_settings.zone, currency=_settings.currency
    )


def _link(found: Summary, fact: Fact) -> None:
    """To the campaign's page, its recipients narrowed to those counted."""
    where = {campaign_cards.PARAMETER: found.campaign_id}
    if fact.state:
        where[campaign_log.STATE] = fact.state
    elif fact is not found.facts[0]:
        return
    label = f"See these {fact.people:,}" if fact.state and fact.people else "Open the campaign"
    st.page_link(links.page("history"), label=label, query_params=where, icon=":material/arrow_forward:")
