"""The receipts' stream: what the vendor says became of messages."""

from typing import Any

from crm import delivery
from crm.moment import utc_now
from crm.stores.connection import Stores


def handle(stores: Stores, payloads: list[Any]) -> None:
    """Settle the deliveries that the receipts speak of."""
    delivery.settle(stores, payloads, now=utc_now())


def tend(stores: Stores) -> None:
    """Ask vendors for answers that are overdue."""
    delivery.chase(stores, utc_now())
