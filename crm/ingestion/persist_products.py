"""Batches of products → MongoDB, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from crm.ingestion import journal, outcomes
from crm.ingestion.batches import Batch, Tally
from crm.ingestion.journal import Seen
from crm.ingestion.records import Record
from crm.stores import products as store
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact


def persist(stores: Stores, batches: Sequence[Batch], *, now: datetime) -> None:
    """Create, update or leave each product; what was not given stays as it is."""
    transact(stores, lambda session: _persist(stores, session, batches, now), look_again=True)


def _persist(stores: Stores, session: Session, batches: Sequence[Batch], now: datetime) -> None:
    batches = outcomes.open_batches(stores, session, batches)
    found = store.find(stores, session, keys([record for batch in batches for record in batch.records]))
    desk = Desk(found, now)
    tallies = [desk.take(batch) for batch in batches]
    store.save(stores, session, list(desk.changed.values()))
    journal.note(
        stores, session, batches, desk.now,
        created=desk.changed.keys() - desk.before.keys(),
        before=[desk.before[one] for one in desk.changed if one in desk.before],
        seen=Seen(),
    )  # fmt: skip
    outcomes.close_batches(stores, session, zip(batches, tallies, strict=True))


def keys(records: Sequence[Record]) -> set[str]:
    """The ids of these products."""
    return {record["productId"] for record in records}


class Desk:
    """Takes records one after the other, each seeing what the ones before it did, in memory alone."""

    def __init__(self, known: Sequence[Document], now: datetime) -> None:
        self.now = journal.stamp(now, known)
        self.before = {product["_id"]: product for product in known}
        self.changed: dict[str, Document] = {}

    def take(self, batch: Batch) -> Tally:
        tally = Tally()
        for record in batch.records:
            given = {name: value for name, value in record.items() if name != "productId"}
            product_id = record["productId"]
            old = self.changed.get(product_id) or self.before.get(product_id)
            if old is None:
                tally.created += 1
            elif old["version"] > batch.version or given.items() <= old.items():
                tally.unchanged += 1
                continue
            else:
                tally.updated += 1
            product = {**(old or {"_id": product_id}), **given}
            self.changed[product_id] = product | {"updatedAt": self.now, "version": batch.version}
        return tally
