"""What records are known by that came without a name of their own."""

import hashlib
from collections.abc import Mapping
from typing import Any

from crm.ingestion import values
from crm.ingestion.headers import ORDERS
from crm.ingestion.records import under_our_names
from crm.ingestion.refused import Refused
from crm.stores.connection import new_id


def order_reference(seed: str | None = None, row: int = 1) -> str:
    """A reference for an order that came without one: a new one, or what `seed` and row always get."""
    return hashlib.sha256(f"{seed}:{row}".encode()).hexdigest()[:24] if seed else new_id()


def referenced(order: Mapping[str, Any], seed: str | None = None) -> tuple[dict[str, Any], str]:
    """An order's JSON with a reference, and the reference: its own under any name, else one that is made."""
    given = under_our_names(ORDERS, order).get("orderReference")
    if given is None or (isinstance(given, str) and not given.strip()):
        given = order_reference(seed)
    try:
        reference = values.identifier(given)
    except Refused:
        reference = str(given)  # it is refused with the order
    return {**order, "orderReference": given}, reference
