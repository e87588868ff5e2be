"""Tickets: a browser that follows a link, or sends a file to one, sends no bearer token.

A page gives out a ticket, which stands for one thing of one kind for some minutes, and only while the session
of whoever got it lasts and his role may have it:

    ticket = offer(stores, account, "log", {...})
    account, asked = redeem(stores, ticket, "log", "history")
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from crm import auth
from crm.errors import NotAllowed, NotFound
from crm.roles import Account
from crm.stores import tickets as store
from crm.stores.connection import Stores

LASTS = timedelta(minutes=10)
_GONE = "This download is not here any more. Go back to the page and start it again."


def offer(
    stores: Stores, account: Account, kind: str, asked: Mapping[str, Any], *, lasts: timedelta = LASTS
) -> str:
    """A new ticket; `asked` says what it stands for, in JSON."""
    ticket = secrets.token_urlsafe(32)
    kept = {"account": [account.id, account.session_version], "asked": asked}
    store.put(stores, _hashed(kind, ticket), orjson.dumps(kept), int(lasts.total_seconds()))
    return ticket


def redeem(
    stores: Stores, ticket: str, kind: str, capability: str, *, gone: str = _GONE, may: str = "export"
) -> tuple[Account, dict[str, Any]]:
    """Who asked for what.

    Raises NotFound, saying `gone`, for a ticket that has run out or is of another kind; NotAllowed where the
    session has ended or the role lacks the capability, which is to do what `may` says.
    """
    found = store.get(stores, _hashed(kind, ticket))
    if found is None:
        raise NotFound(gone)
    kept = orjson.loads(found)
    account_id, version = kept["account"]
    account = auth.account_of_session(stores, account_id, version)
    if account is None or not auth.can(account, capability):
        raise NotAllowed(f"Your session has ended, or your role may not {may} any more.")
    return account, kept["asked"]


def _hashed(kind: str, ticket: str) -> str:
    return hashlib.sha256(f"{kind}:{ticket}".encode()).hexdigest()
