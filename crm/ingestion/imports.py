"""An import's life: read the file in blocks, publish each, wait until all of it is in MongoDB.

    queued → reading → importing → finished
       │        │          │
       └────────┴──────────┴─────→ failed | cancelled

Each block is published first and then ticked off in the import's document, so a worker that dies reads on
from the last block ticked off. A block that was published twice has the same batch ids both times, and
takes effect once.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from crm.errors import InvalidInput, NotYet
from crm.ingestion import batches, files, undo, uploads
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.reading import Reading
from crm.ingestion.records import Refusal
from crm.ingestion.rows import Reader, named
from crm.ingestion.uploads import Choices
from crm.settings import settings
from crm.stores import imports as store
from crm.stores import rejections, spool
from crm.stores.connection import Document, Stores, new_id

Clock = Callable[[], datetime]
Pause = Callable[[float], None]

ACTIVE = ("queued", "reading", "importing")
BLOCK = 4000  # rows between two checkpoints: eight full batches
_MOST_UNDER_WAY = 128  # batches published and not persisted, which bounds what Redis has to hold
_LOOK_EVERY = 0.05


def run(stores: Stores, import_id: str, *, clock: Clock, pause: Pause) -> None:
    """Do what is left to do of an import. Raises NotYet while it has to wait for other work.

    `pause(seconds)` waits, and may raise to stop: the next run goes on from the last checkpoint.
    """
    document = store.get(stores, import_id)
    if document is None:
        return  # removed since
    if "undo" in document:
        undo.run(stores, document, clock, pause)
        return
    if document["state"] == "queued":
        document = _begin(stores, document, clock())
    if document is not None and document["state"] == "reading":
        document = _read(stores, document, clock, pause)
    if document is not None and document["state"] == "importing":
        _finish(stores, document, clock())


def _begin(stores: Stores, document: Document, now: datetime) -> Document | None:
    # Orders may name customers by ids that an earlier file brings.
    if document["kind"] in (ORDERS, None) and store.unfinished_before(
        stores, document["_id"], (CUSTOMERS, None), ACTIVE
    ):
        raise NotYet("an earlier import of customers comes first")
    return store.change(
        stores,
        document["_id"],
        {"state": "reading", "startedAt": now, "version": batches.version_of(now)},
        states=("queued", "reading"),
    )


def _read(stores: Stores, document: Document, clock: Clock, pause: Pause) -> Document | None:
    """Publish what is left of the file. None when that is not ours to do any more, or can't be done."""
    # Whoever begins to read last is the only one who may tick blocks off: an earlier reader, back from the
    # dead, finds that it is not his any more.
    reader = new_id()

    def change(fields: dict[str, Any]) -> Document | None:
        return store.change(stores, document["_id"], fields, states=("reading",), reader=reader)

    taken = store.change(stores, document["_id"], {"reader": reader}, states=("reading",))
    try:
        if taken is None or not _publish(stores, taken, change, pause):
            return None
    except InvalidInput as error:
        change({"state": "failed", "message": error.message, "finishedAt": clock()})
        return None
    return change({"state": "importing"})


def _publish(
    stores: Stores, document: Document, change: Callable[[dict[str, Any]], Document | None], pause: Pause
) -> bool:
    """Whether all of the file is published. Raises InvalidInput for a file that nothing can be made of."""
    file = spool.open_file(stores, document["fileId"])
    if file is None:
        raise InvalidInput("The uploaded file is gone.")
    with file:
        reading = _reading(document, file)
        found = {
            "kind": reading.kind,
            "reading": reading.document(),
            "mapping": reading.mapping(),
            "notes": uploads.notes(reading),
        }
        if change(found) is None:
            return False
        for checkpoint in _blocks(stores, document, file, reading):
            if change(checkpoint) is None:
                return False
            document |= checkpoint
            _let_the_workers_catch_up(stores, document, pause)
    if not document["rows"]:
        raise InvalidInput("The file has a header and no rows.")
    return True


def _reading(document: Document, file: BinaryIO) -> Reading:
    """How the file is read: as was agreed with the person or found by an earlier run, else as it says."""
    if known := document.get("reading"):
        return Reading.of(known)
    reading = uploads.read(file, Choices(kind=document["kind"]))
    uploads.check(reading)
    return reading


