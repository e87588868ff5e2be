"""Upload: drop files, see how they will be understood, import them, follow them (`?import=ID` for one)."""

import streamlit as st

from ui import import_card, import_cards, import_list, import_page, large_upload
from ui.session import require_user, stores

user = require_user("upload")
_HELD = 50  # MB of one file that this process may hold; larger ones go straight to the spool


def everything() -> None:
    """The drop zone, files that were dropped, and imports."""
    st.title("Upload")
    st.write(
        "Drop a file of customers or of orders. Nothing is written until you say so, and a row that "
        "can't be taken is kept with its reason."
    )
    files = st.file_uploader(
        "Files: CSV, Excel, NDJSON or Parquet, packed or not",
        type=["csv", "tsv", "txt", "xlsx", "ndjson", "jsonl", "parquet", "gz", "zip"],
        accept_multiple_files=True,
        max_upload_size=_HELD,
        key=import_cards.place(),
        help="Columns are recognised by their names: name, email, city … for customers; order id, "
        "customer email, date, total … for orders.",
    )
    dropped: list[large_upload.DroppedFile] = [*files, *large_upload.sent(stores(), user)]
    for file in dropped:
        if file.file_id not in st.session_state.setdefault("uploads_imported", set()):
            import_cards.file_card(stores(), user, file)
    st.subheader("Imports")
    import_list.cards(stores(), user)
    import_list.history(stores())


if wanted := st.query_params.get(import_card.PARAMETER):
    import_page.draw(stores(), user, wanted)
else:
    everything()
