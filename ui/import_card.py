"""One import as a card: its state, how far it is, what it did or would do, and what can be done with it."""

from typing import Any

import pandas as pd
import streamlit as st

from crm import auth, imports, ingest, refused_files
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.stores.connection import Document, Stores
from ui import download_link, format, import_undo, links

PARAMETER = "import"
_MOVING = frozenset({"queued", "reading", "importing"})
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
_EXISTING = {"fill": "fills empty fields only", "skip": "leaves customers we have as they are"}


def badge(status: Document) -> tuple[str, str]:
    """The state in words, and its colour."""
    if _undoing(status):
        return "Being undone", "orange"
    if status["state"] == "reading" and status["trial"]:
        return "Checking", "blue"
    return _BADGES[status["state"]]


def is_moving(status: Document) -> bool:
    """Whether the import's numbers change by themselves."""
    return status["state"] in _MOVING or _undoing(status)


def is_open(status: Document) -> bool:
    """Whether it moves, or waits for somebody."""
    return is_moving(status) or status["state"] == "asking"


def _undoing(status: Document) -> bool:
    return status["undo"] is not None and status["state"] != "undone"


def draw(stores: Stores, account: Account, status: dict[str, Any], *, alone: bool = False) -> None:
    """The card; `alone` on the import's own page."""
    with st.container(border=True, key=f"import_card_{status['_id']}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if not alone:  # there it is the title
                st.markdown(f"**{format.plain(status['filename'])}**", width="content")
            label, color = badge(status)
            st.badge(label, color=color)
            st.caption(_facts(status), width="content")
            st.space("stretch")
            _buttons(stores, account, status, alone)
        if is_moving(status):
            _progress(stores, status)
        _counts(status)
        if status["message"]:
            st.markdown(format.plain(status["message"]))
        for note in status["notes"]:
            st.caption(format.plain(note))
        if status["counts"]["rejected"] and not alone:
            _rejections(stores, account, status)


def _facts(status: Document) -> str:
    facts = [status["kind"] or "kind not known yet"]
    if status["createdByName"]:
        facts.append(f"by {format.plain(status['createdByName'])}")
    facts.append(_when(status))
    if policy := _EXISTING.get(status["existing"]):
        facts.append(policy)
    if status["totals"] == "ignore":
        facts.append("without totals")
    return " · ".join(facts)


def _when(status: Document) -> str:
    if status["finishedAt"] is None:
        return f"started {format.ago(status['createdAt'], utc_now())}"
    return f"{format.ago(status['finishedAt'], utc_now())}, took {duration(status)}"


def duration(status: Document) -> str:
    """How long the import took, in words; a dash while it runs."""
    if status["finishedAt"] is None:
        return format.NOTHING
    begun = status["startedAt"] or status["createdAt"]
    return seconds(max(1, round((status["finishedAt"] - begun).total_seconds())))


def seconds(whole: int) -> str:
    """`40 seconds`, `3 minutes`, `2 hours`."""
    for length, unit in ((3600, "hour"), (60, "minute")):
        if whole >= 2 * length:
            return format.count(round(whole / length), unit)
    return format.count(whole, "second")


def _buttons(stores: Stores, account: Account, status: Document, alone: bool) -> None:
    import_id, state = status["_id"], status["state"]
    if state == "asking" and st.button(
        "Import", type="primary", key=f"confirm_{import_id}", icon=":material/upload:"
    ):
        _do(lambda: imports.confirm_import(stores, import_id, now=utc_now()))
    if state in ("queued", "reading", "asking", "importing") and st.button(
        "Cancel", key=f"cancel_{import_id}", icon=":material/close:"
    ):
        _do(lambda: ingest.cancel_import(stores, import_id, now=utc_now()))
    if not alone:
        if st.button("Open", key=f"open_{import_id}", icon=":material/open_in_new:", type="tertiary"):
            _open(import_id)
        return
    brought = status["counts"]["created"] and state not in ("undone", "asking")
    if brought and status["kind"] != "products" and auth.can(account, "customers"):
        st.page_link(
            links.page("customers"), label="Customers it brought", icon=":material/group:",
            query_params={PARAMETER: import_id},
        )  # fmt: skip
    if import_undo.is_possible(status, utc_now()) and st.button(
        "Undo", key=f"undo_{import_id}", icon=":material/undo:"
    ):
        import_undo.confirm(stores, account, status)


def _open(import_id: str) -> None:
    # Not by a link: one that leads to the page it is on leaves the address as it was.
    st.query_params[PARAMETER] = import_id
    st.rerun()


def _do(action: Any) -> None:
    try:
        action()
    except CrmError as error:  # somebody else was first
        st.toast(error.message, icon=":material/info:")
    st.rerun()


def _progress(stores: Stores, status: Document) -> None:
    if status["undo"] is not None:
        undo = status["undo"]
        st.progress(undo["done"], text=undone_by_now(undo))
        return
    if status["waitsFor"]:
        st.caption(f":material/hourglass_empty: Waits until {_name_of(stores, status['waitsFor'])} is in.")
        return
    if status["state"] == "queued":
        st.caption(":material/hourglass_empty: Waits for a worker.")
        return
    pace, rate = status["pace"], imports.rate(status, utc_now())
    done = "checked" if status["trial"] else "dealt with"
    words = [f"{format.count(pace['rowsNow'] if pace else 0, 'row')} {done}"]
    if rate["rowsPerSecond"]:
        words.append(f"{format.number(rate['rowsPerSecond'])} a second")
    if rate["secondsLeft"]:
        words.append(f"about {seconds(rate['secondsLeft'])} left")
    st.progress(pace["shareNow"] if pace else 0.0, text=" · ".join(words))


def undone_by_now(undo: Document) -> str:
    """How far an undo is, in words, without what it had none of."""
    did = {"removed": undo["removed"], "as before": undo["restored"], "left alone": undo["kept"]}
    words = [f"{format.number(count)} {what}" for what, count in did.items() if count]
    return f"{', '.join(words)} so far" if words else "Begins in a moment"


def _name_of(stores: Stores, import_id: str) -> str:
    try:
        return format.plain(ingest.import_status(stores, import_id)["filename"])
    except CrmError:
        return "an earlier file of customers"


def _counts(status: Document) -> None:
    would = is_open(status) and status["trial"]
    labels = {
        "read": "Read",
        "created": "Would create" if would else "Created",
        "updated": "Would change" if would else "Updated",
        "unchanged": "As they are" if would else "Unchanged",
        "rejected": "Would refuse" if would else "Refused",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, label in labels.items():
            st.metric(label, format.number(status["counts"][name]), width="content")


def _rejections(stores: Stores, account: Account, status: Document) -> None:
    rejected = status["counts"]["rejected"]
    if status["state"] == "finished" and st.button(
        f"Correct {format.count(rejected, 'refused row')}",
        key=f"correct_{status['_id']}",
        icon=":material/edit:",
    ):
        _open(status["_id"])
    with st.expander(f"{format.count(rejected, 'row')} refused, and why"):
        rows = [
            {"Row": row["row"], "Field": row["field"], "Reason": row["reason"]}
            for row in status["rejections"]
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Refused rows with their reasons")
        if rejected > len(rows):
            st.caption(f"The first {len(rows)} are shown; open the import for all of them.")
        download(stores, account, status)


def download(stores: Stores, account: Account, status: Document) -> None:
    """A link to the refused rows in the file's own columns: the web process sends them as they are found."""
    key = f"download_{status['_id']}"
    ticket = download_link.ticket(
        key, status["_id"], lambda: refused_files.offer(stores, account, status["_id"])
    )
    st.link_button(
        "Download the refused rows", f"/api/exports/refused/{ticket}", icon=":material/download:", key=key
    )
