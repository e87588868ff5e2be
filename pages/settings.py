"""Settings: accounts, keys for systems, vendors, the model, attributes, sample data, how the parts are."""

import streamlit as st

from ui import (
    dead_letters,
    settings_accounts,
    settings_attributes,
    settings_keys,
    settings_model,
    settings_sample,
    settings_system,
    settings_vendors,
)
from ui.session import require_user, stores

user = require_user("administer")

st.title("Settings")
people, keys, carriers, model, own, sample, system = st.tabs(
    ["Accounts", "API keys", "Vendors", "Language model", "Attributes", "Sample data", "System"],
    key="settings_tab",
)
with people:
    settings_accounts.draw(stores(), user)
with keys:
    settings_keys.draw(stores(), user)
with carriers:
    settings_vendors.draw(stores(), user)
with model:
    settings_model.draw(stores(), user)
with own:
    settings_attributes.draw(stores(), user)
with sample:
    settings_sample.draw(stores(), user)
with system:
    settings_system.draw(stores())
    dead_letters.draw(stores(), user)
