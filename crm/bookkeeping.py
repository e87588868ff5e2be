"""Totals of customers held against their orders: an audit, and a repair where they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.ingestion import journal, totals
from crm.stores import customers, orders
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact

_AT_ONCE = 1000
_FIELDS = ("opening", "updatedAt", *totals.SUMS, *totals.DATES)


@dataclass(frozen=True, slots=True)
class Difference:
    """A customer whose totals are not what his orders say: `{field: (is, should be)}`, None for missing."""

    customer_id: str
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Audited:
    """Some customers that were looked at, and those of them who were wrong."""

    customers: int
    wrong: tuple[Difference, ...]


def audit(stores: Stores, *, repair: bool, now: datetime) -> Iterator[Audited]:
    """Recompute the totals and dates of every customer from his opening balance and his orders.

    Each thousand customers are read at one instant, so that workers may go on meanwhile: they are never
    taken for wrong because an order is on its way. With `repair`, what differs is set right in the same
    transaction.
    """
    after = ""
    while True:
        ids = customers.ids_after(stores, after, _AT_ONCE)
        if not ids:
            return
        yield transact(stores, lambda session, ids=ids: _audit(stores, session, ids, repair, now))  # type: ignore[misc]
        after = ids[-1]


def orphans(stores: Stores) -> int:
    """How many orders belong to customers that are not there."""
    return orders.without_customer(stores)


def _audit(stores: Stores, session: Session, ids: list[str], repair: bool, now: datetime) -> Audited:
    found = customers.find(stores, session, ids=ids, fields=_FIELDS)
    bought: dict[str, list[Document]] = {}
    for order in orders.of_customers(stores, session, ids):
        bought.setdefault(order["customerId"], []).append(order)
    wrong = [
        Difference(customer["_id"], fields)
        for customer in found
        if (fields := _differing(customer, bought.get(customer["_id"], [])))
    ]
    if repair and wrong:
        moment = journal.stamp(now, found)
        changes = (
            (
                one.customer_id,
                {name: should for name, (_, should) in one.fields.items()}
                | {"updatedAt": moment, "repairedAt": moment},  # which tells the snapshot: no order changes
            )
            for one in wrong
        )
        customers.move(stores, session, changes)
    return Audited(len(found), tuple(wrong))


def _differing(customer: Document, bought: list[Document]) -> dict[str, tuple[Any, Any]]:
    opening = customer.get("opening") or {}
    start = {name: opening.get(name, totals.NOTHING[name]) for name in totals.SUMS}
    expected = totals.sums(start, opening, come=bought) | totals.dates(bought, opening)
    return {
        name: (customer.get(name), should)
        for name, should in expected.items()
        if customer.get(name) != should
    }
