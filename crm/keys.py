"""API keys: for systems that upload, vendors that report back, and operators' gauges."""

import secrets
from datetime import datetime
from typing import Any

from crm import names, sessions
from crm.errors import FieldError, InvalidInput, NotFound
from crm.roles import Account, KeyRole
from crm.stores import api_keys, audit
from crm.stores.connection import Stores, new_id

PREFIX = "crm_"


def create(stores: Stores, *, name: str, role: str, by: Account | None, now: datetime) -> tuple[str, str]:
    """A new key: its id, and the key itself, which is kept nowhere and shown once. Raises InvalidInput."""
    if role not in set(KeyRole):
        reason = f"one of {', '.join(KeyRole)}"
        raise InvalidInput("Choose what the key is for.", [FieldError("role", reason)])
    name = names.checked(name, "key")
    key, key_id = PREFIX + secrets.token_urlsafe(32), new_id()
    document = {"_id": key_id, "name": name, "role": str(role), "hash": sessions.key_hash(key)}
    api_keys.insert(stores, {**document, "createdAt": now, "revokedAt": None})
    audit.write(stores, by.id if by else "command", "key_created", key_id, now)
    return key_id, key


def revoke(stores: Stores, key_id: str, *, by: Account | None, now: datetime) -> None:
    """Refuse a key from now on. Raises NotFound when there is no such key in use."""
    if not api_keys.revoke(stores, key_id, now):
        raise NotFound("There is no such key in use.")
    audit.write(stores, by.id if by else "command", "key_revoked", key_id, now)


def listing(stores: Stores) -> list[dict[str, Any]]:
    """All API keys, newest first: _id, name, role, createdAt, revokedAt."""
    return api_keys.listing(stores)
