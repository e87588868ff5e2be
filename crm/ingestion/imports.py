"""An import's life: read the file in blocks, publish each, wait until all of it is in MongoDB.

    queued → reading → importing → finished → undone
       │      │    ↑       │
       │      ↓    │       │
       │   asking ─┘       │
       └──────┴────────────┴─────→ failed | cancelled → undone

An import that has to ask first reads its file twice: without writing anything, to say what it would do, and
once more when somebody has confirmed that.

Each block is published first and then ticked off in the import's document, so a worker that dies reads on
from the last block ticked off. A block that was published twice has the same batch ids both times, and
takes effect once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from crm import attributes
from crm.errors import InvalidInput, NotYet
from crm.ingestion import batches, custom, files, memory, outcomes, pressure, undo, uploads, words
from crm.ingestion.choices import Choices
from crm.ingestion.dry_run import DryRun
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.progress import ASKED, CONFIRMED, counts_of
from crm.ingestion.reading import Reading
from crm.ingestion.records import Record
from crm.ingestion.rows import Reader, named
from crm.ingestion.totals import SUMS
from crm.settings import settings
from crm.stores import imports as store
from crm.stores import rejections, scratch, spool, streams
from crm.stores.connection import Document, Stores, new_id

Clock = Callable[[], datetime]
Pause = Callable[[float], None]

IGNORE = "ignore"
TOTALS = ("take", IGNORE)
"""What an upload does with customers' totals: they are an opening balance, or are left out."""

ACTIVE = ("queued", "reading", "importing")
GOING_ON = (*ACTIVE, "asking")
# Rows between two checkpoints. Orders go onto eight streams by their customers: of 4,000 half the streams had
# a few more than an entry holds, and so an entry of those few.
BLOCK = 3600
# Batches published and not persisted, of all imports that are read together: it bounds what Redis has to
# hold, and how long what comes after them waits. At the end they are those of the worker that has most to do,
# while the others have nothing left.
_MOST_UNDER_WAY = 64
_PARTS = 8  # of it at most: with fewer batches than one block makes, workers would wait for the reader
_LOOK_EVERY = 0.2


def announce(stores: Stores, document: Document) -> None:
    """Queue an import for whoever reads files of its size."""
    streams.publish(stores, streams.imports_stream(document["size"]), [{"importId": document["_id"]}])


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
        if document.get("confirm") == ASKED:
            _try(stores, document, clock, pause)
            return
        document = _read(stores, document, clock, pause)
    if document is not None and document["state"] == "importing":
        _finish(stores, document, clock())


def _begin(stores: Stores, document: Document, now: datetime) -> Document | None:
    if document["kind"] is None and (kind := _kind(stores, document)) is not None:
        document = store.change(stores, document["_id"], {"kind": kind}, states=("queued",)) or document
    first = _comes_first(stores, document)
    if document.get("waitsFor") != first:
        store.change(stores, document["_id"], {"waitsFor": first}, states=("queued",))
    if first is not None:
        raise NotYet("an earlier import of customers comes first")
    if document.get("confirm") == CONFIRMED:
        rejections.remove(stores, document["_id"])  # those of the dry run
    begun = {"state": "reading", "startedAt": now, "version": batches.version_of(now)}
    return store.change(stores, document["_id"], begun, states=("queued", "reading"))


def _kind(stores: Stores, document: Document) -> str | None:
    """What the file holds, as far as it says so itself."""
    file = spool.open_file(stores, document["fileId"])
    if file is None:
        return None
    with file, suppress(InvalidInput):
        return _as_it_says(stores, document, file).kind
    return None


def _comes_first(stores: Stores, document: Document) -> str | None:
    """The import that this one waits for: orders may name customers by ids that an earlier file brings."""
    if document["kind"] not in (ORDERS, None):
        return None
    # Who wants to be asked himself also waits for his own files that are still to be confirmed.
    asker = document["createdBy"] if document.get("confirm") else None
    return store.unfinished_before(stores, document["_id"], (CUSTOMERS, None), ACTIVE, asker=asker)


