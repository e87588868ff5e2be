"""People who unsubscribe by the link in a message, and those who think better of it.

The link proves that somebody has the message, so no sign-in is asked for. What is suppressed is the address
that the message went to. Doing any of it twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm import links, rows
from crm.errors import NotFound
from crm.stores import audit
from crm.stores import deliveries as delivery_store
from crm.stores import suppressions as store
from crm.stores.connection import Stores

UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the person of a link stands with us.

    `address` is written so that its owner knows it and nobody else learns it, None where we don't have it
    any more. `reason` is why it is not written to, None where it is. `preview`: the link is only an example.
    """

    address: str | None = None
    reason: str | None = None
    preview: bool = False

    @property
    def written_to(self) -> bool:
        """Whether the customer still has this address, and nothing is against writing to it."""
        return self.address is not None and self.reason is None

    @property
    def may_return(self) -> bool:
        """Whether the person can have it undone: not where we stopped for a reason of our own."""
        return self.reason == UNSUBSCRIBED


def look(stores: Stores, token: str) -> Standing:
    """How the person of this link stands. Changes nothing. Raises NotFound for a link that is none."""
    if token == links.PREVIEW:
        return Standing(preview=True)
    return _standing(stores, _address(stores, _named(token)))


def unsubscribe(stores: Stores, token: str, *, now: datetime) -> Standing:
    """Write to this address no more. Raises NotFound for a link that is none."""
    if token == links.PREVIEW:
        return Standing(preview=True)
    named = _named(token)
    address = _address(stores, named)
    if address and store.unsubscribe(stores, address, named.campaign_id, now):
        audit.write(stores, f"customer:{named.customer_id}", "unsubscribed", named.campaign_id, now)
    return _standing(stores, address)


def subscribe_again(stores: Stores, token: str, *, now: datetime) -> Standing:
    """Take it back. What was suppressed for another reason stays so. Raises NotFound."""
    if token == links.PREVIEW:
        return Standing(preview=True)
    named = _named(token)
    address = _address(stores, named)
    if address and store.subscribe(stores, address):
        audit.write(stores, f"customer:{named.customer_id}", "subscribed again", named.campaign_id, now)
    return _standing(stores, address)


def counts(stores: Stores, campaign_ids: Iterable[str]) -> dict[str, int]:
    """How many addresses are unsubscribed by a link in each of these campaigns."""
    return store.unsubscribed_by(stores, list(campaign_ids))


def _named(token: str) -> links.Named:
    named = links.read(token)
    if named is None:
        raise NotFound("This link is not complete, or was not made here.")
    return named


def _address(stores: Stores, named: links.Named) -> str | None:
    """Where the message went; where no row says so, where one would go."""
    row = delivery_store.find(stores, delivery_store.delivery_id(named.campaign_id, named.customer_id))
    if row is not None and (went_to := rows.address(row)):
        return went_to
    customer = delivery_store.recipients(stores, [named.customer_id], rows.WHO).get(named.customer_id) or {}
    return next((each for key in ("email", "phone") if isinstance(each := customer.get(key), str)), None)


def _standing(stores: Stores, address: str | None) -> Standing:
    if address is None:
        return Standing()
    found = store.find(stores, address)
    return Standing(masked(address), found["reason"] if found else None)


def masked(address: str) -> str:
    """`a•••@shop.example`; of a phone number the last two digits."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}•••@{domain}"
    return f"•••{address[-2:]}"
