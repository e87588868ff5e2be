"""Refused rows in a grid to correct them in, the reason beside the field, and to resubmit them from."""

from typing import Any

import pandas as pd
import streamlit as st

from crm import imports
from crm.auth import Account
from crm.errors import CrmError
from crm.ingestion.corrections import Corrected
from crm.ingestion.reading import ATTRIBUTE
from crm.moment import utc_now
from crm.stores.connection import Document, Stores
from ui import format, import_card

_PAGE = 50
_WHY = "why"
_RESULT = "corrections_result"
_ROUND = "corrections_round"
_REASON = "rejections_shown"


def draw(stores: Stores, account: Account, status: Document) -> None:
    """The import's refused rows, by reason and page by page; nothing when there are none."""
    import_id, count = status["_id"], status["counts"]["rejected"]
    _last_result()
    if not count:
        return
    editable = status["state"] == "finished" and status["undo"] is None
    st.subheader(f"{format.count(count, 'refused row')}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = _reason(stores, import_id)
        import_card.download(stores, account, status)
    pages = -(-reason["rows"] // _PAGE)
    page = st.pagination(pages, key=f"rejections_page_{import_id}_{reason['key']}") if pages > 1 else 1
    found = imports.list_rejections(
        stores, import_id, field=reason["field"], code=reason["code"], limit=_PAGE, skip=(page - 1) * _PAGE
    ).items
    if editable:
        st.caption("Correct the cells and resubmit. Rows that are still wrong stay here, with what is wrong.")
        _editor(stores, status, found, f"{import_id}_{reason['key']}_{page}")
    else:
        st.dataframe(
            _frame(status, found), hide_index=True, column_config=_config(status, found, editable=False)
        )


def _reason(stores: Stores, import_id: str) -> dict[str, Any]:
    reasons = imports.rejection_reasons(stores, import_id)
    total = sum(one["rows"] for one in reasons)
    every = {"field": None, "code": None, "rows": total, "key": "all", "label": f"All reasons ({total:,})"}
    named = [
        one
        | {
            "key": f"{one['field']}:{one['code']}",
            "label": f"{one['field']}: {_words(one['code'])} ({one['rows']:,})",
        }
        for one in reasons
    ]
    options = {one["key"]: one for one in (every, *named)}
    kept = f"{_REASON}_{import_id}"
    last = st.session_state.get(kept)
    # The browser keeps what an option was called when it was chosen: other numbers make another widget.
    chosen = st.selectbox(
        "Reason", list(options), format_func=lambda key: options[key]["label"], width=360,
        index=list(options).index(last) if last in options else 0,
        key=f"rejections_reason_{import_id}_{'_'.join(str(one['rows']) for one in options.values())}",
    )  # fmt: skip
    st.session_state[kept] = chosen
    return options.get(chosen, every)


def _words(code: str) -> str:
    return code.replace("_", " ")


def _frame(status: Document, rows: list[Document]) -> pd.DataFrame:
    """Cells by position (`c0`, `c1` …): a header may be anything, and come twice."""
    width = max([len(status["mapping"]), *(len(row["values"]) for row in rows)])
    at_fault = _at_fault(status, rows)
    records = []
    for row in rows:
        record: dict[str, Any] = {"row": row["row"]}
        said = _said(status, row)
        if None in at_fault:
            record[_WHY] = said.get(None, "")
        for position in range(width):
            cells = row["values"]
            record[f"c{position}"] = cells[position]["value"] if position < len(cells) else ""
            if position in at_fault:
                record[f"{_WHY}{position}"] = said.get(position, "")
        records.append(record)
    return pd.DataFrame(records)


def _said(status: Document, row: Document) -> dict[int | None, str]:
    """What is wrong with a row, by the column of each field at fault; what has no column is under None."""
    fields = [(one["field"] or "").removeprefix(ATTRIBUTE) for one in status["mapping"]]
    found: dict[int | None, list[str]] = {}
    for fault in row["faults"]:
        place = fields.index(fault["field"]) if fault["field"] in fields else None
        found.setdefault(place, []).append(fault["reason"])
    return {place: "on its way" if row["sent"] else " · ".join(said) for place, said in found.items()}


def _at_fault(status: Document, rows: list[Document]) -> set[int | None]:
    return {place for row in rows for place in _said(status, row)}


def _config(status: Document, rows: list[Document], *, editable: bool) -> dict[str, Any]:
    width = max([len(status["mapping"]), *(len(row["values"]) for row in rows)])
    config: dict[str, Any] = {
        "row": st.column_config.NumberColumn("Row", pinned=True, disabled=True, width="small"),
        _WHY: st.column_config.TextColumn("⚠ What is wrong", disabled=True),
    }
    for position in range(width):
        header = status["mapping"][position]["column"] if position < len(status["mapping"]) else ""
        label = header or f"(cell {position + 1})"
        config[f"c{position}"] = st.column_config.TextColumn(label, disabled=not editable)
        config[f"{_WHY}{position}"] = st.column_config.TextColumn(f"⚠ {label}: what is wrong", disabled=True)
    return config


def _editor(stores: Stores, status: Document, rows: list[Document], key: str) -> None:
    frame = _frame(status, rows)
    turn = st.session_state.get(_ROUND, 0)  # a new grid after each resubmission, with what is left
    edited = st.data_editor(
        frame,
        hide_index=True,
        column_config=_config(status, rows, editable=True),
        key=f"rejections_grid_{key}_{turn}",
        alt="Refused rows to be corrected",
    )
    corrected = _changes(frame, edited, {row["row"] for row in rows if row["sent"]})
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Resubmit {format.count(len(corrected), 'corrected row')}",
            type="primary", icon=":material/send:", disabled=not corrected, key="resubmit",
        ):  # fmt: skip
            _resubmit(stores, status, corrected)
        if st.button(
            "Resubmit all shown",
            key="resubmit_all",
            help="Try every row on this page once more, as it stands here. "
            "It helps where what a row refers to has come in since.",
        ):
            _resubmit(stores, status, _cells(edited))


def _cells(frame: pd.DataFrame) -> dict[int, list[str]]:
    columns = [name for name in frame.columns if name.startswith("c")]
    cells = frame[columns].fillna("").astype(str)
    return {
        int(row): list(values) for row, values in zip(frame["row"], cells.to_numpy().tolist(), strict=True)
    }


def _changes(before: pd.DataFrame, after: pd.DataFrame, sent: set[int]) -> dict[int, list[str]]:
    old = _cells(before)
    return {row: cells for row, cells in _cells(after).items() if cells != old[row] and row not in sent}


def _resubmit(stores: Stores, status: Document, rows: dict[int, list[str]]) -> None:
    width = len(status["mapping"])
    trimmed = {row: _without_empty_ends(cells, width) for row, cells in rows.items()}
    try:
        results = imports.correct(stores, status["_id"], trimmed, now=utc_now())
    except CrmError as error:
        st.error(error.message, icon=":material/error:")
        return
    st.session_state[_RESULT] = results
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _without_empty_ends(cells: list[str], width: int) -> list[str]:
    """Cells beyond the header that were emptied are no cells."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _last_result() -> None:
    """What became of each row that was resubmitted last."""
    results: list[Corrected] | None = st.session_state.pop(_RESULT, None)
    if results is None:
        return
    taken = sum(one.accepted for one in results)
    if taken:
        st.success(f"{format.count(taken, 'row')} resubmitted.", icon=":material/check:")
    wrong = [one for one in results if not one.accepted]
    if wrong:
        lines = "\n".join(
            f"- Row {one.row}, {one.field or 'row'}: {format.plain(one.reason or '')}" for one in wrong[:10]
        )
        more = f"\n- and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        st.warning(
            f"{format.count(len(wrong), 'row')} still refused:\n{lines}{more}", icon=":material/warning:"
        )