def _read(stores: Stores, document: Document, clock: Clock, pause: Pause) -> Document | None:
    """Publish what is left of the file. None when that is not ours to do any more, or can't be done."""
    # Whoever begins to read last is the only one who may tick blocks off: an earlier reader, back from the
    # dead, finds that it is not his any more.
    reader = new_id()

    def change(fields: dict[str, Any]) -> Document | None:
        return store.change(stores, document["_id"], fields, states=("reading",), reader=reader)

    pace = {"at": clock(), "rows": document["rows"], "position": document["position"]}
    taken = store.change(stores, document["_id"], {"reader": reader, "taken": pace}, states=("reading",))
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

    def put(kind: str, number: int, records: list[batches.Row]) -> dict[str, Any]:
        made = batches.publish(
            stores,
            kind,
            records,
            id=f"{document['_id']}:{number // BLOCK}",
            version=document["version"] + number // BLOCK,
            import_id=document["_id"],
            existing=document.get("existing", batches.UPDATE),
            since=document["version"],
        )
        return {"published": document["published"] + made}

    def then() -> None:
        _let_the_workers_catch_up(stores, document, pause)

    return _walk(stores, document, change, put, then)


def _walk(
    stores: Stores,
    document: Document,
    change: Callable[[dict[str, Any]], Document | None],
    put: Callable[[str, int, list[batches.Row]], dict[str, Any]],
    then: Callable[[], None],
) -> bool:
    """Go through what is left of the file; whether its end was reached. `put` returns what to write down."""
    file = spool.open_file(stores, document["fileId"])
    if file is None:
        raise InvalidInput("The uploaded file is gone.")
    with file:
        reading = _as_it_says(stores, document, file)
        trial = document.get("confirm") == ASKED
        reading, news = custom.registered(stores, reading, file, now=document["startedAt"], trial=trial)
        found = {
            "kind": reading.kind,
            "reading": reading.document(),
            "mapping": reading.mapping(),
            "notes": [*uploads.notes(reading), *news],
        }
        if change(found) is None:
            return False
        for checkpoint in _blocks(stores, document, file, reading, put):
            if change(checkpoint) is None:
                return False
            document |= checkpoint
            then()
    if not document["rows"]:
        raise InvalidInput("The file has a header and no rows.")
    return True


def reading_of(stores: Stores, document: Document) -> Reading:
    """How an import's file was read. Raises InvalidInput when that can't be told any more."""
    if known := document.get("reading"):
        return Reading.of(known)
    file = spool.open_file(stores, document["fileId"])
    if file is None:
        raise InvalidInput("The uploaded file is gone.")
    with file:
        return _as_it_says(stores, document, file)


def _as_it_says(stores: Stores, document: Document, file: BinaryIO) -> Reading:
    """How the file is read: as was agreed with the person or found by an earlier run, else as it says."""
    if known := document.get("reading"):
        return Reading.of(known)
    choices, recall = Choices(kind=document["kind"]), partial(memory.recall, stores)
    reading = uploads.read(file, choices, attributes.by_identity(stores), recall)
    uploads.check(reading)
    return reading


