"""Stored lists of e-mail addresses and external ids, which rules can ask about.

A list is handed out as `{_id, name, entries: how many, createdBy, createdAt, updatedAt}`. Who is on it is
asked when a rule is evaluated, so somebody who becomes a customer later is on it too.
"""

from datetime import datetime
from typing import Any

from crm import addresses, auth, cursors, names
from crm.addresses import Addresses
from crm.auth import Account
from crm.errors import Conflict, FieldError, InvalidInput, NotFound
from crm.stores import lists as store
from crm.stores.connection import Stores, new_id

MAX_PAGE = 200
_SETTLED = ("finished", "cancelled")

List = dict[str, Any]


def create(stores: Stores, *, name: str, text: str | bytes, account: Account, now: datetime) -> List:
    """Keep what is in pasted text or in a CSV or text file as a list.

    The answer has `duplicates`, `unreadable` (how many lines) and `ignored` besides: the first of those lines
    as `{line, text, reason}`. Raises InvalidInput for a bad name, or where there is no address or more than a
    million; Conflict for a name that is in use.
    """
    name = names.checked(name, "list")
    found = _read(text)
    if store.name_in_use(stores, name):  # asked first, since a long list takes a while to write
        raise Conflict(f"There is a list named “{name}” already. Choose another name.")
    list_id, at = new_id(), _stored(now)
    kept = {"_id": list_id, "name": name, "createdBy": account.id, "createdAt": at, "updatedAt": at}
    try:
        entries = store.write_entries(stores, list_id, found.found)
        store.insert(stores, {**kept, "entries": entries})
    except BaseException:
        store.clear_entries(stores, list_id)
        raise
    auth.log(stores, account, "list_created", list_id, now=now)
    return {**kept, "entries": entries, **_left_out(found)}


def add(stores: Stores, list_id: str, text: str | bytes, *, account: Account, now: datetime) -> List:
    """Put more addresses on a list. Answers as `create`, with `added`; raises NotFound besides."""
    present = get(stores, list_id)
    found = _read(text)
    if present["entries"] + len(found.found) > addresses.MOST:
        raise _too_many()
    added = store.write_entries(stores, list_id, found.found)
    changes = {"entries": store.count_entries(stores, list_id), "updatedAt": _stored(now)}
    changed = store.change(stores, list_id, changes)
    if changed is None:
        store.clear_entries(stores, list_id)
        raise _gone()
    auth.log(stores, account, "list_extended", list_id, now=now)
    return {**changed, "added": added, **_left_out(found)}


def rename(stores: Stores, list_id: str, name: str, *, account: Account, now: datetime) -> List:
    """Give a list another name. Raises InvalidInput, Conflict and NotFound."""
    changed = store.change(stores, list_id, {"name": names.checked(name, "list"), "updatedAt": _stored(now)})
    if changed is None:
        raise _gone()
    auth.log(stores, account, "list_renamed", list_id, now=now)
    return changed


def delete(stores: Stores, list_id: str, *, account: Account, now: datetime) -> None:
    """Remove a list. Raises Conflict while a segment or an open campaign uses it, and NotFound."""
    get(stores, list_id)
    users = used_by(stores, list_id)
    if users:
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""
        shown = ", ".join(f"“{name}”" for name in users[:3])
        raise Conflict(f"This list is still used by {shown}{more}.")
    if not store.delete(stores, list_id):
        raise _gone()
    auth.log(stores, account, "list_deleted", list_id, now=now)


def get(stores: Stores, list_id: str) -> List:
    """One list. Raises NotFound."""
    found = store.get(stores, list_id)
    if found is None:
        raise _gone()
    return found


def listing(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> tuple[list[List], str | None]:
    """Lists, newest first, and the cursor of the following page or None."""
    found = store.newest(stores, limit + 1, cursors.read("lists", cursor, str))
    return found[:limit], cursors.written("lists", found[limit - 1]["_id"]) if len(found) > limit else None


def used_by(stores: Stores, list_id: str) -> list[str]:
    """Names of the segments, and of the campaigns that have not ended, whose rules name the list."""
    return [name for name, tree in store.trees(stores, _SETTLED) if _names(tree, list_id)]


def _names(tree: object, list_id: str) -> bool:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("type") == "list" and node.get("listId") == list_id:
                return True
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return False


def _read(text: str | bytes) -> Addresses:
    try:
        found = addresses.read(text)
    except addresses.TooMany:
        raise _too_many() from None
    if not found.found:
        reason = "has no e-mail address and no external id in it"
        raise InvalidInput("There is nothing to keep: give addresses or external ids, one a line.",
                           [FieldError("text", reason)])  # fmt: skip
    return found


def _left_out(found: Addresses) -> dict[str, Any]:
    return {"duplicates": found.duplicates, "unreadable": found.unreadable, "ignored": found.ignored}


def _too_many() -> InvalidInput:
    reason = f"A list has at most {addresses.MOST:,} addresses."
    return InvalidInput(reason, [FieldError("text", reason)])


def _stored(at: datetime) -> datetime:
    """The instant as MongoDB keeps it, in whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _gone() -> NotFound:
    return NotFound("There is no such list.")
