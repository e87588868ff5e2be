"""An audience as a file: its fields, its format and its instant are chosen here, and a link leads to it.

The file comes from the web process as it is found, so that none is ever whole in this session's memory.
"""

from dataclasses import replace

import streamlit as st

from crm import exports, library, rulebook
from crm.auth import Account
from crm.errors import CrmError
from crm.exports import Export
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import download_link, segment_moment
from ui import format as fmt

_FORMATS = {"csv": "CSV, for spreadsheets", "ndjson": "NDJSON, one object a line"}


@st.dialog("Export members")
def dialog(stores: Stores, settings: Settings, account: Account, segment_id: str) -> None:
    """Ask how to export a saved segment, now or as of a past instant."""
    try:
        segment = library.get(stores, segment_id)
    except CrmError as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    st.markdown(f"**{fmt.plain(segment['name'])}**")
    chosen = segment_moment.ask(settings, "export-as-of")
    export = Export(segment["rules"], (), "csv", chosen or utc_now(), segment["name"], segment_id)
    controls(stores, account, export, "export", now_each_time=chosen is None)


def controls(
    stores: Stores, account: Account, export: Export, key: str, *, now_each_time: bool = False
) -> None:
    """Choose fields and format, and a link to the file; `now_each_time` for one as of the click."""
    known = rulebook.fields(stores)
    fields = st.multiselect(
        "Fields", list(known), default=[name for name in exports.DEFAULT_FIELDS if name in known],
        key=f"{key}-fields", format_func=lambda name: known[name].label if name in known else name,
        placeholder="The id alone", help="The id of each customer always comes with them.",
    )  # fmt: skip
    kind = st.segmented_control(
        "Format", list(_FORMATS), default="csv", required=True, key=f"{key}-format",
        format_func=_FORMATS.__getitem__,
    )  # fmt: skip
    wanted = replace(export, fields=tuple(fields), format=kind or "csv")
    try:
        asked = replace(wanted, as_of=None) if now_each_time else wanted
        ticket = download_link.ticket(key, asked, lambda: exports.offer(stores, account, wanted))
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.link_button(
        "Download", f"/api/exports/{ticket}", icon=":material/download:", type="primary", key=f"{key}-link"
    )
