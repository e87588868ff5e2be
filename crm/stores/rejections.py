"""Rows that were refused: `rejections`, `_id` = the import's (or the batch's) id and the row's number.

One that somebody has corrected stays until the batch with it is persisted: `sent` is that batch's id and
`sentAt` when it was published.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import DESCENDING, ReplaceOne, UpdateOne

from crm.stores.connection import Document, Session, Stores

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # any moment, for an index of those that have one


def add(stores: Stores, rejections: Sequence[Document], session: Session | None = None) -> None:
    """Keep rejections; the same row again replaces what was kept of it."""
    if rejections:
        writes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in rejections]
        stores.db.rejections.bulk_write(writes, ordered=False, session=session)


def of_import(stores: Stores, import_id: str, *, limit: int = 0) -> Iterator[Document]:
    """The rejections of an import by row, all of them where there is no limit."""
    yield from stores.db.rejections.find({"importId": import_id}).sort("row").limit(limit)


def later(
    stores: Stores, reference: str, *, before: tuple[datetime, str] | None, limit: int
) -> list[Document]:
    """Refusals by workers, the latest first, of one folded reference where that is given."""
    query: Document = {"references": reference} if reference else {"at": {"$exists": True}}
    if before:
        at, last = before
        query["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": last}}]
    found = stores.db.rejections.find(query, {"expiresAt": 0})
    return list(found.sort([("at", DESCENDING), ("_id", DESCENDING)]).limit(limit))


def rows_without_values(stores: Stores, import_id: str) -> set[int]:
    """Rows whose own values are still to be copied from the file."""
    found = stores.db.rejections.find({"importId": import_id, "values": {"$exists": False}}, {"row": 1})
    return {one["row"] for one in found}


def fill_values(stores: Stores, import_id: str, values: Mapping[int, object]) -> None:
    """Add rows' own values to their rejections: `{row: values}`."""
    if values:
        writes = [
            UpdateOne({"_id": f"{import_id}:{row}"}, {"$set": {"values": of_row}})
            for row, of_row in values.items()
        ]
        stores.db.rejections.bulk_write(writes, ordered=False)


def remove(stores: Stores, import_id: str) -> None:
    """Forget all rejections of an import."""
    stores.db.rejections.delete_many({"importId": import_id})


def page(
    stores: Stores,
    import_id: str,
    *,
    field: str | None,
    code: str | None,
    after: int,
    limit: int,
    skip: int = 0,
) -> list[Document]:
    """Rejections by row, after this row, only those of a field and a code where given."""
    query: Document = {"importId": import_id}
    query |= {"row": {"$gt": after}} if after else {}
    query |= {name: value for name, value in (("field", field), ("code", code)) if value is not None}
    return list(stores.db.rejections.find(query).sort("row").skip(skip).limit(limit))


def reasons(stores: Stores, import_id: str) -> list[Document]:
    """How many rows were refused for which field and code, the most first: `{field, code, rows}`."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"importId": import_id}},
        {"$group": {"_id": {"field": "$field", "code": "$code"}, "rows": {"$sum": 1}}},
        {"$sort": {"rows": -1, "_id": 1}},
    ]
    covered = {"importId": 1, "field": 1, "code": 1, "row": 1}
    return [
        {**one["_id"], "rows": one["rows"]} for one in stores.db.rejections.aggregate(pipeline, hint=covered)
    ]


def of_rows(stores: Stores, import_id: str, rows: Collection[int]) -> list[Document]:
    """Rejections of these rows, by row."""
    return list(
        stores.db.rejections.find({"_id": {"$in": [f"{import_id}:{row}" for row in rows]}}).sort("row")
    )


def correct(stores: Stores, changes: Mapping[str, Document]) -> None:
    """Set fields of rejections that are not sent yet: `{_id: fields}`."""
    if changes:
        writes = [
            UpdateOne({"_id": one, "sent": {"$exists": False}}, {"$set": fields})
            for one, fields in changes.items()
        ]
        stores.db.rejections.bulk_write(writes, ordered=False)


def settle_corrections(
    stores: Stores, session: Session, *, mended: Collection[str], refused: Iterable[Document]
) -> None:
    """Drop rejections of rows that were taken; the others can be corrected again, for their new reason."""
    if mended:
        stores.db.rejections.delete_many({"_id": {"$in": list(mended)}}, session=session)
    for one in refused:
        said = {name: one[name] for name in ("field", "code", "reason", "faults")}
        change = {"$set": said, "$unset": {"sent": "", "sentAt": "", "reference": ""}}
        stores.db.rejections.update_one({"_id": one["_id"]}, change, session=session)


def sent(stores: Stores, import_id: str, batch: str) -> list[Document]:
    """Corrected rows that are on their way with this batch, by row."""
    return list(stores.db.rejections.find({"importId": import_id, "sent": batch}).sort("row"))


def any_sent(stores: Stores, import_id: str) -> bool:
    """Whether corrections of the import are on their way."""
    query = {
        "importId": import_id,
        "sent": {"$exists": True},
        "sentAt": {"$gt": _LONG_AGO},
    }
    return stores.db.rejections.find_one(query, {"_id": 1}) is not None


def sent_before(stores: Stores, moment: datetime) -> list[Document]:
    """Batches of corrected rows that are on their way since before then: `{importId, sent}`."""
    match: dict[str, Any] = {"$match": {"sentAt": {"$lt": moment}}}
    group = {"$group": {"_id": {"importId": "$importId", "sent": "$sent"}}}
    return [one["_id"] for one in stores.db.rejections.aggregate([match, group])]


def note_sent(stores: Stores, import_id: str, batch: str, now: datetime) -> None:
    """Note that the corrections of this batch were published (again) at this instant."""
    stores.db.rejections.update_many({"importId": import_id, "sent": batch}, {"$set": {"sentAt": now}})


def unsend(stores: Stores, import_id: str, batch: str) -> None:
    """Let rows be corrected again whose batch will never be persisted."""
    change = {"$unset": {"sent": "", "sentAt": "", "reference": ""}}
    stores.db.rejections.update_many({"importId": import_id, "sent": batch}, change)


def references(stores: Stores, import_id: str, prefix: str) -> int:
    """How many corrected orders on their way were given a reference that begins so."""
    query = {"importId": import_id, "reference": {"$gte": prefix, "$lt": prefix + "~"}}
    return stores.db.rejections.count_documents(query)
