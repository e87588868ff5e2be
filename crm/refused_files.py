"""The refused rows of an import as a file, behind a ticket that a page gives out (`crm.tickets`).

ticket = offer(stores, account, import_id)
for piece in pieces(stores, redeem(stores, ticket)): ...
"""

from collections.abc import Iterator

from crm import ingest, tickets
from crm.roles import Account
from crm.stores.connection import Stores

_KIND = "refused"


def offer(stores: Stores, account: Account, import_id: str) -> str:
    """A ticket for this file, good for ten minutes, and only while the account's session lasts."""
    return tickets.offer(stores, account, _KIND, {"importId": import_id})


def redeem(stores: Stores, ticket: str) -> str:
    """Which import it is for. Raises NotFound for a ticket that has run out, NotAllowed without the right."""
    _, asked = tickets.redeem(stores, ticket, _KIND, "upload")
    return str(asked["importId"])


def pieces(stores: Stores, import_id: str) -> Iterator[str]:
    """The file as CSV, piece by piece. Raises NotFound at once."""
    return ingest.import_rejections_csv(stores, import_id)
