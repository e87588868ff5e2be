"""A customer's own values, in words. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from crm.fields import NUMERIC, Field, FieldType, value_at
from crm.rules import flips
from crm.rules.behaviours import MEASURES
from crm.rules.flips import Bought
from crm.rules.moments import Clock
from crm.rules.nodes import Behaviour, Measure
from crm.rules.words import Teller

NOTHING = "no value"


def value_of(document: Mapping[str, Any], field: Field) -> Any:
    """What a document has in a field; None where it is missing, empty or of another type."""
    value = value_at(document, field.path)
    match field.type:
        case FieldType.TEXT:
            return value.strip() or None if isinstance(value, str) else None
        case FieldType.TAGS:
            tags = [tag.strip() for tag in value if isinstance(tag, str)] if isinstance(value, list) else []
            return [tag for tag in tags if tag] or None
        case FieldType.DATE:
            return value if isinstance(value, datetime) else None
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case _:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return value if number and not math.isnan(value) else None


def said(field: Field, value: Any, *, currency: str, zone: tzinfo) -> str:
    """`₹12,500`, `3 May 2026, 14:05`, `VIP, Gold`, `no value`."""
    if value is None:
        return NOTHING
    if field.type in NUMERIC:
        whole = isinstance(value, float) and value.is_integer()
        return Teller(field, currency).amount(int(value) if whole else value)
    match field.type:
        case FieldType.DATE:
            at = value.astimezone(zone)
            return f"{day(at)}, {at:%H:%M}"
        case FieldType.BOOLEAN:
            return "yes" if value else "no"
        case FieldType.TAGS:
            return ", ".join(value)
        case _:
            return str(value)


def day(at: datetime) -> str:
    return f"{at.day} {at:%B} {at.year}"


def of_behaviour(rule: Behaviour, orders: Sequence[Bought], clock: Clock, *, currency: str) -> str:
    """`2 matching orders, the last on 3 May 2026`; a measured amount comes before it."""
    found = flips.counting(rule, orders, clock)
    if not found:
        return "no matching order"
    count = f"{len(found):,} matching {'order' if len(found) == 1 else 'orders'}"
    dates = [order.at for order in found if order.at is not None]
    last = f", the last on {day(max(dates).astimezone(clock.zone))}" if dates else ""
    field = MEASURES[rule.measure]
    if rule.measure is Measure.COUNT:
        return count + last
    value = flips.measured(rule, orders, clock)
    if field.type is FieldType.DATE and value is not None:
        days = (clock.now - value).days
        return f"{days:,} {'day' if days == 1 else 'days'} ago; {count}{last}"
    return f"{said(field, value, currency=currency, zone=clock.zone)} in {count}{last}"
