"""Earlier rules of a segment: kept at each change, compared, brought back.

A version is handed out as `version` (1, 2, …), rules, description (the rules as a sentence, None where they
can't be read any more), savedAt, savedBy, savedByName, size and total when it was saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import library, rulebook, segments
from crm.auth import Account
from crm.errors import InvalidRule, NotFound
from crm.rules import difference
from crm.settings import settings
from crm.stores import accounts
from crm.stores import segment_versions as store
from crm.stores import segments as segment_store
from crm.stores.connection import Document, Stores

Version = dict[str, Any]
_LEAST = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One difference in words. `kind` is added, removed, changed, moved or rejoined; `path` a node's."""

    kind: str
    path: str
    before: str | None
    after: str | None


def listing(
    stores: Stores, segment_id: str, *, limit: int = 20, before: int | None = None
) -> tuple[list[Version], int | None]:
    """The latest first, the present rules among them, and the number to ask for what comes `before`.

    Raises NotFound.
    """
    present = _present(_segment(stores, segment_id))
    found = store.latest(stores, segment_id, limit + 1, before=before or present["version"])
    every = ([present] if before is None else []) + found
    names = accounts.names(stores, {version["savedBy"] for version in every if version["savedBy"]})
    items = [_shown(stores, version, names) for version in every[:limit]]
    return items, items[-1]["version"] if len(every) > limit else None


def get(stores: Stores, segment_id: str, number: int) -> Version:
    """One version. Raises NotFound."""
    version = _found(stores, segment_id, number)
    return _shown(stores, version, accounts.names(stores, {version["savedBy"]} - {None}))


def compare(stores: Stores, segment_id: str, earlier: int, later: int) -> list[Step]:
    """What changed between two versions. Raises NotFound, and InvalidRule for rules that can't be read."""
    trees = [_found(stores, segment_id, number)["rules"] for number in (earlier, later)]
    rules = [rulebook.parse_old(stores, tree) for tree in trees]
    return steps(rules[0], rules[1])


def steps(earlier: segments.Rule, later: segments.Rule) -> list[Step]:
    """What changed from one rule to the other, in words."""
    return [
        Step(str(change.kind), change.path, *difference.said(change, currency=settings().currency))
        for change in difference.changes(earlier, later)
    ]


def restore(
    stores: Stores,
    segment_id: str,
    number: int,
    *,
    account: Account,
    now: datetime,
    zone: ZoneInfo,
    expected: datetime | None = None,
) -> Document:
    """Give the segment the rules of a version again, as a new version; the segment.

    Raises NotFound, InvalidRule where they refer to what is gone, Conflict as `library.update` does.
    """
    version = _found(stores, segment_id, number)
    return library.update(
        stores, segment_id, rules=version["rules"], expected=expected, account=account, now=now, zone=zone
    )


def _segment(stores: Stores, segment_id: str) -> Document:
    segment = segment_store.with_saved(stores, segment_id)
    if segment is None:
        raise NotFound("This segment is not here any more.")
    return segment


def _present(segment: Document) -> Version:
    saved = segment.get("saved") or {}
    return {
        "version": segment.get("version", _LEAST),
        "rules": segment["rules"],
        "savedAt": saved.get("at", segment["createdAt"]),
        "savedBy": saved.get("by", segment.get("createdBy")),
        "size": saved.get("size", segment.get("lastSize")),
        "total": saved.get("total"),
    }


def _found(stores: Stores, segment_id: str, number: int) -> Version:
    present = _present(_segment(stores, segment_id))
    if number == present["version"]:
        return present
    version = store.get(stores, segment_id, number) if number >= _LEAST else None
    if version is None:
        raise NotFound(f"There is no version {number} of this segment.")
    return version


def _shown(stores: Stores, version: Document, names: Mapping[str, str]) -> Version:
    try:
        rule = rulebook.parse_old(stores, version["rules"])
        description = segments.describe(rule, currency=settings().currency)
    except InvalidRule:
        description = None
    kept = ("version", "rules", "savedAt", "savedBy", "size", "total")
    return {key: version[key] for key in kept} | {
        "description": description,
        "savedByName": names.get(version["savedBy"]),
    }
