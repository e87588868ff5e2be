"""One import's own page: the card, its refused rows to correct, what an undo left alone, how it was read."""

import pandas as pd
import streamlit as st

from crm import imports, ingest
from crm.auth import Account
from crm.errors import CrmError
from crm.stores.connection import Stores
from ui import format, import_card, import_rejections, import_undo


def draw(stores: Stores, account: Account, import_id: str) -> None:
    """The page, moving by itself while the import does."""
    if st.button("All imports", icon=":material/arrow_back:", type="tertiary"):
        del st.query_params[import_card.PARAMETER]
        st.rerun()
    try:
        status = ingest.import_status(stores, import_id)
    except CrmError as error:
        st.title("Import")
        st.warning(error.message, icon=":material/search_off:")
        return
    st.title(format.plain(status["filename"]))
    moving = import_card.is_moving(status) or _is_on_its_way(stores, import_id)
    st.fragment(_card, run_every=2 if moving else None)(stores, account, import_id, moving)
    import_undo.kept(stores, status)
    if status["state"] in ("finished", "asking", "failed", "cancelled"):
        import_rejections.draw(stores, account, status)
    if status["mapping"]:
        with st.expander("Which column was what"):
            rows = [
                {"Column in the file": one["column"], "Taken as": one["field"] or "not used"}
                for one in status["mapping"]
            ]
            st.dataframe(
                pd.DataFrame(rows), hide_index=True, alt="Columns of the file and what they were taken as"
            )


def _is_on_its_way(stores: Stores, import_id: str) -> bool:
    return imports.corrections_under_way(stores, import_id)


def _card(stores: Stores, account: Account, import_id: str, was_moving: bool) -> None:
    status = ingest.import_status(stores, import_id)
    if was_moving and not (import_card.is_moving(status) or _is_on_its_way(stores, import_id)):
        st.rerun()
    import_card.draw(stores, account, status, alone=True)
