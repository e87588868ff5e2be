"""What records are known by that came without a name of their own."""

import hashlib

from crm.stores.connection import new_id


def order_reference(seed: str | None = None, row: int = 1) -> str:
    """A reference for an order that came without one: a new one, or what `seed` and row always get."""
    return hashlib.sha256(f"{seed}:{row}".encode()).hexdigest()[:24] if seed else new_id()
