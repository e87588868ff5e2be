"""The button that makes a sample shop, and what the workers still have to take in of it."""

import streamlit as st

from crm import auth, sample
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.sample_shop import DEFAULT_CUSTOMERS, DEFAULT_ORDERS, DEFAULT_SEED
from crm.stores.connection import Stores
from ui import format as fmt

_WATCH = "sample_data_watched"


def button(stores: Stores, account: Account, *, kind: str = "secondary", key: str = "make_sample") -> None:
    """Make the default shop at a click. Only for those who may."""
    label = f"Make a sample shop with {fmt.count(DEFAULT_CUSTOMERS, 'customer')}"
    if st.button(label, icon=":material/storefront:", type=kind, key=key):
        make(stores, account, DEFAULT_CUSTOMERS, DEFAULT_ORDERS, DEFAULT_SEED)


def form(stores: Stores, account: Account) -> None:
    """Make a shop of any size."""
    st.caption(
        "A made-up shop: customers in many cities, their orders over 24 months in rupees, 60 products. "
        "It adds to what is there and deletes nothing; the same numbers again change nothing."
    )
    with st.form("sample_data", border=False):
        with st.container(horizontal=True):
            customers = st.number_input("Customers", 1, 200_000, DEFAULT_CUSTOMERS, key="sample_customers")
            orders = st.number_input("Orders", 0, 1_000_000, DEFAULT_ORDERS, key="sample_orders")
            seed = st.number_input(
                "Seed", 0, 2**31 - 1, DEFAULT_SEED, key="sample_seed", help="Another seed makes another shop."
            )
        asked = st.form_submit_button("Make sample data", icon=":material/storefront:")
    if asked:
        make(stores, account, int(customers), int(orders), int(seed))
    watch(stores)


def make(stores: Stores, account: Account, customers: int, orders: int, seed: int) -> None:
    """Publish the shop, showing how far it is."""
    bar = st.progress(0.0, text="Making a shop up …")

    def progress(done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=f"{fmt.number(done)} records published")

    now = utc_now()
    try:
        made = sample.generate(
            stores, customers=customers, orders=orders, seed=seed, now=now, progress=progress
        )
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    auth.log(stores, account, "sample data made", made.key, now=now)
    st.session_state[_WATCH] = True
    st.rerun()


def watch(stores: Stores) -> None:
    """After making a shop: what is still on its way, moving by itself; then the page is drawn anew."""
    if st.session_state.get(_WATCH):
        st.fragment(_on_its_way, run_every=2)(stores)


def _on_its_way(stores: Stores) -> None:
    batches = sample.waiting(stores)
    if not batches:
        st.session_state[_WATCH] = False
        st.rerun()
    st.info(
        f"The sample data is being taken in: {fmt.count(batches, 'batch', 'batches')} to go.",
        icon=":material/hourglass_top:",
    )
