"""The send stream: batches of a plan to hand to the vendor."""

from typing import Any

from crm import delivery, launching
from crm.moment import utc_now
from crm.stores import lanes
from crm.stores.connection import Stores
from workers import consumer


def handle(stores: Stores, payloads: list[Any]) -> None:
    """Send each batch (`{campaignId, number}`)."""
    delivery.send(stores, payloads, now=utc_now(), wait=consumer.pause)


def tend(stores: Stores) -> None:
    """Launch the scheduled campaigns whose time has come; publish what is due to be tried again."""
    now = utc_now()
    launching.start_due(stores, now)
    lanes.pump(stores, now, lanes.FEW)