def _blocks(stores: Stores, document: Document, file: BinaryIO, reading: Reading) -> Iterator[dict[str, Any]]:
    """Publish block after block and yield what to write down of each, from the last one ticked off."""
    reader = Reader(reading, settings().zone)
    cells = files.rows(file, reading.table)
    number, refused, published = document["rows"], document["refused"], document["published"]
    for passed in islice(cells, number):
        reader.skip(passed)
    while block := list(islice(cells, BLOCK)):
        records, rejected = _understood(document["_id"], reader, reading.table.columns, number, block)
        rejections.add(stores, rejected)
        published += batches.publish(
            stores,
            reading.kind,
            records,
            id=f"{document['_id']}:{number // BLOCK}",
            version=document["version"] + number // BLOCK,
            import_id=document["_id"],
        )
        number += len(block)
        refused += len(rejected)
        yield {"rows": number, "refused": refused, "published": published, "position": file.tell()}


def _understood(
    import_id: str, reader: Reader, columns: Sequence[str], before: int, block: list[list[Any]]
) -> tuple[list[batches.Row], list[Document]]:
    records: list[batches.Row] = []
    rejected: list[Document] = []
    for row, cells in enumerate(block, before + 1):
        try:
            records.append((row, reader.record(cells)))
        except Refusal as refusal:
            rejected.append(
                {
                    "_id": f"{import_id}:{row}",
                    "importId": import_id,
                    "row": row,
                    "field": refusal.field or "record",
                    "code": refusal.code,
                    "reason": refusal.reason,
                    "values": named(columns, cells),
                }
            )
    return records, rejected


def _let_the_workers_catch_up(stores: Stores, document: Document, pause: Pause) -> None:
    pause(0)
    while document["published"] - store.batches_done(stores, document["_id"]) > _MOST_UNDER_WAY:
        pause(_LOOK_EVERY)
        if not store.in_state(stores, [document["_id"]], "reading"):
            return


def _finish(stores: Stores, document: Document, now: datetime) -> None:
    import_id = document["_id"]
    if store.batches_done(stores, import_id) < document["published"]:
        raise NotYet("batches of this import are not persisted yet")
    _copy_values(stores, document)
    counts = counts_of(document, store.counted(stores, [import_id])[import_id])
    done = {"state": "finished", "message": message(document["kind"], counts), "finishedAt": now}
    store.change(stores, import_id, done, states=("importing",))


def _copy_values(stores: Stores, document: Document) -> None:
    """Give rows that were refused on the way to MongoDB the values they have in the file."""
    missing = rejections.rows_without_values(stores, document["_id"])
    file = spool.open_file(stores, document["fileId"]) if missing else None
    if file is None:
        return
    with file:
        table = Reading.of(document["reading"]).table
        found: dict[int, object] = {}
        for row, cells in enumerate(files.rows(file, table), 1):
            if row in missing:
                found[row] = named(table.columns, cells)
            if len(found) >= BLOCK:
                rejections.fill_values(stores, document["_id"], found)
                found = {}
        rejections.fill_values(stores, document["_id"], found)


def counts_of(document: Document, counted: dict[str, int]) -> dict[str, int]:
    """An import's counts: what was read and refused by now, and what its batches did."""
    rejected = document["refused"] + counted["rejected"]
    return {
        "read": document["rows"],
        "accepted": document["rows"] - rejected,
        "created": counted["created"],
        "updated": counted["updated"],
        "unchanged": counted["unchanged"],
        "rejected": rejected,
    }


def message(kind: str, counts: dict[str, int]) -> str:
    """One sentence or two that say what an import did."""
    accepted, rejected = counts["accepted"], counts["rejected"]
    if not accepted:
        return f"Nothing was imported: {_number(rejected, 'row')} refused."
    if counts["unchanged"] == accepted:
        whole = "Nothing changed: "
        whole += f"all {accepted:,} {kind} were" if accepted > 1 else f"the one {kind[:-1]} was"
        whole += " already there as in this file."
    else:
        parts = [f"{counts[name]:,} {name}" for name in ("created", "updated", "unchanged") if counts[name]]
        whole = f"{_number(accepted, kind[:-1])}: {', '.join(parts)}."
    return f"{whole} {_number(rejected, 'row')} refused." if rejected else whole


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
