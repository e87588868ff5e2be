"""The delivery log of a campaign as a file, behind a ticket that a page gives out.

ticket = offer(stores, account, LogFile(campaign_id, state="failed"))
account, file = redeem(stores, ticket)
for piece in pieces(stores, file): ...
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from crm import auth, ledger, tickets
from crm.roles import Account
from crm.stores.connection import Stores

_KIND = "log"


@dataclass(frozen=True, slots=True)
class LogFile:
    """Which rows of which campaign; None for any."""

    campaign_id: str
    state: str | None = None
    search: str | None = None
    reason: str | None = None
    variant: str | None = None


def offer(stores: Stores, account: Account, file: LogFile) -> str:
    """A ticket for this file, good for ten minutes, and only while the account's session lasts."""
    return tickets.offer(stores, account, _KIND, asdict(file))


def redeem(stores: Stores, ticket: str) -> tuple[Account, LogFile]:
    """Who asked for what. Raises NotFound for a ticket that has run out, NotAllowed where he may no more."""
    account, asked = tickets.redeem(stores, ticket, _KIND, "history")
    return account, LogFile(**asked)


def pieces(stores: Stores, file: LogFile) -> Iterator[str]:
    """The file as CSV, piece by piece. Raises NotFound, InvalidInput at once."""
    chosen = asdict(file)
    return ledger.deliveries_csv(stores, chosen.pop("campaign_id"), **chosen)


def begun(stores: Stores, file: LogFile, account: Account, *, now: datetime) -> None:
    """Write down in the audit log who takes the file."""
    auth.log(stores, account, "delivery_log_exported", file.campaign_id, now=now)
