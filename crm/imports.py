"""What people do with an import once it is there: confirm it, correct what it refused, undo it.

The rest of an import's life, from the file to MongoDB, is behind `crm.ingest`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from crm import cursors
from crm.directory import Page
from crm.errors import Busy, FieldError, IllegalTransition, InvalidInput, NotFound
from crm.ingestion import corrections, progress, undo
from crm.ingestion.corrections import Corrected
from crm.ingestion.imports import ACTIVE, announce
from crm.settings import settings
from crm.stores import imports as store
from crm.stores import journal, rejections
from crm.stores.connection import Document, Stores

ENDED = ("finished", "failed", "cancelled")
MOST_WAITING = 100
MOST_CORRECTED = corrections.MOST
_RETRY_AFTER = 30  # seconds
_LOST_AFTER = timedelta(seconds=30)
_COUNTED = 50_000  # records that are looked at before somebody is asked whether to undo


def confirm_import(stores: Stores, import_id: str, *, now: datetime) -> None:
    """Have an import that asks do what it said. Raises NotFound, IllegalTransition when it does not ask."""
    _get(stores, import_id)
    begin = {"rows": 0, "refused": 0, "position": 0, "message": None, "taken": None}
    agreed = {"state": "queued", "confirm": progress.CONFIRMED, "announcedAt": now, **begin}
    document = store.change(stores, import_id, agreed, states=("asking",))
    if document is None:
        raise IllegalTransition("The import does not wait for anybody to confirm it.")
    announce(stores, document)


def rate(status: Document, now: datetime) -> dict[str, int | None]:
    """`{rowsPerSecond, secondsLeft}` of an import, from its status; None as long as it can't be told."""
    return progress.rate(status["pace"], now)


def list_rejections(
    stores: Stores,
    import_id: str,
    *,
    field: str | None = None,
    code: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    skip: int = 0,
) -> Page:
    """Refused rows by row, each `{row, field, code, reason, faults, values: [{column, value}], sent}`.

    `reason` is of the whole row, and `faults` are all its fields at fault, `{field, reason}` each. `values`
    are the file's columns in their order; `sent` says that a correction of it is on its way.
    Raises NotFound, InvalidInput.
    """
    _get(stores, import_id)
    of = f"rejections of {import_id}"
    after = cursors.read(of, cursor, cursors.Number) or 0
    found = rejections.page(
        stores, import_id, field=field, code=code, after=after, limit=limit + 1, skip=skip
    )
    items = [
        {name: one[name] for name in ("_id", "row", "field", "code", "reason")}
        | {"faults": one.get("faults") or [{"field": one["field"], "reason": one["reason"]}]}
        | {"values": one.get("values", []), "sent": "sent" in one}
        for one in found[:limit]
    ]
    return Page(items, cursors.written(of, items[-1]["row"]) if len(found) > limit else None)


def rejection_reasons(stores: Stores, import_id: str) -> list[Document]:
    """How many rows were refused for what, the most first: `{field, code, rows}`. Raises NotFound."""
    _get(stores, import_id)
    return rejections.reasons(stores, import_id)


def correct(
    stores: Stores,
    import_id: str,
    rows: Mapping[int, Sequence[str] | Mapping[str, str]],
    *,
    now: datetime,
) -> list[Corrected]:
    """Resubmit refused rows that were corrected, up to 500: row → its cells, or those columns that change.

    Each is read as the file was; those that are right are published and counted to the import once they are
    persisted, the others stay among the rejections with what was said. Raises NotFound, IllegalTransition
    unless the import has finished, and InvalidInput.
    """
    document = _get(stores, import_id)
    if document["state"] != "finished" or "undo" in document:
        raise IllegalTransition(
            "Rows can be corrected once the import has finished, and while it is not undone."
        )
    if len(rows) > MOST_CORRECTED:
        raise InvalidInput(f"At most {MOST_CORRECTED} rows are taken at once.")
    kept = {one["row"]: one.get("values", []) for one in rejections.of_rows(stores, import_id, rows)}
    cells: dict[int, Sequence[str]] = {}
    for row, said in rows.items():
        try:
            if isinstance(said, Mapping):  # of a row that is not there no column is missed
                cells[row] = corrections.changed(kept[row], said) if row in kept else []
            else:
                cells[row] = said
        except KeyError as error:
            reason = f"row {row} has no such column"
            raise InvalidInput("There is no such column.", [FieldError(str(error.args[0]), reason)]) from None
    return corrections.correct(stores, document, cells, now=now)


