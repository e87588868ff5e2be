"""The customers that one transaction works on, by every key, as they are and as they will be."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from crm.fields import Field, fold, folded_document
from crm.ingestion import totals
from crm.stores import customers as store
from crm.stores.connection import Document, Session, Stores, new_id

BUCKETS = 10_000


def bucket_of(key: str) -> int:
    """0–9999, the same for the same key for ever: what random shares of customers are made of."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % BUCKETS


def new_customer(
    fields: dict[str, Any],
    *,
    version: int,
    at: datetime,
    import_id: str | None,
    attributes: Sequence[Field] = (),
) -> Document:
    """A customer's document from the fields that were given; the three totals always exist."""
    folded = folded_document(fields, attributes)
    customer: Document = {"_id": new_id(), **fields, **totals.NOTHING}
    customer["bucket"] = bucket_of(str(fields.get("externalId") or folded.get("email")))
    customer["folded"] = folded
    if import_id is not None:
        customer["importId"] = import_id
    customer["createdAt"] = customer["updatedAt"] = at
    customer["version"] = version
    return customer


def _folded_email(customer: Document) -> str | None:
    """From the address itself where `folded` was not read: to read an object takes longer than to fold."""
    if (folded := customer.get("folded")) is not None:
        email: str | None = folded.get("email")
        return email
    return fold(address) if (address := customer.get("email")) else None


class People:
    """Customers by id, external id and folded e-mail. `changed` and `moved` collect what is to be written.

    `before` has each changed customer as he was found, `stamps` the `updatedAt` of each who was moved, and
    `found` all who were found.
    """

    def __init__(self, found: Sequence[Document]) -> None:
        self._by_id: dict[str, Document] = {}
        self._by_external_id: dict[str, Document] = {}
        self._by_email: dict[str, Document] = {}
        self.created: dict[str, Document] = {}
        self.changed: dict[str, dict[str, Any]] = {}
        self.before: dict[str, Document] = {}
        self.found = found
        self.moved: dict[str, dict[str, Any]] = {}
        self.stamps: dict[str, datetime | None] = {}
        for customer in found:
            self._index(customer)

    @classmethod
    def load(
        cls,
        stores: Stores,
        session: Session,
        *,
        ids: Collection[str] = (),
        external_ids: Collection[str] = (),
        emails: Collection[str] = (),
        fields: Sequence[str] | None = None,
    ) -> "People":
        """`emails` are folded. With `fields`, only these are read of each customer."""
        return cls(
            store.find(stores, session, ids=ids, external_ids=external_ids, emails=emails, fields=fields)
        )

    def _index(self, customer: Document) -> None:
        self._by_id[customer["_id"]] = customer
        if external_id := customer.get("externalId"):
            self._by_external_id[external_id] = customer
        if email := _folded_email(customer):
            self._by_email[email] = customer

    def of_id(self, customer_id: str) -> Document | None:
        """By our own id, else by the shop's."""
        return self._by_id.get(customer_id) or self._by_external_id.get(customer_id)

    def of_external_id(self, external_id: str) -> Document | None:
        return self._by_external_id.get(external_id)

    def of_email(self, email: str) -> Document | None:
        return self._by_email.get(fold(email))

    def __getitem__(self, customer_id: str) -> Document:
        return self._by_id[customer_id]

    def add(self, customer: Document) -> None:
        self.created[customer["_id"]] = customer
        self._index(customer)

    def move(self, customer: Document, fields: dict[str, Any]) -> None:
        """`change` of totals and dates only, no key among them, which is cheaper; notes the former stamp."""
        customer_id = customer["_id"]
        if customer_id not in self.created:
            self.stamps.setdefault(customer_id, customer.get("updatedAt"))
            if (moved := self.moved.setdefault(customer_id, fields)) is not fields:
                moved.update(fields)
        customer.update(fields)
        if None in fields.values():
            for name in [name for name, value in fields.items() if value is None]:
                del customer[name]

    def leave(self, customer_id: str) -> None:
        """Write no change of this customer."""
        self.changed.pop(customer_id, None)
        self.moved.pop(customer_id, None)

    def change(self, customer: Document, fields: dict[str, Any]) -> None:
        """Set fields (None removes one), now in memory and in the end in MongoDB."""
        if customer["_id"] not in self.created and customer["_id"] not in self.before:
            self.before[customer["_id"]] = dict(customer)
        for keys, key in (
            (self._by_external_id, customer.get("externalId")),
            (self._by_email, _folded_email(customer)),
        ):
            if key is not None:
                keys.pop(key, None)
        for name, value in fields.items():
            if value is None:
                customer.pop(name, None)
            else:
                customer[name] = value
        self._index(customer)
        if customer["_id"] not in self.created:
            self.changed.setdefault(customer["_id"], {}).update(fields)

    def write(self, stores: Stores, session: Session) -> None:
        """Updates first: where another transaction has one of them, this fails before most of its work.

        In the order of their ids, which is about that of their places on disk: a tenth less for MongoDB.
        """
        store.move(stores, session, sorted(self.moved.items()))
        store.update(stores, session, sorted(self.changed.items()))
        store.insert(stores, session, list(self.created.values()))
