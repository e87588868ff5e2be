"""The door for everything that comes in: records by the API, files by upload, batches by the streams.

Records are validated here and published; a worker persists them. What this module accepts is durably on its
stream when a call returns, and is stored once however often it is sent or redelivered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from crm import attributes, spreadsheets
from crm.errors import FieldError, IllegalTransition, InvalidInput, NotFound
from crm.ingestion import agreed, batches, custom, imports, memory, outcomes, poison, progress, uploads, words
from crm.ingestion.acceptance import Acceptance, Rejection
from crm.ingestion.batches import Batch
from crm.ingestion.choices import NO_CHOICES, Choices, Recall, nothing_said
from crm.ingestion.files import Overrules
from crm.ingestion.headers import CUSTOMERS, KINDS, OF_REFUSED, ORDERS, PRODUCTS, of_the_file
from crm.ingestion.persist_customers import persist as _persist_customers
from crm.ingestion.persist_orders import NOT_YOURS
from crm.ingestion.persist_orders import persist as _persist_orders
from crm.ingestion.persist_products import persist as _persist_products
from crm.ingestion.portions import portions
from crm.ingestion.reading import Reading
from crm.ingestion.records import Record, Refusal, from_json
from crm.ingestion.references import order_reference, referenced
from crm.ingestion.status import import_status, list_imports
from crm.ingestion.uploads import NO_ATTRIBUTES, Attributes, FilePreview
from crm.settings import settings
from crm.stores import imports as store
from crm.stores import rejections, spool
from crm.stores.connection import Document, Stores, new_id
from crm.stores.transactions import transact

__all__ = [
    "NOT_YOURS",
    "Acceptance",
    "FilePreview",
    "Rejection",
    "accept_customers",
    "accept_orders",
    "accept_products",
    "announce_lost_imports",
    "cancel_import",
    "fail_import",
    "give_up",
    "import_rejections_csv",
    "import_status",
    "isolate",
    "list_imports",
    "persist",
    "preview_file",
    "read_as_said",
    "referenced",
    "run_import",
    "start_import",
]

_BLOCK = 4000  # records validated and published at a time
_PREVIEWED = 10
_QUEUED = {"state": "queued", "rows": 0, "refused": 0, "published": 0, "position": 0}
_USUAL = {"existing": batches.UPDATE, "totals": imports.TOTALS[0]}
_LOST_AFTER = timedelta(seconds=30)  # an upload that nobody has taken up is announced once more


def accept_customers(
    stores: Stores, records: Iterable[Any], *, now: datetime, seed: str | None = None
) -> Acceptance:
    """Validate customers (JSON objects, e-mail or externalId needed) and publish the good ones.

    What they say beyond the fixed fields become custom attributes.
    """
    return _accept(stores, CUSTOMERS, records, now, seed)


def accept_orders(
    stores: Stores, records: Iterable[Any], *, now: datetime, seed: str | None = None, own: bool = False
) -> Acceptance:
    """Validate orders and publish the good ones.

    One without an orderReference is a new order each time, unless `seed` says which request it is part of.
    With `own` they amend no order of another customer than they name.
    """
    return _accept(stores, ORDERS, records, now, seed, own=own)


def accept_products(
    stores: Stores, records: Iterable[Any], *, now: datetime, seed: str | None = None
) -> Acceptance:
    """Validate products (productId needed) and publish the good ones."""
    return _accept(stores, PRODUCTS, records, now, seed)


def _accept(
    stores: Stores, kind: str, records: Iterable[Any], now: datetime, seed: str | None, own: bool = False
) -> Acceptance:
    numbered = enumerate(records, 1)
    accepted = 0
    rejected: list[Rejection] = []
    zone = settings().zone
    while block := list(islice(numbered, _BLOCK)):
        good, bad = _validated(stores, kind, block, now, zone, seed)
        batches.publish(stores, kind, good, id=new_id(), version=batches.version_of(now), own=own)
        accepted += len(good)
        rejected += bad
    return Acceptance(accepted, tuple(rejected))


def _validated(
    stores: Stores, kind: str, block: Iterable[tuple[int, Any]], now: datetime, zone: tzinfo, seed: str | None
) -> tuple[list[batches.Row], list[Rejection]]:
    good: dict[int, tuple[Any, Record]] = {}
    refused: dict[int, Refusal] = {}
    for row, raw in block:
        try:
            record = from_json(kind, raw, zone)
        except Refusal as refusal:
            refused[row] = refusal
        else:
            if kind == ORDERS and "orderReference" not in record:
                record["orderReference"] = order_reference(seed, row)
            good[row] = raw, record
    if kind == CUSTOMERS:
        found = custom.complete(stores, good.values(), now=now, zone=zone)
        refused |= {row: bad for row, bad in zip(good, found, strict=True) if bad is not None}
    return (
        [(row, record) for row, (_, record) in good.items() if row not in refused],
        [
            Rejection(row, refusal.field or "record", refusal.code, refusal.reason)
            for row, refusal in sorted(refused.items())
        ],
    )


_PERSIST = {CUSTOMERS: _persist_customers, ORDERS: _persist_orders, PRODUCTS: _persist_products}


def persist(stores: Stores, payloads: Iterable[dict[str, Any]], *, now: datetime) -> None:
    """Make batches from a stream take effect, each once. Those of imports that were stopped are let go.

    Raises NotYet where orders must wait for customers published before them.
    """
    _persist(stores, list(map(Batch.of, payloads)), now)


def _persist(stores: Stores, found: Sequence[Batch], now: datetime) -> None:
    # A transaction has batches of one source, so that what it did can be undone with its import.
    sources: dict[tuple[str, str | None], list[Batch]] = {}
    for batch in sorted(found, key=lambda batch: (KINDS.index(batch.kind), batch.version)):
        sources.setdefault((batch.kind, batch.import_id), []).append(batch)
    for (kind, _), of_source in sources.items():
        for portion in portions(of_source):
            _PERSIST[kind](stores, portion, now=now)


def isolate(stores: Stores, payload: dict[str, Any], *, now: datetime) -> list[tuple[dict[str, Any], str]]:
    """Persist what of a failing batch can be; each record that can't, as a batch of its own with the reason.

    Raises NotYet, and what persisting raises where no record alone is to blame.
    """
    return poison.isolate(stores, payload, _persist, now=now)


def give_up(stores: Stores, payload: dict[str, Any]) -> None:
    """Refuse every record of a batch that can't be persisted, so that the books of its import balance."""
    batch = Batch.of(payload)
    transact(stores, lambda session: outcomes.give_up(stores, session, batch, poison.refusal))


