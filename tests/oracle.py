"""Who matches a rule, in plain Python and from the JSON alone: what every engine is compared with.

Slow, obvious, and no code shared with the engines but the catalogue of field types. `now` and the dates
of customers are aware and of whole milliseconds, as MongoDB keeps them.
"""

import calendar
import math
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from crm.fields import FIELDS

NEGATIVE = {
    "notEquals": "equals",
    "notIn": "in",
    "notContains": "contains",
    "notInTheLast": "inTheLast",
    "containsNone": "containsAny",
    "isNotSet": "isSet",
}


def matches(node: dict[str, Any], customer: dict[str, Any], now: datetime, zone: tzinfo) -> bool:
    if node["type"] == "everyone":
        return True
    if node["type"] == "group":
        found = [matches(each, customer, now, zone) for each in node["conditions"]]
        return {"AND": all(found), "OR": any(found), "NOT": not any(found)}[node["operator"]]
    operator = node["operator"]
    if operator in NEGATIVE:
        return not matches({**node, "operator": NEGATIVE[operator]}, customer, now, zone)
    kind = FIELDS[node["field"]].type
    x = known(customer.get(node["field"]), kind)
    if x is None or operator == "isSet":
        return x is not None
    return HOLDS[kind](operator, x, node["value"], now, zone)


def known(x: Any, kind: str) -> Any:
    """The value a customer has, None where it is missing, empty, or not of the field's type."""
    if kind == "text":
        return fold(x) or None if isinstance(x, str) else None
    if kind == "tags":
        tags = {fold(tag) for tag in x if isinstance(tag, str)} if isinstance(x, list) else set()
        return tags - {""} or None
    if kind == "date":
        return x if isinstance(x, datetime) else None
    if kind == "boolean":
        return x if isinstance(x, bool) else None
    is_number = isinstance(x, int | float) and not isinstance(x, bool) and not math.isnan(x)
    return x if is_number else None


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())


def items(value: Any) -> list[Any]:
    return value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]


def text_holds(op: str, x: str, value: Any, now: datetime, zone: tzinfo) -> bool:
    v = [fold(str(item)) for item in (items(value) if op == "in" else [value])]
    return {"equals": x in v, "in": x in v, "contains": v[0] in x,
            "startsWith": x.startswith(v[0]), "endsWith": x.endswith(v[0])}[op]  # fmt: skip


def tags_hold(op: str, x: set[str], value: Any, now: datetime, zone: tzinfo) -> bool:
    v = {fold(str(item)) for item in items(value)} - {""}
    return {"containsAny": bool(x & v), "containsAll": v <= x}[op]


def boolean_holds(op: str, x: bool, value: Any, now: datetime, zone: tzinfo) -> bool:
    return x == (str(value).strip().lower() == "true")


def number_holds(op: str, x: float, value: Any, now: datetime, zone: tzinfo) -> bool:
    v = [float(item) for item in (items(value) if op in ("in", "between") else [value])]
    return {"equals": x in v, "in": x in v, "between": v[0] <= x <= v[-1],
            "greaterThan": x > v[0], "greaterThanOrEqual": x >= v[0],
            "lessThan": x < v[0], "lessThanOrEqual": x <= v[0]}[op]  # fmt: skip


def date_holds(op: str, x: datetime, value: Any, now: datetime, zone: tzinfo) -> bool:
    day = timedelta(days=1)
    if op in ("inTheLast", "olderThan", "inTheNext"):
        ((unit, amount),) = next(iter(value.values())).items()
        edge = step(now, unit, int(amount) if op == "inTheNext" else -int(amount), zone)
        return {"inTheLast": edge <= x <= now, "olderThan": x < edge, "inTheNext": now <= x <= edge}[op]
    if str(value[0] if op == "between" else value).isdigit():
        days = [int(item) * day for item in (value if op == "between" else [value])]
        age = now - x
        held = {"equals": days[0] <= age < days[0] + day, "between": days[0] <= age <= days[-1],
                "greaterThan": age > days[0], "greaterThanOrEqual": age >= days[0],
                "lessThan": age < days[0], "lessThanOrEqual": age <= days[0]}  # fmt: skip
        return x <= now and held[op]
    v = [instant(item, zone) for item in (value if op == "between" else [value])]
    whole_day = op == "equals" and len(value) == 10
    is_on = x.astimezone(zone).date().isoformat() == value if whole_day else x == v[0]
    return {"equals": is_on, "between": v[0] <= x <= v[-1], "before": x < v[0], "after": x > v[0],
            "greaterThan": x > v[0], "greaterThanOrEqual": x >= v[0],
            "lessThan": x < v[0], "lessThanOrEqual": x <= v[0]}[op]  # fmt: skip


def instant(written: str, zone: tzinfo) -> datetime:
    given = datetime.fromisoformat(written)
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def step(now: datetime, unit: str, amount: int, zone: tzinfo) -> datetime:
    if unit not in ("months", "years"):
        return now + timedelta(**{unit: amount})
    here = now.astimezone(zone)
    months = here.year * 12 + here.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = months // 12, months % 12 + 1
    day = min(here.day, calendar.monthrange(year, month)[1])
    return here.replace(year=year, month=month, day=day).astimezone(UTC)


HOLDS = {"text": text_holds, "tags": tags_hold, "boolean": boolean_holds, "date": date_holds,
         "number": number_holds, "integer": number_holds, "money": number_holds}  # fmt: skip
