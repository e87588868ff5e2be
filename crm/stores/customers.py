"""Writing customers: `customers`, one document a person. Reading them for people is `directory`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import ReplaceOne, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession

from crm.stores import documents
from crm.stores.connection import Document, Stores

_NAME = "customers"


def find(
    stores: Stores,
    session: ClientSession | None,
    *,
    ids: Collection[str] = (),
    external_ids: Collection[str] = (),
    emails: Collection[str] = (),
    fields: Sequence[str] | None = None,
) -> list[Document]:
    """Every customer with one of these ids, external ids or folded e-mails; only `fields` where given."""
    either = [
        {path: {"$in": list(wanted)}}
        for path, wanted in (("_id", ids), ("externalId", external_ids), ("folded.email", emails))
        if wanted
    ]
    if not either:
        return []
    query = either[0] if len(either) == 1 else {"$or": either}
    return documents.read(stores, session, _NAME, query, fields)


def ids_after(stores: Stores, after: str, limit: int) -> list[str]:
    """The next ids in their order."""
    found = stores.collection(_NAME).find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id").limit(limit)
    return [one["_id"] for one in found]


def insert(stores: Stores, session: ClientSession, customers: Sequence[Document]) -> None:
    documents.insert(stores, session, _NAME, customers)


def update(
    stores: Stores, session: ClientSession, changes: Iterable[tuple[str, Mapping[str, object]]]
) -> None:
    """Set and, where a value is None, remove fields of customers, in this order: `(id, {path: value})`."""
    writes = [UpdateOne({"_id": customer_id}, _change(fields)) for customer_id, fields in changes]
    if writes:
        stores.collection(_NAME).bulk_write(writes, session=session)


def move(stores: Stores, session: ClientSession, changes: Iterable[tuple[str, Mapping[str, object]]]) -> None:
    """`update` for a handful of numbers and moments each, such as totals, at half its processor time."""
    documents.update(stores, session, _NAME, [(one, _change(fields)) for one, fields in changes])


def _change(fields: Mapping[str, object]) -> Document:
    if None not in fields.values():
        return {"$set": fields}
    change: Document = {"$set": {path: value for path, value in fields.items() if value is not None}}
    if gone := {path: "" for path, value in fields.items() if value is None}:
        change["$unset"] = gone
    return change


def count_visit(
    stores: Stores, *, customer_id: str | None, email: str | None, at: datetime, now: datetime
) -> int | None:
    """Count a visit of the customer with this id (ours, else the shop's) or folded e-mail; None: nobody."""
    ways: list[Document] = [{"_id": customer_id}, {"externalId": customer_id}] if customer_id else []
    if email:
        ways.append({"folded.email": email})
    change = {"$inc": {"visitCount": 1}, "$max": {"lastActive": at}, "$set": {"updatedAt": now}}
    for query in ways:
        found = stores.collection(_NAME).find_one_and_update(
            query, change, {"visitCount": 1}, return_document=ReturnDocument.AFTER
        )
        if found is not None:
            return int(found["visitCount"])
    return None


def seen(stores: Stores, session: ClientSession, ids: Sequence[str], version: int) -> None:
    """Remember that these were given again as they are, at `version`; nothing else changes."""
    if ids:
        stores.collection(_NAME).update_many(
            {"_id": {"$in": list(ids)}}, {"$max": {"version": version}}, session=session
        )


def delete(stores: Stores, session: ClientSession, ids: Collection[str]) -> None:
    if ids:
        stores.collection(_NAME).delete_many({"_id": {"$in": list(ids)}}, session=session)


def restore(stores: Stores, session: ClientSession, customers: Sequence[Document]) -> None:
    """Put customers that there are back to what these documents say, whatever keys they have now."""
    if not customers:
        return
    # Two of them may have exchanged their addresses: all keys are let go before any is taken again.
    ids = [one["_id"] for one in customers]
    free: Document = {"$unset": {"folded.email": "", "externalId": ""}}
    stores.collection(_NAME).update_many({"_id": {"$in": ids}}, free, session=session)
    writes = [ReplaceOne({"_id": one["_id"]}, one) for one in customers]
    stores.collection(_NAME).bulk_write(writes, ordered=False, session=session)
