"""All that is wrong with one record, for somebody who can mend it at once."""

from datetime import tzinfo
from typing import Any

from crm.ingestion.headers import field_of
from crm.ingestion.records import Refusal, from_json

_WOULD_DO = {
    "no_total": ("products", "price", "quantity"),
    "no_customer": ("customerId",),
    "no_key": ("externalId",),
}
"""What is missing → the fields any of which would have made up for it."""


def faults(kind: str, raw: Any, zone: tzinfo) -> list[Refusal]:
    """Every field at fault, each with its first reason; empty for a record that can be taken."""
    found: dict[str | None, Refusal] = {}
    rest = raw
    while True:
        try:
            from_json(kind, rest, zone)
        except Refusal as refusal:
            # What was left out for its value may be missing now, which is no other fault.
            if refusal.field in found or not found.keys().isdisjoint(_WOULD_DO.get(refusal.code, ())):
                return list(found.values())
            found[refusal.field] = refusal
            if refusal.field is None:
                return list(found.values())
            rest = {name: value for name, value in rest.items() if field_of(kind, name) != refusal.field}
        else:
            return list(found.values())
