"""Totals of customers whose orders come, change or go, in the transaction that does it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from crm.ingestion import totals
from crm.ingestion.people import People
from crm.stores import orders as store
from crm.stores.connection import Document, Session, Stores

FIELDS = ("externalId", "email", "opening", "updatedAt", *totals.SUMS, *totals.DATES)
"""What `settle` has to know of each customer."""


def settle(
    stores: Stores,
    session: Session,
    people: People,
    *,
    gone: Collection[Document],
    come: Collection[Document],
    at: datetime,
) -> None:
    """Move totals and dates by what changes: `gone` are orders as they were, `come` as they will be."""
    lost, gained = _by_customer(gone), _by_customer(come)
    anew = {one for one, orders in lost.items() if totals.at_an_end(people[one], orders)}
    changing = {order["_id"] for orders in (gone, come) for order in orders} if anew else ()
    rest = _by_customer(store.of_customers(stores, session, anew, but=changing))
    for one in {**lost, **gained}:
        customer, went, came = people[one], lost.get(one, ()), gained.get(one, ())
        opening = customer.get("opening")
        changes: dict[str, Any] = totals.sums(customer, opening, gone=went, come=came)
        if one in anew:
            changes |= totals.dates([*rest.get(one, ()), *came], opening)
        else:
            changes |= totals.widened(customer, came)
        # Written even where nothing differs: two transactions that change orders of one customer must
        # meet, or one of them would look for his first and last date without the other's order.
        changes["updatedAt"] = at
        people.move(customer, changes)


def _by_customer(orders: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for order in orders:
        found.setdefault(order["customerId"], []).append(order)
    return found
