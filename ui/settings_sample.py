"""Sample data: a made-up shop to try things with."""

import streamlit as st

from crm.auth import Account
from crm.sample_shop import DEFAULT_CUSTOMERS, DEFAULT_ORDERS, DEFAULT_SEED
from crm.stores.connection import Stores
from ui import sample_data


def draw(stores: Stores, user: Account) -> None:
    st.write(
        "A shop that does not exist: customers, two years of orders and a catalogue. They are added to what "
        "is here; nothing is ever deleted. The same numbers again add nothing."
    )
    with st.form("sample_form"):
        people, bought, chance = st.columns(3)
        customers = people.number_input(
            "Customers", 1, 1_000_000, DEFAULT_CUSTOMERS, step=1000, key="sample_customers"
        )
        orders = bought.number_input("Orders", 0, 4_000_000, DEFAULT_ORDERS, step=1000, key="sample_orders")
        seed = chance.number_input(
            "Seed", 0, 2**31 - 1, DEFAULT_SEED, help="Another seed, another shop.", key="sample_seed"
        )
        asked = st.form_submit_button("Add sample data", type="primary", icon=":material/auto_awesome:")
    if asked:
        sample_data.make(stores, user, customers, orders, seed)
    sample_data.watch(stores)
