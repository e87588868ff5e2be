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
