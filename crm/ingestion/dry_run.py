"""What an import would do, to the row, without writing any of it to MongoDB.

Records go through the same decisions as when they are persisted, in memory. What earlier rows would have
changed lies in a scratch on disk, and later rows find it there before they look into MongoDB.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from crm.ingestion import custom, persist_customers, persist_orders, persist_products
from crm.ingestion.batches import Batch, Tally
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.people import People
from crm.stores import customers, orders, products
from crm.stores.connection import Document, Stores
from crm.stores.scratch import Scratch

_EMAIL, _EXTERNAL_ID = "e:", "x:"


class DryRun:
    """Takes the batches of one import, in the order of its rows."""

    def __init__(self, stores: Stores, scratch: Scratch, now: datetime) -> None:
        self._stores = stores
        self._scratch = scratch
        self._now = now

    def take(self, batch: Batch) -> Tally:
        """What would become of these records, after all that were taken before."""
        take: dict[str, Callable[[Batch], Tally]] = {
            CUSTOMERS: self._customers, ORDERS: self._orders, PRODUCTS: self._products,
        }  # fmt: skip
        return take[batch.kind](batch)

    def _customers(self, batch: Batch) -> Tally:
        external_ids, emails = persist_customers.keys(batch.records)
        people = self._people(external_ids=external_ids, emails=emails)
        attributes = custom.Settled(self._stores, None, batch.records)
        desk = persist_customers.Desk(people, self._now, attributes)
        [tally] = desk.decide(self._stores, None, [batch])
        self._keep(people)
        return tally

    def _orders(self, batch: Batch) -> Tally:
        references, named, emails = persist_orders.keys(batch.records)
        found = self._scratch.get(references)
        known = [*found.values(), *orders.find(self._stores, None, references - found.keys())]
        people = self._people(
            ids=named | {order["customerId"] for order in known}, external_ids=named, emails=emails
        )
        desk = persist_orders.Desk(people, known, self._now, certain=True)
        tally = desk.take(batch)
        as_they_are = desk.told.keys() - desk.after.keys()
        self._scratch.put(desk.before[one] | {"version": desk.told[one]} for one in as_they_are)
        self._scratch.put(desk.after.values())
        self._keep(people)
        return tally

    def _products(self, batch: Batch) -> Tally:
        ids = persist_products.keys(batch.records)
        found = self._scratch.get(ids)
        known = [*found.values(), *products.find(self._stores, None, ids - found.keys())]
        desk = persist_products.Desk(known, self._now)
        tally = desk.take(batch)
        self._scratch.put(desk.changed.values())
        return tally

    def _people(
        self, *, ids: Collection[str] = (), external_ids: Collection[str], emails: Collection[str]
    ) -> People:
        """Customers as they would be by now: an address that somebody would have given up is free."""
        stored = customers.find(self._stores, None, ids=ids, external_ids=external_ids, emails=emails)
        names = [*map(_EMAIL.__add__, emails), *map(_EXTERNAL_ID.__add__, external_ids)]
        wanted = {*ids, *self._scratch.named(names).values(), *(one["_id"] for one in stored)}
        found = {one["_id"]: one for one in stored} | self._scratch.get(wanted)
        return People(list(found.values()))

    def _keep(self, people: People) -> None:
        changed = [people[one] for one in (*people.created, *people.changed)]
        self._scratch.put(changed)
        self._scratch.name((name, one["_id"]) for one in changed for name in _names(one))


def _names(customer: Document) -> list[str]:
    names = [_EMAIL + email] if (email := customer.get("folded", {}).get("email")) else []
    return names + ([_EXTERNAL_ID + key] if (key := customer.get("externalId")) else [])
