"""What is told of an import: how far it is, what it did, and what it refused."""

from collections.abc import Iterable, Mapping

from crm import cursors
from crm.directory import Page
from crm.errors import NotFound
from crm.imports import undo_status, undo_until
from crm.ingestion import batches, imports, progress, words
from crm.stores import accounts, rejections
from crm.stores import imports as store
from crm.stores.connection import Document, Stores

_LISTED_REJECTIONS = 1000
_LISTED_IN_LISTS = 20


def import_status(stores: Stores, import_id: str) -> Document:
    """State, counts and the first rejections of an import. Raises NotFound.

    `{_id, kind, filename, state, counts: {read, accepted, created, updated, unchanged, rejected},
    rejections: [{row, field, code, reason}], message, notes, mapping, size, position, createdBy,
    createdByName, createdAt, startedAt, finishedAt, trial, existing, totals, waitsFor, pace, undoUntil,
    undo}`. `position` of `size` is how far it is persisted, in bytes of the file; with `trial` the counts
    are what it would do; `waitsFor` is the import that comes first, and `undo`, where somebody has asked for
    it, `{askedAt, by, endedAt, removed, restored, kept, done}`.
    """
    document = store.get(stores, import_id)
    if document is None:
        raise NotFound("There is no such import.")
    names = _names(stores, [document])
    return _status(stores, document, store.counted(stores, [import_id])[import_id], names)


def list_imports(stores: Stores, limit: int = 50, cursor: str | None = None) -> Page:
    """Imports, newest first, each as `import_status` has it, with a few of its rejections."""
    found = store.newest(stores, before=cursors.read("imports", cursor, str), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    counted = store.counted(stores, [document["_id"] for document in page])
    names = _names(stores, page)
    items = [
        _status(stores, document, counted[document["_id"]], names, listed=_LISTED_IN_LISTS)
        for document in page
    ]
    return Page(items, cursors.written("imports", page[-1]["_id"]) if more else None)


def _names(stores: Stores, documents: Iterable[Document]) -> dict[str, str]:
    """Account → its name, of whoever uploaded these."""
    return accounts.names(stores, {one["createdBy"] for one in documents if one["createdBy"]})


def _status(
    stores: Stores,
    document: Document,
    counted: dict[str, int],
    names: Mapping[str, str],
    *,
    listed: int = _LISTED_REJECTIONS,
) -> Document:
    counts = progress.counts_of(document, counted)
    persisted = counted["batches"] / document["published"] if document["published"] else 1
    return {
        "_id": document["_id"],
        "kind": document["kind"],
        "filename": document["filename"],
        "state": document["state"],
        "counts": counts,
        "rejections": _rejections(stores, document["_id"], listed) if counts["rejected"] else [],
        "message": words.of(document, counts),
        "notes": document.get("notes", []),
        "mapping": document.get("mapping", []),
        "size": document["size"],
        "position": int(document["position"] * persisted),
        "createdBy": document["createdBy"],
        "createdByName": names.get(document["createdBy"] or ""),
        "createdAt": document["createdAt"],
        "finishedAt": document.get("finishedAt"),
        "startedAt": document.get("startedAt"),
        "trial": document.get("confirm") == progress.ASKED,
        "existing": document.get("existing", batches.UPDATE),
        "totals": document.get("totals", imports.TOTALS[0]),
        "waitsFor": document.get("waitsFor") if document["state"] == "queued" else None,
        "pace": progress.pace_of(document, counts, persisted),
        "undoUntil": undo_until(document),
        "undo": undo_status(stores, document),
    }


def _rejections(stores: Stores, import_id: str, listed: int) -> list[Document]:
    found = rejections.of_import(stores, import_id, limit=listed)
    return [{name: one[name] for name in ("row", "field", "code", "reason")} for one in found]
