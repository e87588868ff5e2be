"""What a transaction of an import leaves behind, so that the import can be undone.

Everything that one transaction writes carries one `updatedAt`, its stamp, which is later than that of any
record it looked at. So a record whose `updatedAt` is the stamp has not been touched since, and of two
transactions that changed the same record the one with the later stamp came later.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from crm.ingestion.batches import Batch
from crm.settings import settings
from crm.stores import journal as store
from crm.stores.connection import Document, Session, Stores

_TICK = timedelta(milliseconds=1)  # what MongoDB tells moments apart by
_MARGIN = timedelta(days=1)  # an undo that begins in time finds all of the journal


def stamp(now: datetime, *known: Iterable[Mapping[str, Any]]) -> datetime:
    """`now` in whole milliseconds, or later than every one of these records' `updatedAt`."""
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    newest = max(
        (one["updatedAt"] for records in known for one in records if "updatedAt" in one), default=None
    )
    return moment if newest is None or newest < moment else newest + _TICK


class Seen:
    """Versions of records that were found as they are: what they were before, and what they became."""

    def __init__(self) -> None:
        self._was: dict[str, int | None] = {}
        self._now: dict[str, int] = {}

    def note(self, record_id: str, *, was: int | None, now: int) -> None:
        self._was.setdefault(record_id, was)
        self._now[record_id] = now

    def unseen(self, record: Document) -> Document:
        """The record with the version that it had before this transaction."""
        if record["_id"] not in self._was:
            return record
        rest = {name: value for name, value in record.items() if name != "version"}
        was = self._was[record["_id"]]
        return rest if was is None else rest | {"version": was}

    def by_version(self) -> dict[int, list[str]]:
        """New version → ids."""
        found: dict[int, list[str]] = {}
        for record_id, version in self._now.items():
            found.setdefault(version, []).append(record_id)
        return found

    def documents(self, but: Collection[str]) -> list[Document]:
        """As the journal has them, without records that were changed as well."""
        groups: dict[tuple[int, int | None], list[str]] = {}
        for record_id, version in self._now.items():
            if record_id not in but:
                groups.setdefault((version, self._was[record_id]), []).append(record_id)
        return [{"version": version, "was": was, "ids": ids} for (version, was), ids in groups.items()]


def note(
    stores: Stores,
    session: Session,
    batches: Sequence[Batch],
    moment: datetime,
    *,
    created: Iterable[str],
    before: Collection[Document],
    seen: Seen,
    **more: Any,
) -> None:
    """Keep what this transaction does for as long as its import can be undone: all batches are of one."""
    import_id = batches[0].import_id if batches else None
    days = settings().undo_days
    entry: Document = {
        "created": list(created),
        "seen": seen.documents({one["_id"] for one in before}),
        **{name: value for name, value in more.items() if value},
    }
    if import_id is None or not days or not (before or any(entry.values())):
        return
    entry |= {
        "importId": import_id,
        "kind": batches[0].kind,
        "stamp": moment,
        "expiresAt": moment + timedelta(days=days) + _MARGIN,
    }
    store.add(stores, session, entry, before)
