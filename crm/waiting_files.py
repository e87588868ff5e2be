"""Files that a browser sends straight to the spool, to be looked at and imported afterwards.

A page's own uploader holds a file in the session's memory, twice. So a page gives out a ticket instead, and
the browser sends the file to the API under it, piece by piece:

    ticket = offer(stores, account)                              # on the page
    keep(stores, redeem(stores, ticket), file, filename, now=…)  # in the API
    found = waiting(stores, account)                             # on the page, in its next run
"""

import io
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from crm import tickets
from crm.roles import Account
from crm.stores import spool
from crm.stores.connection import Stores, new_id

TICKET_LASTS = timedelta(hours=1)
_WAITS = timedelta(days=1)  # a file that nobody imports by then goes
_KIND = "upload"
_GONE = "This page is too old to upload from. Load it once more."


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file in the spool that no import has taken yet; `size` in bytes."""

    id: str
    name: str
    size: int


def offer(stores: Stores, account: Account) -> str:
    """A ticket to send files with, for an hour, and only while the account's session lasts."""
    return tickets.offer(stores, account, _KIND, {}, lasts=TICKET_LASTS)


def redeem(stores: Stores, ticket: str) -> Account:
    """Who has the ticket. Raises NotFound for one that has run out, NotAllowed where he may no more."""
    account, _ = tickets.redeem(stores, ticket, _KIND, "upload", gone=_GONE, may="upload")
    return account


def keep(stores: Stores, account: Account, file: BinaryIO, filename: str, *, now: datetime) -> str:
    """Spool a file of this account; its id. It waits for a day to be imported."""
    file_id = new_id()
    spool.save(stores, file, file_id, filename, waits={"accountId": account.id, "at": now})
    return file_id


def waiting(stores: Stores, account: Account) -> list[WaitingFile]:
    """The account's files that wait, the first one first."""
    return [
        WaitingFile(one["_id"], one["filename"], one["length"]) for one in spool.waiting(stores, account.id)
    ]


def opened(stores: Stores, file: WaitingFile) -> io.RawIOBase:
    """The file, seekable; empty when it is gone."""
    return spool.raw(stores, file.id) or io.FileIO(os.devnull)


def discard(stores: Stores, file: WaitingFile) -> None:
    """Remove a file that is not to be imported."""
    spool.drop_waiting(stores, file_id=file.id)


def drop_old(stores: Stores, *, now: datetime) -> None:
    """Remove files that have waited for a day."""
    spool.drop_waiting(stores, before=now - _WAITS)