def _blocks(
    stores: Stores,
    document: Document,
    file: BinaryIO,
    reading: Reading,
    put: Callable[[str, int, list[batches.Row]], dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Put block after block and yield what to write down of each, from the last one ticked off."""
    reader = Reader(reading, settings().zone)
    cells = files.rows(file, reading.table)
    number, refused = document["rows"], document["refused"]
    for passed in islice(cells, number):
        reader.skip(passed)
    while block := list(islice(cells, BLOCK)):
        records, rejected = _understood(document["_id"], reader, reading.table.columns, number, block)
        if document.get("totals") == IGNORE:
            records = [(row, chosen(document, record)) for row, record in records]
        rejections.add(stores, rejected)
        made = put(reading.kind, number, records)
        number += len(block)
        refused += len(rejected)
        yield {"rows": number, "refused": refused, "position": file.tell(), **made}


def chosen(document: Document, record: Record) -> Record:
    """The record without what the import is to leave out."""
    if document.get("totals") != IGNORE:
        return record
    return {name: value for name, value in record.items() if name not in SUMS}


def _understood(
    import_id: str, reader: Reader, columns: Sequence[str], before: int, block: list[list[Any]]
) -> tuple[list[batches.Row], list[Document]]:
    records: list[batches.Row] = []
    rejected: list[Document] = []
    for row, (cells, found) in enumerate(zip(block, reader.records(block), strict=True), before + 1):
        if isinstance(found, dict):
            records.append((row, found))
        else:
            rejected.append(
                {
                    "_id": f"{import_id}:{row}",
                    "importId": import_id,
                    "row": row,
                    **found.document(),
                    "values": named(columns, cells),
                }
            )
    return records, rejected


def _try(stores: Stores, document: Document, clock: Clock, pause: Pause) -> None:
    """Find out what the import would do, from the beginning of the file, and ask whether to do it."""
    import_id, reader = document["_id"], new_id()
    counts = dict.fromkeys(("created", "updated", "unchanged", "rejected"), 0)
    start = {"rows": 0, "refused": 0, "position": 0}
    pace = {"at": clock(), "rows": 0, "position": 0}
    fields = {**start, "reader": reader, "expected": counts, "taken": pace}
    rejections.remove(stores, import_id)
    taken = store.change(stores, import_id, fields, states=("reading",))
    if taken is None:
        return

    def change(fields: dict[str, Any]) -> Document | None:
        return store.change(stores, import_id, fields, states=("reading",), reader=reader)

    try:
        with scratch.opened() as room:
            dry_run = DryRun(stores, room, clock())

            def put(kind: str, number: int, records: list[batches.Row]) -> dict[str, Any]:
                taken["kind"] = kind
                return {"expected": _tried(stores, dry_run, taken, kind, number, records)}

            if not _walk(stores, taken, change, put, lambda: pause(0)):
                return
    except InvalidInput as error:
        change({"state": "failed", "message": error.message, "finishedAt": clock()})
        return
    _copy_values(stores, taken)
    change({"state": "asking", "message": words.expectation(taken["kind"], counts_of(taken, {}))})


def _tried(
    stores: Stores, dry_run: DryRun, document: Document, kind: str, number: int, records: list[batches.Row]
) -> dict[str, int]:
    batch = batches.Batch(
        kind,
        f"{document['_id']}:{number // BLOCK}",
        document["version"] + number // BLOCK,
        [row for row, _ in records],
        [record for _, record in records],
        document["_id"],
        existing=document.get("existing", batches.UPDATE),
        since=document["version"],
    )
    tally = dry_run.take(batch)
    rejections.add(stores, [outcomes.rejection(batch, *refused) for refused in tally.refused])
    return {name: count + tally.counts()[name] for name, count in document["expected"].items()}


def _let_the_workers_catch_up(stores: Stores, document: Document, pause: Pause) -> None:
    pause(0)
    while _too_much_under_way(stores, document):
        pause(_LOOK_EVERY)
        if not store.in_state(stores, [document["_id"]], "reading"):
            return


def _too_much_under_way(stores: Stores, document: Document) -> bool:
    """Of this import, or of all that comes in: an import waits where the API refuses."""
    under_way = document["published"] - store.batches_done(stores, document["_id"])
    return under_way > room(stores) or (under_way > 0 and pressure.full_of_anything(stores))


def room(stores: Stores) -> int:
    """How many batches each import may have on the streams. Those that are read at once share it: whatever
    comes after them waits until theirs are persisted.
    """
    return _MOST_UNDER_WAY // max(1, min(store.being_read(stores), _PARTS))


def _finish(stores: Stores, document: Document, now: datetime) -> None:
    import_id = document["_id"]
    if store.batches_done(stores, import_id) < document["published"]:
        raise NotYet("batches of this import are not persisted yet")
    _copy_values(stores, document)
    counts = counts_of(document, store.counted(stores, [import_id])[import_id])
    done = {"state": "finished", "message": words.done(document["kind"], counts), "finishedAt": now}
    store.change(stores, import_id, done, states=("importing",))


def _copy_values(stores: Stores, document: Document) -> None:
    """Give rows that were refused on the way to MongoDB the values they have in the file."""
    missing = rejections.rows_without_values(stores, document["_id"])
    file = spool.open_file(stores, document["fileId"]) if missing else None
    if file is None:
        return
    with file:
        table = _as_it_says(stores, document, file).table
        found: dict[int, object] = {}
        for row, cells in enumerate(files.rows(file, table), 1):
            if row in missing:
                found[row] = named(table.columns, cells)
            if len(found) >= BLOCK:
                rejections.fill_values(stores, document["_id"], found)
                found = {}
        rejections.fill_values(stores, document["_id"], found)
