"""The handlers of accepted customers, orders and products."""

from typing import Any

from crm import ingest
from crm.moment import utc_now
from crm.stores.connection import Stores


def handle(stores: Stores, payloads: list[Any]) -> None:
    """Persist batches, all of them in one transaction."""
    ingest.persist(stores, payloads, now=utc_now())


def isolate(stores: Stores, payload: Any) -> list[tuple[Any, str]]:
    """Persist what of a failing batch can be, and say which records can't."""
    return list(ingest.isolate(stores, payload, now=utc_now()))


def buried(stores: Stores, payload: Any, reason: str) -> None:
    """Book the records of a batch that was given up on as refused."""
    ingest.give_up(stores, payload)