def corrections_under_way(stores: Stores, import_id: str) -> bool:
    """Whether corrected rows of an import are on their way."""
    return rejections.any_sent(stores, import_id)


def resend_lost_corrections(stores: Stores, *, now: datetime) -> None:
    """Publish once more what was corrected and is not persisted: its publication may have been lost."""
    for lost in rejections.sent_before(stores, now - _LOST_AFTER):
        document = store.get(stores, lost["importId"])
        if document is None or document["state"] != "finished" or "undo" in document:
            rejections.unsend(stores, lost["importId"], lost["sent"])
        else:
            rejections.note_sent(stores, lost["importId"], lost["sent"], now)
            corrections.publish(stores, document, lost["sent"])


def undo_until(document: Document) -> datetime:
    """Until when an import may be undone."""
    until: datetime = document["createdAt"] + timedelta(days=settings().undo_days)
    return until


def undo_import(stores: Stores, import_id: str, *, account_id: str | None, now: datetime) -> None:
    """Have a worker take back all that an import did; asked again while it does so, nothing happens.

    What it created is removed, what it changed is as it was before; what was touched since is left alone
    and listed by `kept`. Raises NotFound, and IllegalTransition for an import that has not ended, is undone
    already or is too old.
    """
    document = _get(stores, import_id)
    if "undo" in document and document["state"] in ENDED:
        return
    if document["state"] == "undone":
        raise IllegalTransition("The import is undone already.")
    if document["state"] not in ENDED:
        raise IllegalTransition("The import has not ended yet: cancel it first, or wait.")
    if now > undo_until(document):
        days = f"{settings().undo_days:g}"
        raise IllegalTransition(f"The import is too old: what it changed is kept for {days} days only.")
    asked = {"askedAt": now, "by": account_id, "begun": False, "removed": 0, "restored": 0, "entries": 0}
    asked["total"] = journal.left(stores, import_id)
    if store.change(stores, import_id, {"undo": asked, "announcedAt": now}, states=ENDED) is None:
        raise IllegalTransition("The import is undone already.")
    announce(stores, document)


def undo_estimate(stores: Stores, import_id: str) -> dict[str, int] | None:
    """`{removed, restored, kept}`: what an undo would do now, in records. None for more than 50,000.

    Raises NotFound.
    """
    _get(stores, import_id)
    return undo.estimate(stores, import_id, _COUNTED)


def kept(stores: Stores, import_id: str, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Records that an undo left alone, each `{kind, id, label, reason}`. Raises NotFound."""
    _get(stores, import_id)
    of = f"kept of {import_id}"
    found = journal.kept(stores, import_id, after=cursors.read(of, cursor, str), limit=limit + 1)
    items = [{name: one[name] for name in ("_id", "kind", "id", "label", "reason")} for one in found[:limit]]
    return Page(items, cursors.written(of, items[-1]["_id"]) if len(found) > limit else None)


def undo_status(stores: Stores, document: Document) -> dict[str, Any] | None:
    """How far an undo is: `{askedAt, by, endedAt, removed, restored, kept, done}`; done is a share of 1."""
    asked = document.get("undo")
    if asked is None:
        return None
    ended = document["state"] == "undone"
    share = asked["entries"] / asked["total"] if asked["total"] else 0.0
    return {
        "askedAt": asked["askedAt"],
        "by": asked["by"],
        "endedAt": asked.get("endedAt"),
        "removed": asked["removed"],
        "restored": asked["restored"],
        "kept": journal.count_kept(stores, document["_id"]),
        "done": 1.0 if ended else min(share, 1.0),
    }


def _get(stores: Stores, import_id: str) -> Document:
    document = store.get(stores, import_id)
    if document is None:
        raise NotFound("There is no such import.")
    return document


def require_room(stores: Stores) -> None:
    """Raises Busy while so many imports wait or are read that one more would only take room in the spool."""
    if store.waiting(stores, ACTIVE, MOST_WAITING) >= MOST_WAITING:
        raise Busy(
            f"{MOST_WAITING} imports are waiting. Nothing was taken; send it again in a while.",
            retry_after=_RETRY_AFTER,
        )
