"""Batches of orders → MongoDB, with the totals of their customers in the same transaction.

So at every instant each customer's totals are his opening balance plus the sum of his orders, and a batch
that comes again, whole or in part, adds nothing: an order is found by its reference and adds new − old.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Any

from crm.errors import NotYet
from crm.fields import fold
from crm.ingestion import journal, outcomes, settling
from crm.ingestion.batches import Batch, Tally
from crm.ingestion.journal import Seen
from crm.ingestion.people import People, new_customer
from crm.ingestion.records import Record, Refusal, folded_line
from crm.stores import groups
from crm.stores import orders as store
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact

_ONCE = (
    "products",
    "createdAt",
    "currency",
)  # beside total and customer, what one file says once of an order


_WHILE = 100  # transactions

NOT_YOURS = "an order of somebody else has this reference: leave it out, or give another one"


class _NotThere(Exception):
    """A record refers to a customer or to an order that is not there, as yet."""


class _Expectation(threading.local):
    """Whether this thread takes complete orders for new ones: it inserts them without looking for them first.

    One that is there makes the insert fail and the transaction begin again with a look, so after one was
    found, the thread looks for a while. This is for speed alone.
    """

    looks = 0  # how many transactions are still to look

    def new(self, batches: Sequence[Batch]) -> bool:
        return not self.looks and all(
            "total" in record and ("customerEmail" in record or "customerId" in record)
            for batch in batches
            for record in batch.records
        )

    def looked(self, found: bool) -> None:
        self.looks = _WHILE if found else max(self.looks - 1, 0)


_expectation = _Expectation()


def persist(stores: Stores, batches: Sequence[Batch], *, now: datetime) -> None:
    """Create, update or leave each order and bring its customer's totals along.

    Raises NotYet while what an order refers to may still be on its way, that is, until everything published
    before the order is persisted; after that it is refused.
    """
    looks = chain([not _expectation.new(batches)], repeat(True))
    try:
        transact(
            stores,
            lambda session: _persist(stores, session, batches, now, look=next(looks)),
            look_again=True,
        )
    except _NotThere:
        # Asked before the second look into MongoDB: what was finished by then, that look must see.
        waits = {(stream, entry) for batch in batches for stream, entry in batch.after.items()}
        if not all(groups.finished(stores, stream, entry) for stream, entry in waits):
            raise NotYet("what was published before these orders is not persisted yet") from None
        transact(
            stores, lambda session: _persist(stores, session, batches, now, certain=True), look_again=True
        )


def _persist(
    stores: Stores,
    session: Session,
    batches: Sequence[Batch],
    now: datetime,
    *,
    look: bool = True,
    certain: bool = False,
) -> None:
    batches = outcomes.open_batches(stores, session, batches)
    references, named, emails = keys([record for batch in batches for record in batch.records])
    known = store.find(stores, session, references) if look else []
    if look:
        _expectation.looked(bool(known))
    people = People.load(
        stores,
        session,
        ids=named | {order["customerId"] for order in known},
        external_ids=named,
        emails=emails,
        fields=settling.FIELDS,
    )
    desk = Desk(people, known, now, certain)
    tallies = [desk.take(batch) for batch in batches]
    desk.settle_totals(stores, session)
    people.write(stores, session)
    desk.write(stores, session)
    desk.note(stores, session, batches)
    outcomes.close_batches(stores, session, zip(batches, tallies, strict=True), people.created)


def keys(records: Sequence[Record]) -> tuple[set[str], set[str], set[str]]:
    """References of these orders, and the ids and folded e-mails that their customers are found by."""
    return (
        {record["orderReference"] for record in records},
        {record["customerId"] for record in records if "customerId" in record},
        {fold(record["customerEmail"]) for record in records if "customerEmail" in record},
    )


class Desk:
    """Takes records one after the other, each seeing what the ones before it did."""

    def __init__(self, people: People, known: Sequence[Document], now: datetime, certain: bool) -> None:
        self.people = people
        self.now = journal.stamp(now, people.found, known)
        self.certain = certain
        self.before = {order["_id"]: order for order in known}
        self.after: dict[str, Document] = {}
        self.seen = Seen()
        self.told: dict[str, int] = {}  # reference → version of what was as it is already

    def take(self, batch: Batch) -> Tally:
        refused: list[tuple[int, Record, Refusal]] = []
        done = {"created": 0, "updated": 0, "unchanged": 0}
        before, after = self.before, self.after
        for row, record in zip(batch.rows, batch.records, strict=True):
            reference = record["orderReference"]
            try:
                if (old := after.get(reference) or before.get(reference)) is None:
                    after[reference] = self._new(record, batch)
                    done["created"] += 1
                else:
                    done[self._again(record, old, batch)] += 1
            except Refusal as refusal:
                refused.append((row, record, refusal))
        return Tally(**done, refused=refused)

    def _again(self, record: Record, old: Document, batch: Batch) -> str:
        """What becomes of an order that is there already."""
        reference = old["_id"]
        self._check_told_once(record, old, batch)
        if old["version"] > batch.version:
            return "unchanged"
        new = _said_by(record, old)
        _check_refund(new, old, record)
        new["customerId"] = self._customer_of(record, old, batch)
        if batch.own and new["customerId"] != old["customerId"]:
            raise Refusal("orderReference", "not_yours", NOT_YOURS)
        if new == old:
            self.told[reference] = batch.version
            if batch.version > old["version"]:
                self.seen.note(reference, was=old["version"], now=batch.version)
            return "unchanged"
        new["version"] = batch.version
        new["updatedAt"] = self.now
        self.after[reference] = new
        return "updated"

    def _new(self, record: Record, batch: Batch) -> Document:
        if "total" not in record:
            if not self.certain:
                raise _NotThere
            reason = "there is no such order yet, and a new one needs its total"
            raise Refusal("total", "no_total", reason)
        order: Document = {
            "_id": record["orderReference"], "customerId": "", "products": [], "status": "placed",
            "createdAt": batch.accepted_at, **record, "version": batch.version, "updatedAt": self.now,
        }  # fmt: skip
        _keep(order, record)
        if batch.import_id is not None:
            order["importId"] = batch.import_id
        _check_refund(order, None, record)
        order["customerId"] = self._customer_of(record, None, batch)
        return order

    def _check_told_once(self, record: Record, old: Document, batch: Batch) -> None:
        """Of two rows of one file that say different things of one order, nothing tells which is right."""
        since, told = batch.since, self.told.get(old["_id"], int(old["version"]))
        if since is None or told < since or "total" not in record:
            return
        whose = self._known_customer(record)
        differs = [
            name for name in _ONCE if name in record and old.get(name) and _said(old, name) != record[name]
        ]
        if differs or record["total"] != old["total"] or whose is None or whose["_id"] != old["customerId"]:
            raise Refusal(
                differs[0] if differs else "orderReference",
                "told_twice",
                f"another row of the file says something else of the order {old['_id'][:60]}; rows of one "
                "order are not put together",
            )

    def _known_customer(self, record: Record) -> Document | None:
        if (named := record.get("customerId")) and (customer := self.people.of_id(named)) is not None:
            return customer
        email = record.get("customerEmail")
        return self.people.of_email(email) if email else None

    def _customer_of(self, record: Record, old: Document | None, batch: Batch) -> str:
        """Whose order it is, by id, else by e-mail; an e-mail that nobody has makes a customer."""
        customer = self._known_customer(record) or self._new_customer(record, batch)
        if customer is not None:
            customer_id: str = customer["_id"]
            return customer_id
        named = record.get("customerId")
        if named is None and old is not None:
            return str(old["customerId"])
        if not self.certain:
            raise _NotThere
        raise Refusal(
            "customerId",
            "unknown_customer",
            f"no customer has the id {named}, and there is no e-mail address to make one of",
        )

    def _new_customer(self, record: Record, batch: Batch) -> Document | None:
        if not (email := record.get("customerEmail")):
            return None
        fields = {"name": record.get("customerName"), "email": email, "externalId": record.get("customerId")}
        customer = new_customer(
            {name: value for name, value in fields.items() if value is not None},
            version=0,  # whatever a customer's own record says is newer
            at=batch.accepted_at,
            import_id=batch.import_id,
        )
        self.people.add(customer)
        return customer

    def settle_totals(self, stores: Stores, session: Session) -> None:
        """Move the totals of every customer whose orders changed, by what changed."""
        gone = [old for one in self.after if (old := self.before.get(one))]
        settling.settle(stores, session, self.people, gone=gone, come=self.after.values(), at=self.now)

    def write(self, stores: Stores, session: Session) -> None:
        store.insert(stores, session, [order for one, order in self.after.items() if one not in self.before])
        store.replace(stores, session, [order for one, order in self.after.items() if one in self.before])
        for version, references in self.seen.by_version().items():
            store.seen(stores, session, [one for one in references if one not in self.after], version)

    def note(self, stores: Stores, session: Session, batches: Sequence[Batch]) -> None:
        """Keep for an undo what this transaction does to orders, and to whose totals."""
        journal.note(
            stores, session, batches, self.now,
            created=[one for one in self.after if one not in self.before],
            before=[self.before[one] for one in self.after if one in self.before],
            seen=self.seen,
            newCustomers=list(self.people.created),
            moved=[{"_id": one, "was": was} for one, was in self.people.stamps.items()],
        )  # fmt: skip


def _said(order: Document, name: str) -> Any:
    if name != "products":
        return order[name]
    return [{key: value for key, value in line.items() if key != "folded"} for line in order[name]]


def _said_by(record: Record, order: Document) -> Document:
    """The order with what a record says of it, each line with the form of it that rules compare by.

    `customerId` may be the shop's own in it: whose the order is has still to be found out.
    """
    new = {**order, **record}
    _keep(new, record)
    return new


def _keep(order: Document, record: Record) -> None:
    """Leave in an order what is kept of its record, each line with the form that rules compare by."""
    del order["orderReference"]
    order.pop("customerEmail", None)
    order.pop("customerName", None)
    if "products" in record:
        order["products"] = [{**line, "folded": folded_line(line)} for line in record["products"]]


def _check_refund(order: Document, old: Document | None, record: Record) -> None:
    """A refunded order of which no amount is known is refunded in full."""
    if order["status"] == "refunded" and "refunded" not in order:
        order["refunded"] = order["total"]
    if "refunded" in order and order["refunded"] > order["total"]:
        if old is not None and "refunded" not in record:
            order["refunded"] = order["total"]  # the order shrank: no more can have been refunded
        else:
            raise Refusal("refunded", "impossible", "more was refunded than the order is worth")
