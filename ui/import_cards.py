"""What the Upload page shows of a file before it is imported."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm import ingest
from crm.auth import Account
from crm.ingestion.headers import FIELDS
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import format, import_list, large_upload, upload_choices, upload_mapping, upload_words
from ui.large_upload import DroppedFile, SentFile

_ROUND = "uploads_round"


def file_card(stores: Stores, account: Account, file: DroppedFile) -> None:
    """A dropped file: what it is taken for, its first rows as they will be understood, a button to import."""
    name, key = file.name, file.file_id
    with st.container(border=True, key=f"file_{key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{format.plain(name)}** · {format.size(file.size)}", width="content")
            if isinstance(file, SentFile):
                st.space("stretch")
                if st.button("Remove", key=f"remove_{key}", icon=":material/close:"):
                    large_upload.discard(stores, file)
                    st.rerun()
        preview = upload_mapping.choose(stores, file)
        if preview is None:
            return
        _understanding(preview)
        choices = upload_choices.ask(preview.kind, key, preview.mapping.values()) if preview.rows else None
        if choices is not None:
            upload_mapping.remember(stores, account, file, preview)
            source: dict[str, Any] = {"file": None, "waiting": key}
            if not isinstance(file, SentFile):
                file.seek(0)
                source = {"file": file}
            started = ingest.start_import(
                stores, **source, kind=preview.kind, filename=name, account_id=account.id,
                now=utc_now(), reading=preview.reading, **choices,
            )  # fmt: skip
            st.session_state["uploads_imported"] |= {key}
            _clear_if_done()
            import_list.remember(started)
            st.rerun()


def place() -> str:
    """The key of the place to drop files on. It is another one once all that was dropped is imported."""
    return f"uploads_{st.session_state.get(_ROUND, 0)}"


def _clear_if_done() -> None:
    dropped = st.session_state.get(place()) or []
    if {one.file_id for one in dropped} <= st.session_state["uploads_imported"]:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _understanding(preview: ingest.FilePreview) -> None:
    if preview.rows:
        st.caption("The first rows, as they will be understood")
        st.dataframe(
            _as_understood(preview.rows, preview.kind or ""),
            hide_index=True,
            alt="First rows of the file as they will be understood",
        )
    if problems := [format.plain(one) for one in upload_mapping.said(preview)]:
        text = problems[0] if len(problems) == 1 else "\n".join(f"- {one}" for one in problems)
        st.warning(text, icon=":material/warning:")


def _as_understood(rows: Sequence[dict[str, Any]], kind: str) -> pd.DataFrame:
    """One row a record: what is not there stays empty, and a refused one says why in its first cell."""
    zone = settings().zone
    cells = [{name: _cell(value, zone) for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(cells, dtype=object)  # so that a whole number stays one beside a gap
    if "problem" in frame:
        refusals = frame.pop("problem").map(lambda reason: f"refused: {reason}", na_action="ignore")
        frame.insert(0, "will be", refusals.fillna("taken"))
    frame = frame.astype(object).where(frame.notna(), "")
    known = {name: upload_words.field_label(kind, name) for name in FIELDS.get(kind, ())}
    return frame.rename(columns=known)


def _cell(value: Any, zone: ZoneInfo) -> Any:
    if not isinstance(value, datetime):
        return value
    midnight = value.astimezone(zone).time() == time()
    return format.day(value, zone) if midnight else format.moment(value, zone)
