"""The send stream: batches of a plan to hand to the vendor."""

from typing import Any

from crm import delivery, launching
from crm.moment import utc_now
from crm.stores.connection import Stores


def handle(stores: Stores, payloads: list[Any]) -> None:
    """Send each batch (`{campaignId, number, attempt}`)."""
    delivery.send(stores, payloads, now=utc_now())


def tend(stores: Stores) -> None:
    """Launch the scheduled campaigns whose time has come."""
    launching.start_due(stores, utc_now())