def preview_file(
    file: BinaryIO,
    filename: str,
    *,
    kind: str | None = None,
    known: Attributes = NO_ATTRIBUTES,
    choices: Choices = NO_CHOICES,
    recall: Recall = nothing_said,
) -> FilePreview:
    """How a file would be understood, from its header and first rows.

    `known` are the custom attributes that there are (`crm.attributes.by_identity`), `choices` what a person
    says of the file, `recall` (`partial(memory.recall, stores)`) what was said of earlier ones like it.
    `kind` overrules the guess. Raises InvalidInput where it is no table at all.
    """
    _check_kind(kind)
    choices, zone = replace(choices, kind=kind or choices.kind), settings().zone
    return uploads.preview(file, choices=choices, known=known, recall=recall, first=_PREVIEWED, zone=zone)


def read_as_said(
    stores: Stores, file: BinaryIO, *, kind: str | None, overrules: Overrules, columns: Mapping[str, Any]
) -> Reading:
    """How a file is read with what a program says of it (`crm.ingestion.agreed.read`), for `start_import`.

    What is not said is as remembered of files with the same headers, else as the file says itself. Raises
    InvalidInput with every field at fault.
    """
    _check_kind(kind)
    known, recall = attributes.by_identity(stores), partial(memory.recall, stores)
    reading = agreed.read(file, kind, overrules, columns, known, recall)
    file.seek(0)
    return reading


def start_import(
    stores: Stores,
    file: BinaryIO | None,
    *,
    kind: str | None,
    filename: str,
    account_id: str | None,
    now: datetime,
    existing: str = batches.UPDATE,
    totals: str = imports.TOTALS[0],
    confirm: bool = False,
    reading: Reading | None = None,
    waiting: str | None = None,
) -> str:
    """Spool a file and queue its import; returns the import's id. A worker reads and validates it.

    `existing` is what becomes of customers we have: `update` changes what differs, `fill` only fills what is
    empty, `skip` leaves them. With `totals="ignore"` totals of customers are left out. With `confirm` nothing
    is written before `crm.imports.confirm_import`: the import finds out what it would do, and asks.
    `reading` is how the file is read, as somebody has agreed to; without it the file says so itself.
    In the place of `file`, `waiting` names one that the account has sent to the spool before
    (`crm.waiting_files`). Raises InvalidInput, and NotFound when that is not there any more.
    """
    _check_kind(kind)
    _check_choices(kind, existing, totals)
    import_id = new_id()
    file_id, size = _spooled(stores, file, import_id, filename, waiting, account_id)
    document: Document = {
        "_id": import_id, "kind": kind, "filename": filename, "fileId": file_id, "size": size,
        "existing": existing, "totals": totals, "createdBy": account_id, "createdAt": now, "announcedAt": now,
        **_QUEUED,
    }  # fmt: skip
    if reading is not None:
        document |= {"kind": reading.kind, "reading": reading.document()}
    if confirm:
        document["confirm"] = progress.ASKED
    store.insert(stores, document)
    imports.announce(stores, document)
    return import_id


