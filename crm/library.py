"""The library of saved segments: rule trees with a name.

A segment is handed out as its document: `_id`, name, description, rules (the JSON tree), tags, version (from
1, one more with each change of the rules), createdBy, createdAt, updatedAt, lastSize of lastTotal customers
at lastSizeAt (when it was last counted: at a save, or by the daily count), and, once it was used, lastUsedAt
and lastUsedFor (`campaign` or `export`).

Beside it are `crm.saved.versions`, `sizes` (its trend), `usage` (who goes by it), `trash`, `overlap` and
`export`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import auth, names, rulebook, segments
from crm.auth import Account
from crm.errors import Conflict, FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.moment import stored
from crm.rules.difference import same
from crm.saved import sizes, trash
from crm.stores import segments as library
from crm.stores.connection import Stores, new_id

LONGEST_DESCRIPTION = 1_000
LONGEST_TAG = 40
MOST_TAGS = 20
ORDERS = tuple(library.ORDERS)

Segment = dict[str, Any]

delete = trash.delete


def save(
    stores: Stores,
    *,
    name: str,
    rules: Any,
    account: Account,
    now: datetime,
    zone: ZoneInfo,
    description: str = "",
    tags: Sequence[str] = (),
) -> Segment:
    """Store a new segment with its size now.

    Raises InvalidRule for rules that can't be evaluated (an empty group, a missing value, an unknown field),
    InvalidInput for a bad name or tag, Conflict for a name that is in use.
    """
    rule = rulebook.parse(stores, rules)
    now = stored(now)
    segment: Segment = {
        "_id": new_id(),
        "name": names.checked(name, "segment"),
        "description": _checked_description(description),
        "rules": segments.dump(rule),
        "tags": _checked_tags(tags),
        "version": 1,
        "createdBy": account.id,
        "createdAt": now,
        "updatedAt": now,
    }
    size = sizes.measure(stores, rule, now=now, zone=zone)
    segment |= _sized(size)
    library.insert(stores, segment)
    sizes.note_save(stores, segment["_id"], size)
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
    tags: Sequence[str] | None = None,
    expected: datetime | None = None,
) -> Segment:
    """Change what is given and leave the rest. New rules are counted, and the old ones kept as a version.

    `expected` is the `updatedAt` that the caller has seen: Conflict where somebody changed the segment since.
    Otherwise raises as `save`, and NotFound.
    """
    now = stored(now)
    changes: Segment = {"updatedAt": now, **_checked(name, description, tags)}
    size = same_as = None
    if rules is not None:
        rule = rulebook.parse(stores, rules, own_id=segment_id)
        changes["rules"] = segments.dump(rule)
        present = get(stores, segment_id)["rules"]
        if _ask_the_same(stores, segment_id, present, rule):
            same_as = present
        else:
            size = sizes.measure(stores, rule, now=now, zone=zone)
            changes |= _sized(size)
    segment = library.change(stores, segment_id, changes, expected=expected, by=account.id, same_as=same_as)
    if segment is None:
        raise _missed(stores, segment_id)
    if size:
        sizes.note_save(stores, segment_id, size)
    auth.log(stores, account, "segment_changed", segment_id, now=now)
    return segment


def _checked(name: str | None, description: str | None, tags: Sequence[str] | None) -> Segment:
    """Those of them that are given, as they are stored. Raises InvalidInput."""
    given = {
        "name": None if name is None else names.checked(name, "segment"),
        "description": None if description is None else _checked_description(description),
        "tags": None if tags is None else _checked_tags(tags),
    }
    return {key: value for key, value in given.items() if value is not None}


def _ask_the_same(stores: Stores, segment_id: str, present: Any, rule: segments.Rule) -> bool:
    """Whether the rule differs from the present one in form alone, which is no new version."""
    try:
        return same(rulebook.parse(stores, present, own_id=segment_id), rule)
    except InvalidInput:  # what it refers to may be gone
        return False


def _sized(size: sizes.Size) -> Segment:
    return {"lastSize": size.size, "lastTotal": size.total, "lastSizeAt": size.at}


def rename(
    stores: Stores,
    segment_id: str,
    name: str,
    *,
    description: str | None = None,
    account: Account,
    now: datetime,
) -> Segment:
    """Give a segment another name, and another description where one is given. Raises InvalidInput, Conflict
    and NotFound."""
    changes = {"updatedAt": stored(now), **_checked(name, description, None)}
    segment = library.change(stores, segment_id, changes)
    if segment is None:
        raise _gone()
    auth.log(stores, account, "segment_renamed", segment_id, now=now)
    return segment


def tag(
    stores: Stores,
    segment_id: str,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    account: Account,
    now: datetime,
) -> Segment:
    """Add and remove tags, leaving those alone that others set meanwhile; the segment.

    Tags are no part of what a segment means: whoever edits it just now is not disturbed. Raises InvalidInput
    for a tag that is too long or one too many, and NotFound.
    """
    added, gone = _checked_tags(add), {fold(each) for each in remove}
    segment = library.retag(stores, segment_id, lambda present: _retagged(present, added, gone))
    if segment is None:
        raise _gone()
    auth.log(stores, account, "segment_tagged", segment_id, now=now)
    return segment


def _retagged(present: Sequence[str], added: Sequence[str], gone: set[str]) -> list[str]:
    return _checked_tags([*(each for each in present if fold(each) not in gone), *added])


def duplicate(stores: Stores, segment_id: str, *, account: Account, now: datetime) -> Segment:
    """A copy with a name of its own: `X (copy)`, `X (copy 2)` and so on. Raises NotFound."""
    original = get(stores, segment_id)
    now = stored(now)
    segment: Segment = {
        **original,
        "_id": new_id(),
        "name": _copy_name(original["name"], library.names(stores)),
        "tags": original.get("tags", []),
        "version": 1,
        "createdBy": account.id,
        "createdAt": now,
        "updatedAt": now,
    }
    for key in ("lastUsedAt", "lastUsedFor"):
        segment.pop(key, None)
    library.insert(stores, segment)
    auth.log(stores, account, "segment_saved", segment["_id"], now=now)
    return segment


def get(stores: Stores, segment_id: str) -> Segment:
    """One segment. Raises NotFound."""
    segment = library.get(stores, segment_id)
    if segment is None:
        raise _gone()
    return segment


def listing(
    stores: Stores,
    *,
    limit: int = 50,
    cursor: str | None = None,
    search: str | None = None,
    tags: Sequence[str] = (),
    order: str = "changed",
) -> tuple[list[Segment], str | None]:
    """Segments with all of these tags and the text in their name or a tag; the cursor of the following page.

    `order` is `changed` or `used` (latest first), `name`, or `size` (largest first).
    """
    return library.page(stores, limit=limit, cursor=cursor, search=search, tags=tags, order=order)


def total(stores: Stores, search: str | None = None, tags: Sequence[str] = ()) -> int:
    """How many segments there are, or how many have these tags and this text in their name or a tag."""
    return library.count(stores, search, tags)


def known_tags(stores: Stores) -> list[str]:
    """Every tag in use, by name, in one spelling each."""
    return library.tags(stores)


def _checked_description(description: str) -> str:
    description = str(description).strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise _bad("description", f"A description has at most {LONGEST_DESCRIPTION} characters.")
    return description


def _checked_tags(tags: Iterable[str]) -> list[str]:
    """Each once, whatever its case, without blanks around it."""
    found: dict[str, str] = {}
    for given in tags:
        written = " ".join(str(given).split())
        if not written or len(written) > LONGEST_TAG or not written.isprintable():
            raise _bad("tags", f"A tag has 1 to {LONGEST_TAG} characters.")
        found.setdefault(fold(written), written)
    if len(found) > MOST_TAGS:
        raise _bad("tags", f"A segment has at most {MOST_TAGS} tags.")
    return list(found.values())


def _copy_name(name: str, taken: set[str]) -> str:
    number = 1
    while True:
        suffix = " (copy)" if number == 1 else f" (copy {number})"
        candidate = name[: names.LONGEST - len(suffix)] + suffix
        if fold(candidate) not in taken:
            return candidate
        number += 1


def _bad(field: str, reason: str) -> InvalidInput:
    return InvalidInput(reason, [FieldError(field, reason)])


def _missed(stores: Stores, segment_id: str) -> NotFound | Conflict:
    if library.get(stores, segment_id) is None:
        return _gone()
    return Conflict("Somebody changed this segment since you opened it. Open it again to see their version.")


def _gone() -> NotFound:
    return NotFound("This segment is not here any more.")
