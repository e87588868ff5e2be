"""Upload: drop files, see how they will be understood, import them, follow them."""

import streamlit as st

from crm import ingest
from ui import import_cards
from ui.session import require_user, stores

user = require_user("upload")
_RECENT = 10

st.title("Upload")
st.write(
    "Drop a file of customers or of orders. Nothing is written until you say so, and a row that "
    "can't be taken is kept with its reason."
)

files = st.file_uploader(
    "Files: CSV, Excel, NDJSON or Parquet, packed or not",
    type=["csv", "tsv", "txt", "xlsx", "ndjson", "jsonl", "parquet", "gz", "zip"],
    accept_multiple_files=True,
    help="Columns are recognised by their names: name, email, city … for customers; order id, "
    "customer email, date, total … for orders.",
)
for file in files:
    if file.file_id not in st.session_state.setdefault("uploads_imported", set()):
        import_cards.file_card(stores(), user, file)


def recent() -> None:
    """The latest imports, moving by themselves while one runs."""
    page = ingest.list_imports(stores(), limit=_RECENT)
    running = any(import_cards.is_running(status) for status in page.items)
    if st.session_state.get("upload_was_running") and not running:
        st.session_state["upload_was_running"] = False
        st.rerun()
    st.session_state["upload_was_running"] = running
    if not page.items:
        st.caption("No file has been imported yet.")
    for status in page.items:
        import_cards.import_card(stores(), status)


st.subheader("Imports")
running_now = any(
    import_cards.is_running(status) for status in ingest.list_imports(stores(), limit=_RECENT).items
)
st.fragment(recent, run_every=2 if running_now else None)()
