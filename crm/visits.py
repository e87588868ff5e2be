"""Visits of customers, counted one by one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.errors import FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.ingestion import values
from crm.settings import settings
from crm.stores import customers as store
from crm.stores.connection import Stores


def count(stores: Stores, visit: Mapping[str, Any], *, now: datetime) -> int:
    """Count a visit `{customerId | customerEmail, at?}` on its customer; his visits by now.

    Raises InvalidInput field by field, NotFound for a customer that we don't have.
    """
    named, email = visit.get("customerId"), visit.get("customerEmail")
    if not (isinstance(named, str) and named) and not (isinstance(email, str) and email):
        raise InvalidInput(
            "Say who came.", [FieldError("customerId", "give the customer's id, or customerEmail")]
        )
    at = _moment(visit["at"], now) if visit.get("at") is not None else now
    visits = store.count_visit(
        stores,
        customer_id=named if isinstance(named, str) else None,
        email=fold(email) if isinstance(email, str) else None,
        at=at,
        now=now,
    )
    if visits is None:
        raise NotFound("There is no such customer.")
    return visits


def _moment(given: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(values.moment(given, zone=settings().zone).isoformat())
    except values.Refused as refused:
        raise InvalidInput("Say when.", [FieldError("at", refused.reason)]) from None
    if moment > now:
        raise InvalidInput("Say when.", [FieldError("at", "is in the future")])
    return moment
