"""Deleted segments: kept for 30 days, and back with all they had: rules, versions, sizes, tags."""

from datetime import datetime, timedelta
from typing import Any

from crm import auth
from crm.auth import Account
from crm.errors import Conflict, NotFound
from crm.fields import fold
from crm.moment import stored
from crm.saved import usage
from crm.stores import segment_sizes, segment_versions, segments
from crm.stores import segment_trash as store
from crm.stores.connection import Stores

KEPT = timedelta(days=30)
_PURGED = 100
_LONGEST_NAME = 120

Deleted = dict[str, Any]


def delete(stores: Stores, segment_id: str, *, account: Account, now: datetime) -> None:
    """Take a segment out of everybody's sight; `restore` brings it back within 30 days.

    Raises NotFound, and Conflict (with names) while a campaign that has not ended or another segment uses it.
    """

    def check(session: Any) -> None:
        usage.refuse_if_used(stores, segment_id, session)

    if not store.put(stores, segment_id, {"deletedAt": stored(now), "deletedBy": account.id}, check):
        raise NotFound("This segment is not here any more.")
    auth.log(stores, account, "segment_deleted", segment_id, now=now)


def restore(stores: Stores, segment_id: str, *, account: Account, now: datetime) -> dict[str, Any]:
    """Bring a deleted segment back; where its name is taken meanwhile, as `X (restored)`.

    Raises NotFound, and Conflict while a segment that it refers to is deleted.
    """
    deleted = store.get(stores, segment_id)
    if deleted is None:
        raise NotFound("This segment is not among the deleted ones any more.")
    name = _free_name(deleted["name"], segments.names(stores))
    segment = store.take(stores, segment_id, name, stored(now))
    if segment is None:
        raise NotFound("This segment is not among the deleted ones any more.")
    auth.log(stores, account, "segment_restored", segment_id, now=now)
    return segment


def listing(stores: Stores, *, limit: int = 50) -> list[Deleted]:
    """What was deleted, latest first: a segment's `_id`, name, rules, tags, lastSize, with deletedAt and
    deletedBy, and keptUntil."""
    return [{**one, "keptUntil": one["deletedAt"] + KEPT} for one in store.latest(stores, limit)]


def purge(stores: Stores, *, now: datetime) -> int:
    """Remove for good, with its versions and sizes, what was deleted more than 30 days ago; how many."""
    removed = 0
    for segment_id in store.older_than(stores, now - KEPT, _PURGED):
        if store.forget(stores, segment_id, now - KEPT):
            segment_versions.forget(stores, segment_id)
            segment_sizes.forget(stores, segment_id)
            removed += 1
    return removed


def _free_name(name: str, taken: set[str]) -> str:
    for number in range(1, 1000):
        suffix = "" if number == 1 else " (restored)" if number == 2 else f" (restored {number - 1})"
        candidate = name[: _LONGEST_NAME - len(suffix)] + suffix
        if fold(candidate) not in taken:
            return candidate
    raise Conflict(f"There are too many segments named “{name}”.")
