"""What the Upload page shows of a file before it is imported, and of an import while and after it runs."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from crm import ingest
from crm.auth import Account
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Document, Stores
from ui import format, upload_mapping

_RUNNING = frozenset({"queued", "reading", "asking", "importing"})
_KINDS = {"customers": "Customers", "orders": "Orders", "products": "Products"}
_BADGES = {
    "queued": ("Waiting", "gray"),
    "reading": ("Reading", "blue"),
    "asking": ("Waiting for you", "orange"),
    "importing": ("Importing", "blue"),
    "finished": ("Finished", "green"),
    "failed": ("Failed", "red"),
    "cancelled": ("Cancelled", "gray"),
    "undone": ("Undone", "gray"),
}
_SHOWN_REJECTIONS = 200


def file_card(stores: Stores, account: Account, file: UploadedFile) -> None:
    """A dropped file: what it is taken for, its first rows as they will be understood, a button to import."""
    name, key = file.name, file.file_id
    with st.container(border=True, key=f"file_{key}"):
        st.markdown(f"**{format.plain(name)}** · {format.size(file.size)}")
        preview = upload_mapping.choose(stores, file)
        if preview is None:
            return
        _understanding(preview)
        if preview.mapping and st.button(
            f"Import {_KINDS[preview.kind or 'customers'].lower()}",
            type="primary",
            icon=":material/upload:",
            key=f"import_{key}",
        ):
            upload_mapping.remember(stores, account, file, preview)
            ingest.start_import(
                stores, _rewound(file), kind=preview.kind, filename=name, account_id=account.id,
                now=utc_now(), reading=preview.reading,
            )  # fmt: skip
            st.session_state["uploads_imported"] |= {key}
            st.rerun()


def _rewound(file: UploadedFile) -> UploadedFile:
    file.seek(0)
    return file


def _understanding(preview: ingest.FilePreview) -> None:
    if preview.rows:
        st.caption("The first rows, as they will be understood")
        st.dataframe(
            _as_understood(preview.rows),
            hide_index=True,
            alt="First rows of the file as they will be understood",
        )
    if problems := [format.plain(one) for one in upload_mapping.said(preview)]:
        text = problems[0] if len(problems) == 1 else "\n".join(f"- {one}" for one in problems)
        st.warning(text, icon=":material/warning:")


def _as_understood(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row a record: what is not there stays empty, and a refused one says why in its first cell."""
    zone = settings().zone
    frame = pd.DataFrame([{name: _cell(value, zone) for name, value in row.items()} for row in rows])
    if "problem" in frame:
        refusals = frame.pop("problem").map(lambda reason: f"refused: {reason}", na_action="ignore")
        frame.insert(0, "will be", refusals.fillna("taken"))
    return frame.astype(object).where(frame.notna(), "")


def _cell(value: Any, zone: ZoneInfo) -> Any:
    if not isinstance(value, datetime):
        return value
    midnight = value.astimezone(zone).time() == time()
    return format.day(value, zone) if midnight else format.moment(value, zone)


def is_running(status: Document) -> bool:
    """Whether the import's numbers may still change."""
    return status["state"] in _RUNNING


def import_card(stores: Stores, status: dict[str, Any]) -> None:
    """One import: its state, its counts, and what it refused."""
    import_id, counts = status["_id"], status["counts"]
    label, color = _BADGES[status["state"]]
    with st.container(border=True, key=f"import_card_{import_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{format.plain(status['filename'])}**", width="content")
            st.badge(label, color=color)
            st.caption(f"{status['kind'] or 'kind not known yet'} · {_when(status)}", width="content")
            if is_running(status):
                st.space("stretch")
                if st.button("Cancel", key=f"cancel_{import_id}", icon=":material/close:"):
                    ingest.cancel_import(stores, import_id, now=utc_now())
                    st.rerun(scope="fragment")
        if is_running(status):
            _progress(status)
        _counts(counts)
        if status.get("message"):
            st.markdown(format.plain(status["message"]))
        if counts["rejected"]:
            _rejections(stores, status)


def _when(status: dict[str, Any]) -> str:
    if status["finishedAt"] is None:
        return f"started {format.ago(status['createdAt'], utc_now())}"
    seconds = max(1, round((status["finishedAt"] - status["createdAt"]).total_seconds()))
    return f"{format.ago(status['finishedAt'], utc_now())}, took {format.count(seconds, 'second')}"


def _progress(status: dict[str, Any]) -> None:
    total, read = status.get("size") or 0, status.get("position") or 0
    counts = status["counts"]
    text = f"{format.number(counts['read'])} rows persisted or refused so far"
    st.progress(min(read / total, 1.0) if total else 0.0, text=text)


def _counts(counts: dict[str, int]) -> None:
    shown = ("read", "created", "updated", "unchanged", "rejected")
    with st.container(horizontal=True, gap="large"):
        for name in shown:
            st.metric(name.capitalize(), format.number(counts[name]), width="content")


def _rejections(stores: Stores, status: dict[str, Any]) -> None:
    rejected = status["counts"]["rejected"]
    with st.expander(f"{format.count(rejected, 'row')} refused, and why"):
        rows = [
            {"Row": row["row"], "Field": row["field"], "Reason": row["reason"]}
            for row in status["rejections"][:_SHOWN_REJECTIONS]
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Refused rows with their reasons")
        if rejected > len(rows):
            st.caption(f"The first {len(rows)} are shown; the download holds all of them.")
        st.download_button(
            "Download the refused rows",
            data=lambda: "".join(ingest.import_rejections_csv(stores, status["_id"])).encode(),
            file_name=f"rejections-{status['filename']}",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"download_{status['_id']}",
        )
