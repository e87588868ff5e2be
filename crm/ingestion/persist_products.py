"""Batches of products → MongoDB, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from crm.ingestion import journal, outcomes
from crm.ingestion.batches import Batch, Tally
from crm.ingestion.journal import Seen
from crm.stores import products as store
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact


def persist(stores: Stores, batches: Sequence[Batch], *, now: datetime) -> None:
    """Create, update or leave each product; what was not given stays as it is."""
    transact(stores, lambda session: _persist(stores, session, batches, now), look_again=True)


def _persist(stores: Stores, session: Session, batches: Sequence[Batch], now: datetime) -> None:
    batches = outcomes.open_batches(stores, session, batches)
    ids = {record["productId"] for batch in batches for record in batch.records}
    known = {product["_id"]: product for product in store.find(stores, session, ids)}
    before = dict(known)
    moment = journal.stamp(now, known.values())
    changed: dict[str, Document] = {}
    tallies = []
    for batch in batches:
        tally = Tally()
        for record in batch.records:
            given = {name: value for name, value in record.items() if name != "productId"}
            product_id = record["productId"]
            old = known.get(product_id)
            if old is None:
                tally.created += 1
            elif old["version"] > batch.version or given.items() <= old.items():
                tally.unchanged += 1
                continue
            else:
                tally.updated += 1
            product = {**(old or {"_id": product_id}), **given, "updatedAt": moment, "version": batch.version}
            known[product_id] = changed[product_id] = product
        tallies.append(tally)
    store.save(stores, session, list(changed.values()))
    journal.note(
        stores, session, batches, moment,
        created=[one for one in changed if one not in before],
        before=[before[one] for one in changed if one in before],
        seen=Seen(),
    )  # fmt: skip
    outcomes.close_batches(stores, session, zip(batches, tallies, strict=True))
