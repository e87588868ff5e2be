"""Overview: how the shop and its campaigns do, and what to do next."""

import streamlit as st

from crm.moment import utc_now
from ui import figures, overview_cards, sample_data
from ui import format as fmt
from ui.session import require_user, settings, stores

user = require_user("overview")
now = utc_now().replace(second=0, microsecond=0)
shop, zone, currency = stores(), settings().zone, settings().currency
books = figures.books(shop, settings(), now=utc_now())

st.title("Overview")
sample_data.watch(shop)
extent = figures.extent(books)
if extent:
    first, last = (fmt.day(at, zone) for at in extent)
    st.caption(
        f"Orders from {first} to {last}. Cancelled orders and refunds are left out of revenue. "
        f"{figures.stamp(books, zone)}"
    )
overview_cards.next_steps(shop, user, books)
if books.customers or books.orders:
    overview_cards.key_figures(books, now=now, zone=zone.key, currency=currency)
    overview_cards.revenue(books, zone.key, currency)
    left, right = st.columns(2)
    with left:
        overview_cards.recent_campaigns(shop)
    with right:
        overview_cards.recent_imports(shop, now)