def _spooled(
    stores: Stores,
    file: BinaryIO | None,
    import_id: str,
    filename: str,
    waiting: str | None,
    account_id: str | None,
) -> tuple[str, int]:
    """The id of the file in the spool, and its size in bytes."""
    if file is not None:
        return import_id, spool.save(stores, file, import_id, filename)
    if waiting and account_id and (taken := spool.take(stores, waiting, account_id)):
        return waiting, taken["length"]
    raise NotFound("The file is not there any more. Upload it once more.")


def _check_choices(kind: str | None, existing: str, totals: str) -> None:
    for name, value, known in (("existing", existing, batches.EXISTING), ("totals", totals, imports.TOTALS)):
        if value not in known:
            raise InvalidInput(
                f"There is no such choice of {name}.",
                [FieldError(name, f"must be one of {', '.join(known)}")],
            )
    chosen = [name for name, value in (("existing", existing), ("totals", totals)) if value != _USUAL[name]]
    if chosen and kind in (ORDERS, PRODUCTS):
        raise InvalidInput(
            "That is a choice for files of customers.",
            [FieldError(name, "only customers have it") for name in chosen],
        )


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"A file holds {', '.join(KINDS[:-1])} or {KINDS[-1]}, not {kind}.")


def run_import(
    stores: Stores, import_id: str, *, clock: Callable[[], datetime], pause: Callable[[float], None]
) -> None:
    """Do what is left of an import, from wherever it was left. Raises NotYet while it waits for others."""
    imports.run(stores, import_id, clock=clock, pause=pause)


def announce_lost_imports(stores: Stores, *, now: datetime) -> None:
    """Queue once more what was uploaded and never taken up: its announcement was lost with the uploader."""
    for document in store.take_lost(stores, announced_before=now - _LOST_AFTER, now=now):
        imports.announce(stores, document)


def fail_import(stores: Stores, import_id: str, *, now: datetime) -> None:
    """End an import that a worker gave up on; what is persisted by then stays."""
    failed = {"state": "failed", "message": words.GIVEN_UP, "finishedAt": now}
    store.change(stores, import_id, failed, states=imports.ACTIVE)


def cancel_import(stores: Stores, import_id: str, *, now: datetime) -> None:
    """Stop an import; what is persisted by then stays. Raises NotFound, IllegalTransition once it ended."""
    document = store.get(stores, import_id)
    if document is None:
        raise NotFound("There is no such import.")
    cancelled = {"state": "cancelled", "finishedAt": now}
    if document.get("confirm") == progress.ASKED:
        cancelled |= {"rows": 0, "refused": 0, "expected": dict.fromkeys(document.get("expected", ()), 0)}
    if store.change(stores, import_id, cancelled, states=imports.GOING_ON) is None:
        raise IllegalTransition("The import has ended already.")
    if document.get("confirm") == progress.ASKED:
        rejections.remove(stores, import_id)


def import_rejections_csv(stores: Stores, import_id: str) -> Iterator[str]:
    """The refused rows as CSV, in the file's own columns, with the row's number and the reason.

    Raises NotFound at once. No cell can turn into a formula in a spreadsheet.
    """
    document = store.get(stores, import_id)
    if document is None:
        raise NotFound("There is no such import.")
    columns = [one["column"] for one in document.get("mapping", [])]
    columns = columns[: of_the_file(columns)]  # corrected rows that are refused again have OF_REFUSED by now
    header = [*columns, *OF_REFUSED]
    return spreadsheets.csv_pieces(header, _refused_rows(stores, import_id, len(columns)))


def _refused_rows(stores: Stores, import_id: str, width: int) -> Iterator[list[object]]:
    for one in rejections.of_import(stores, import_id):
        cells = [cell["value"] for cell in one.get("values", [])]
        cells = (cells + [""] * width)[:width]
        yield [*cells, one["row"], one["field"], one["code"], one["reason"]]
