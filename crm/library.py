"""The library of saved segments: rule trees with a name.

A segment is handed out as its document: `_id`, name, description, rules (the JSON tree), createdBy,
createdAt, updatedAt, lastSize and lastSizeAt (how many it selected when it was last saved).
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import audiences, auth, rulebook, segments
from crm.auth import Account
from crm.errors import Conflict, FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.stores import segments as library
from crm.stores.connection import Stores, new_id

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 1_000
_SETTLED = ("finished", "cancelled")

Segment = dict[str, Any]


def save(
    stores: Stores,
    *,
    name: str,
    rules: Any,
    account: Account,
    now: datetime,
    zone: ZoneInfo,
    description: str = "",
) -> Segment:
    """Store a new segment with its size now.

    Raises InvalidRule for rules that can't be evaluated (an empty group, a missing value, an unknown field),
    InvalidInput for a bad name, Conflict for a name that is in use.
    """
    rule = rulebook.parse(stores, rules)
    now = _stored(now)
    segment: Segment = {
        "_id": new_id(),
        "name": _checked_name(name),
        "description": _checked_description(description),
        "rules": segments.dump(rule),
        "createdBy": account.id,
        "createdAt": now,
        "updatedAt": now,
        "lastSize": audiences.count(stores, rule, now=now, zone=zone),
        "lastSizeAt": now,
    }
    library.insert(stores, segment)
    auth.log(stores, account, "segment_saved", segment["_id"], now=now)
    return segment


def update(
    stores: Stores,
    segment_id: str,
    *,
    account: Account,
    now: datetime,
    zone: ZoneInfo,
    rules: Any = None,
    name: str | None = None,
    description: str | None = None,
    expected: datetime | None = None,
) -> Segment:
    """Change what is given and leave the rest; new rules are counted.

    `expected` is the `updatedAt` that the caller has seen: Conflict where somebody changed the segment since.
    Otherwise raises as `save`, and NotFound.
    """
    changes: Segment = {"updatedAt": _stored(now)}
    if name is not None:
        changes["name"] = _checked_name(name)
    if description is not None:
        changes["description"] = _checked_description(description)
    if rules is not None:
        rule = rulebook.parse(stores, rules, own_id=segment_id)
        changes["rules"] = segments.dump(rule)
        changes["lastSize"] = audiences.count(stores, rule, now=now, zone=zone)
        changes["lastSizeAt"] = _stored(now)
    segment = library.change(stores, segment_id, changes, expected=expected)
    if segment is None:
        raise _missed(stores, segment_id)
    auth.log(stores, account, "segment_changed", segment_id, now=now)
    return segment


def rename(stores: Stores, segment_id: str, name: str, *, account: Account, now: datetime) -> Segment:
    """Give a segment another name. Raises InvalidInput, Conflict and NotFound."""
    changes = {"name": _checked_name(name), "updatedAt": _stored(now)}
    segment = library.change(stores, segment_id, changes, expected=None)
    if segment is None:
        raise _gone()
    auth.log(stores, account, "segment_renamed", segment_id, now=now)
    return segment


def duplicate(stores: Stores, segment_id: str, *, account: Account, now: datetime) -> Segment:
    """A copy with a name of its own: `X (copy)`, `X (copy 2)` and so on. Raises NotFound."""
    original = get(stores, segment_id)
    now = _stored(now)
    segment: Segment = {
        **original,
        "_id": new_id(),
        "name": _copy_name(original["name"], library.names(stores)),
        "createdBy": account.id,
        "createdAt": now,
        "updatedAt": now,
    }
    library.insert(stores, segment)
    auth.log(stores, account, "segment_saved", segment["_id"], now=now)
    return segment


def delete(stores: Stores, segment_id: str, *, account: Account, now: datetime) -> None:
    """Remove a segment. Raises Conflict while a campaign that has not ended uses it, and NotFound."""
    users = used_by(stores, segment_id)
    if users:
        names = ", ".join(f"“{campaign['name']}” ({campaign['status']})" for campaign in users[:3])
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""
        raise Conflict(f"Campaigns still use this segment: {names}{more}. Finish or cancel them first.")
    if not library.delete(stores, segment_id):
        raise _gone()
    auth.log(stores, account, "segment_deleted", segment_id, now=now)


def get(stores: Stores, segment_id: str) -> Segment:
    """One segment. Raises NotFound."""
    segment = library.get(stores, segment_id)
    if segment is None:
        raise _gone()
    return segment


def listing(
    stores: Stores, *, limit: int = 50, cursor: str | None = None, search: str | None = None
) -> tuple[list[Segment], str | None]:
    """Segments, latest change first, and the cursor of the following page or None."""
    return library.page(stores, limit=limit, cursor=cursor, search=search)


def total(stores: Stores, search: str | None = None) -> int:
    """How many segments there are, or how many have this text in their name."""
    return library.count(stores, search)


def used_by(stores: Stores, segment_id: str) -> list[dict[str, Any]]:
    """Campaigns that have not ended and use the segment: `_id`, name and status, at most 20."""
    return library.users(stores, segment_id, _SETTLED)


def _checked_name(name: str) -> str:
    name = " ".join(str(name).split())
    if not name:
        raise _bad("name", "A segment needs a name.")
    if len(name) > LONGEST_NAME:
        raise _bad("name", f"A name has at most {LONGEST_NAME} characters.")
    return name


def _checked_description(description: str) -> str:
    description = str(description).strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise _bad("description", f"A description has at most {LONGEST_DESCRIPTION} characters.")
    return description


def _copy_name(name: str, taken: set[str]) -> str:
    number = 1
    while True:
        suffix = " (copy)" if number == 1 else f" (copy {number})"
        candidate = name[: LONGEST_NAME - len(suffix)] + suffix
        if fold(candidate) not in taken:
            return candidate
        number += 1


def _stored(at: datetime) -> datetime:
    """The instant as MongoDB keeps it, in whole milliseconds, so that what we return equals what we read."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _bad(field: str, reason: str) -> InvalidInput:
    return InvalidInput(reason, [FieldError(field, reason)])


def _missed(stores: Stores, segment_id: str) -> NotFound | Conflict:
    if library.get(stores, segment_id) is None:
        return _gone()
    return Conflict("Somebody changed this segment since you opened it. Open it again to see their version.")


def _gone() -> NotFound:
    return NotFound("This segment is not here any more.")
