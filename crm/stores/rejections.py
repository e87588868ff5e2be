"""Rows that were refused: `rejections`, `_id` = the import's (or the batch's) id and the row's number."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pymongo import DESCENDING, ReplaceOne, UpdateOne

from crm.stores.connection import Document, Session, Stores


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
