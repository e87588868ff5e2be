"""The rows of the delivery log: who, what was written for him, or why nothing was."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import orjson

from crm import content, links, quiet_hours, suppressed
from crm.content import Content
from crm.fields import fold
from crm.lifecycle import DeliveryState
from crm.messages import Style
from crm.stores import deliveries as delivery_store
from crm.stores import outbox
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores

GONE = "the customer was deleted before the message was sent"
WHO = ("name", "email", "phone", "externalId")
"""What is read of everybody, whatever the message says."""

_PENDING = DeliveryState.PENDING.value
_SAYS = (
    "_id",
    "channel",
    "messageTemplate",
    "subject",
    "html",
    "variants",
    "holdout",
    "attributes",
    "unsubscribeFooter",
)


def content_of(campaign: Document) -> Content:
    """What a launched campaign says; read once a process."""
    return _read(orjson.dumps({name: campaign.get(name) for name in _SAYS}))


@lru_cache(maxsize=32)
def _read(key: bytes) -> Content:
    return content.read(orjson.loads(key))


def style_of(campaign: Document) -> Style:
    return Style(campaign["currency"], ZoneInfo(campaign["timeZone"]))


def compose(
    stores: Stores, campaign: Document, number: int, people: Sequence[str], now: datetime
) -> list[Document]:
    """A row for each of these people of a batch: pending with the message, or skipped with the reason.

    Whose sending window is shut has a pending row that waits for it.
    """
    said, style = content_of(campaign), style_of(campaign)
    hours = quiet_hours.of(campaign, now)
    paths = (*said.paths, hours.path) if hours and hours.path else said.paths
    known = delivery_store.recipients(stores, people, (*WHO, *paths))
    goes_to = {each: said.address(one) for each, one in known.items()}
    blocked = suppressed.reasons(stores, goes_to)
    link_of = unsubscribe_links(campaign) if said.links else None
    rows: list[Document] = []
    for customer_id in people:
        customer = known.get(customer_id)
        row = new(campaign["_id"], number, customer_id, customer, now)
        if customer is None:
            row = outbox.skipped(row, GONE)
        elif customer_id in blocked:
            row = outbox.skipped(row, blocked[customer_id])
        else:
            link = link_of(customer_id) if link_of else None
            row = _written(row, said, customer, goes_to[customer_id], style, link)
            if hours and row["state"] == _PENDING:
                hours.see_to(row, customer)
        rows.append(row)
    return rows


def unsubscribe_links(campaign: Document) -> Callable[[str], str]:
    """Customer id → his link to unsubscribe, for the people of a launched campaign."""
    return links.unsubscribe(links.base_of(campaign.get("publicUrl")), campaign["_id"])


def _written(
    row: Document, said: Content, customer: Document, address: str | None, style: Style, link: str | None
) -> Document:
    """The row with the message in it, or skipped with the reason why there is none."""
    version = said.version(row["customerId"])
    if version.name is not None:
        row["variant"] = version.name
    if address is None and said.unreachable:
        return outbox.skipped(row, said.unreachable)
    composed = content.compose(version, customer, style, link)
    if composed.reason:
        return outbox.skipped(row, composed.reason)
    if address is not None and address != row.get("email"):
        row["address"] = address
    row["body"] = composed.text
    if composed.subject:
        row["subject"] = composed.subject
    if composed.html:
        row["html"] = composed.html
    return row


def new(
    campaign_id: str, number: int, customer_id: str, customer: Document | None, now: datetime
) -> Document:
    """A new row, pending in its first attempt."""
    row: Document = {
        "_id": f"{campaign_id}:{customer_id}",
        "campaignId": campaign_id,
        "customerId": customer_id,
        "batch": number,
        "state": _PENDING,
        "attempt": 1,
        "createdAt": now,
        "updatedAt": now,
    }
    if customer is None:
        return row
    name, email = customer.get("name"), customer.get("email")
    if isinstance(name, str) and name:
        row["name"] = name
    else:
        name = ""
    if isinstance(email, str) and email:
        row["email"] = email
    else:
        email = ""
    row["search"] = fold(f"{name} {email}")
    return row


def address(row: Document) -> str | None:
    """Where the message of a row goes."""
    return row.get("address") or row.get("email")


def blocked(stores: Stores, rows: Iterable[Document]) -> dict[str, str]:
    """Those of these rows (by `_id`) whose address has been suppressed since, with the reason."""
    return suppressed.reasons(stores, {row["_id"]: address(row) for row in rows})


def cancelled(
    stores: Stores, campaign_id: str, batch: Document, reason: str, now: datetime
) -> list[Document]:
    """The rows of those people of a batch who have none and will never be sent anything."""
    people = plan_store.without_rows(batch)
    known = delivery_store.recipients(stores, people, ("name", "email"))
    ending = {"state": DeliveryState.CANCELLED.value, "reason": reason}
    return [new(campaign_id, batch["number"], each, known.get(each), now) | ending for each in people]
