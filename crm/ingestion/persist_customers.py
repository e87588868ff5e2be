"""Batches of customers → MongoDB, in one transaction: each batch takes effect once, or not yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.fields import fold, folded_document
from crm.ingestion import custom, journal, outcomes, totals
from crm.ingestion.batches import FILL, SKIP, UPDATE, Batch, Tally
from crm.ingestion.journal import Seen
from crm.ingestion.people import People, new_customer
from crm.ingestion.records import Record, Refusal
from crm.stores import customers as store
from crm.stores import orders
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact


def persist(stores: Stores, batches: Sequence[Batch], *, now: datetime) -> None:
    """Create, update or leave each customer. Batches that were persisted before change nothing."""
    transact(stores, lambda session: _persist(stores, session, batches, now), look_again=True)


def _persist(stores: Stores, session: Session, batches: Sequence[Batch], now: datetime) -> None:
    batches = outcomes.open_batches(stores, session, batches)
    records = [record for batch in batches for record in batch.records]
    external_ids, emails = keys(records)
    people = People.load(stores, session, external_ids=external_ids, emails=emails)
    desk = Desk(people, now, custom.Settled(stores, session, records))
    tallies = desk.decide(stores, session, batches)
    people.write(stores, session)
    for version, ids in desk.seen.by_version().items():
        store.seen(stores, session, ids, version)
    before = [desk.seen.unseen(customer) for customer in people.before.values()]
    journal.note(stores, session, batches, desk.now, created=people.created, before=before, seen=desk.seen)
    outcomes.close_batches(stores, session, zip(batches, tallies, strict=True), people.created)


def keys(records: Sequence[Record]) -> tuple[set[str], set[str]]:
    """External ids and folded e-mails that these records are found by."""
    return (
        {record["externalId"] for record in records if "externalId" in record},
        {fold(record["email"]) for record in records if "email" in record},
    )


class Desk:
    """Takes records one after the other, each seeing what the ones before it did, in memory alone."""

    def __init__(self, people: People, now: datetime, attributes: custom.Settled) -> None:
        self.people = people
        self.now = journal.stamp(now, people.found)
        self.seen = Seen()
        self._attributes = attributes
        self._openings: dict[str, Document] = {}  # as they were before this transaction

    def decide(self, stores: Stores, session: Session | None, batches: Sequence[Batch]) -> list[Tally]:
        """What becomes of the records of each batch; `people` has what is to be written."""
        tallies = [self._batch(batch) for batch in batches]
        self._settle_openings(stores, session)
        return tallies

    def _batch(self, batch: Batch) -> Tally:
        refused: list[tuple[int, Record, Refusal]] = []
        done = {"created": 0, "updated": 0, "unchanged": 0}
        for row, record in zip(batch.rows, batch.records, strict=True):
            try:
                done[self._take(dict(record), batch)] += 1
            except Refusal as refusal:
                refused.append((row, record, refusal))
        return Tally(**done, refused=refused)

    def _take(self, record: Record, batch: Batch) -> str:
        known = self._known(record)
        opening = totals.given_opening(record)
        given = self._attributes.of(record)
        if known is None:
            self._create(record | ({"attributes": given} if given else {}), opening, batch)
            return "created"
        if batch.existing == SKIP:
            return "unchanged"
        as_new = batch.existing == UPDATE and batch.version >= known.get("version", 0)
        changes = _changes(known, record, newer=as_new)
        if (attributes := custom.merged(known, given, newer=as_new)) != known.get("attributes", {}):
            changes["attributes"] = attributes
        if batch.existing == FILL:
            opening = _missing(known, opening)
        new_opening = totals.opened(known.get("opening"), opening, batch.accepted_at)
        if new_opening is not None:
            self._openings.setdefault(known["_id"], known.get("opening") or {})
            changes["opening"] = new_opening
        newer = batch.version > known.get("version", 0)
        if not changes:
            if newer:
                if known["_id"] not in self.people.created:
                    self.seen.note(known["_id"], was=known.get("version"), now=batch.version)
                known["version"] = batch.version
            return "unchanged"
        if changes.keys() != {"opening"}:
            changes["folded"] = folded_document(known | changes, self._attributes.fields)
        changes["updatedAt"] = self.now
        if newer:
            changes["version"] = batch.version
        self.people.change(known, changes)
        return "updated"

    def _known(self, record: Record) -> Document | None:
        external_id, email = record.get("externalId"), record.get("email")
        by_id = self.people.of_external_id(external_id) if external_id else None
        by_email = self.people.of_email(email) if email else None
        if by_id is not None:
            if by_email is not None and by_email is not by_id:
                raise Refusal(
                    "email", "taken", f"another customer than {external_id} has this e-mail address"
                )
            return by_id
        if by_email is not None and external_id and by_email.get("externalId"):
            raise Refusal(
                "email", "taken", f"the customer {by_email['externalId']} has this e-mail address already"
            )
        return by_email

    def _create(self, record: Record, opening: dict[str, Any], batch: Batch) -> None:
        customer = new_customer(
            record,
            version=batch.version,
            at=batch.accepted_at,
            import_id=batch.import_id,
            attributes=self._attributes.fields,
        )
        new_opening = totals.opened(None, opening, batch.accepted_at) if opening else None
        if new_opening is not None:
            customer["opening"], sums = totals.anew(None, new_opening, [])
            customer |= {name: value for name, value in sums.items() if value is not None}
        customer["updatedAt"] = self.now
        self.people.add(customer)

    def _settle_openings(self, stores: Stores, session: Session | None) -> None:
        """Work out the totals of customers whose opening balance changed, from it and their orders."""
        found: dict[str, list[Document]] = {}
        for order in orders.of_customers(stores, session, self._openings):
            found.setdefault(order["customerId"], []).append(order)
        for customer_id, before in self._openings.items():
            customer = self.people[customer_id]
            opening, fields = totals.anew(before, customer["opening"], found.get(customer_id, []))
            self.people.change(customer, {"opening": opening, **fields})


def _missing(known: Document, opening: dict[str, Any]) -> dict[str, Any]:
    """What of given totals and dates fills a gap. A customer with orders or a balance has his totals."""
    balance = known.get("opening", {})
    has_totals = "at" in balance or known["orderCount"] or known["totalOrderValue"]
    taken = {*balance, *(totals.SUMS if has_totals else ())}
    return {name: value for name, value in opening.items() if name not in taken}


def _changes(known: Document, record: Record, *, newer: bool) -> dict[str, Any]:
    """Fields that were given and differ. What came earlier than the last change only fills gaps."""
    return {
        name: value
        for name, value in record.items()
        if known.get(name) != value and (newer or name not in known)
    }
