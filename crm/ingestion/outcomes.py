"""Which batches took effect: written in the transaction of the effect, so that none has it twice."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from crm.fields import fold
from crm.ingestion.batches import Batch, Tally
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.records import Record, Refusal
from crm.stores import imports, rejections
from crm.stores.connection import Document, Session, Stores

_KEPT = timedelta(days=90)
_REFERENCES = {
    CUSTOMERS: ("externalId", "email"),
    ORDERS: ("orderReference",),
    PRODUCTS: ("productId",),
}


def open_batches(stores: Stores, session: Session, batches: Sequence[Batch]) -> list[Batch]:
    """Those of the batches that are still to take effect, each once, oldest version first.

    None of an import that was cancelled or is being undone: its work ends where it was when that was said.
    """
    ours = [batch.id for batch in batches if batch.import_id is not None]
    done = imports.recorded_batches(stores, session, ours)
    owners = {batch.import_id for batch in batches if batch.import_id is not None}
    stopped = imports.stopped(stores, session, owners)
    still = {batch.id: batch for batch in batches if batch.id not in done and batch.import_id not in stopped}
    return sorted(still.values(), key=lambda batch: batch.version)


def close_batches(
    stores: Stores,
    session: Session,
    done: Iterable[tuple[Batch, Tally]],
    made: Collection[str] = (),
) -> None:
    """Keep what was refused, and the counts of what belongs to an import.

    `made` are the customers that the transaction made: they are found by the first and the last of their ids.
    """
    span = [min(made), max(made)] if made else []
    refused: list[Document] = []
    counted: list[Document] = []
    for batch, tally in done:
        tally.refused += batch.refused
        of_batch = [rejection(batch, row, record, refusal) for row, record, refusal in tally.refused]
        counts = tally.counts()
        if batch.corrects:
            # These rows are in the books as refused: those that are taken now leave them.
            counts |= {"read": 0, "rejected": -counts["accepted"]}
            still = {one["_id"] for one in of_batch}
            mended = {f"{batch.import_id}:{row}" for row in batch.rows} - still
            rejections.settle_corrections(stores, session, mended=mended, refused=of_batch)
        else:
            refused += of_batch
        if batch.import_id is not None:
            counted.append({"_id": batch.id, "importId": batch.import_id, "counts": counts, "made": span})
    rejections.add(stores, refused, session)
    imports.record_batches(stores, session, counted)


def references(kind: str, record: Record) -> list[str]:
    """What whoever sent a record will look for it under, folded."""
    given = (record.get(name) for name in _REFERENCES[kind])
    return [fold(text) for text in given if isinstance(text, str) and text]


def rejection(batch: Batch, row: int, record: Record, refusal: Refusal) -> Document:
    """A rejection's document. One of an import gets its row's own values when the import ends."""
    owner = batch.import_id or batch.id
    document: dict[str, Any] = {
        "_id": f"{owner}:{row}",
        "importId": owner,
        "kind": batch.kind,
        "row": row,
        **refusal.document(),
        "references": references(batch.kind, record),
        "at": batch.accepted_at,
    }
    if batch.import_id is None:
        document["expiresAt"] = batch.accepted_at + _KEPT
        document["values"] = {name: value for name, value in record.items() if value is not None}
    return document


def give_up(
    stores: Stores, session: Session, batch: Batch, refusal: Callable[[str, Record], Refusal]
) -> None:
    """Refuse a whole batch that nothing could be made of, unless it took effect after all."""
    for lost in open_batches(stores, session, [batch]):
        numbered = zip(lost.rows, lost.records, strict=True)
        tally = Tally(refused=[(row, record, refusal(lost.kind, record)) for row, record in numbered])
        close_batches(stores, session, [(lost, tally)])
