"""Addresses that are not to be written to: who unsubscribed, bounced or complained, and whom a person named.

They are asked about when a campaign is planned, and again when each message is handed to the vendor. An
address is handed out as `{address, reason, note, by, campaignId, at}`; `campaignId` is the campaign
by whose link its owner unsubscribed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crm import addresses, auth, cursors
from crm.auth import Account
from crm.errors import FieldError, InvalidInput, NotFound
from crm.stores import suppressions as store
from crm.stores.connection import Document, Stores

REASONS = {
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
    "complained": "complained",
    "manual": "by hand",
}
"""Reason → how it is written."""

MAX_PAGE = 500
LONGEST_NOTE = 200


def reasons(stores: Stores, addresses_of: Mapping[str, str | None]) -> dict[str, str]:
    """Of people with these addresses (by any key): those who are suppressed, and why, as the books say."""
    if not addresses_of or not store.any_at_all(stores):
        return {}
    keys = {who: store.key(address) for who, address in addresses_of.items() if address}
    found = store.among(stores, set(keys.values())) if keys else {}
    return {who: wording(found[key]) for who, key in keys.items() if key in found}


def wording(reason: str) -> str:
    """How the books write it: `suppressed: unsubscribed`."""
    return f"suppressed: {REASONS.get(reason, reason)}"


def add(
    stores: Stores,
    given: str | Iterable[str],
    *,
    reason: str,
    account: Account,
    now: datetime,
    note: str | None = None,
) -> dict[str, int]:
    """Suppress addresses: a list of them, or text with e-mail addresses (or phone numbers, one a line) in it.

    Answers `{added, known}`; one that is suppressed already keeps its reason. Raises InvalidInput.
    """
    if reason not in REASONS:
        raise _bad("reason", f"is one of {', '.join(REASONS)}")
    if note is not None and len(note) > LONGEST_NOTE:
        raise _bad("note", f"has at most {LONGEST_NOTE} characters")
    named = _named(given)
    added = store.add(stores, named, reason, account.id, note, now)
    auth.log(stores, account, "addresses suppressed", f"{added}", now=now)
    return {"added": added, "known": len(named) - added}


def _named(given: str | Iterable[str]) -> list[str]:
    if isinstance(given, str):
        found: Iterable[str] = addresses.read(given).found
    else:
        found = [each.strip() for each in given if isinstance(each, str)]
    named = list({store.key(each): each for each in found if 0 < len(each) <= addresses.LONGEST}.values())
    if not named:
        raise _bad("addresses", "has no address in it")
    return named


def remove(stores: Stores, address: str, *, account: Account, now: datetime) -> None:
    """Let an address be written to again. Raises NotFound."""
    if not store.remove(stores, address):
        raise NotFound("This address is not suppressed.")
    auth.log(stores, account, "suppression removed", "1", now=now)


def find(stores: Stores, address: str) -> dict[str, Any] | None:
    """The suppression of an address, None where it has none."""
    found = store.find(stores, address)
    return _shown(found) if found else None


def listing(
    stores: Stores,
    *,
    limit: int = 50,
    cursor: str | None = None,
    search: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """One page by address: `{items, next}`. `search` is text within the address. Raises InvalidInput."""
    if not 1 <= limit <= MAX_PAGE:
        raise _bad("limit", f"is 1 to {MAX_PAGE}")
    if reason is not None and reason not in REASONS:
        raise _bad("reason", f"is one of {', '.join(REASONS)}")
    after = cursors.read("suppressions", cursor, str)
    found = store.page(stores, limit + 1, after, search, None if reason is None else [reason])
    following = cursors.written("suppressions", found[limit - 1]["_id"]) if len(found) > limit else None
    return {"items": [_shown(each) for each in found[:limit]], "next": following}


def counts(stores: Stores) -> dict[str, int]:
    """How many addresses are suppressed for each reason."""
    return store.counts(stores)


def _shown(found: Document) -> dict[str, Any]:
    return {name: found.get(name) for name in ("_id", "address", "reason", "note", "by", "campaignId", "at")}


def _bad(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field} {reason}.", [FieldError(field, reason)])
