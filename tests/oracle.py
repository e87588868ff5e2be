"""Who matches a rule, in plain Python and from the JSON alone: what every engine is compared with.

Slow, obvious, and no code shared with the engines but the catalogue of field types. `now` and the dates
of customers are aware and of whole milliseconds, as MongoDB keeps them.

`selected` takes any tree and a world of customers, orders and what rules refer to; `matches` a tree that
asks about one customer's fields alone.
"""

import calendar
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from crm.fields import FIELDS, LINE_FIELDS, ORDER_FIELDS, Field
from crm.rules.references import Referred

Node = dict[str, Any]

NEGATIVE = {
    "notEquals": "equals",
    "notIn": "in",
    "notContains": "contains",
    "notInTheLast": "inTheLast",
    "containsNone": "containsAny",
    "isNotSet": "isSet",
}


@dataclass
class World:
    """A shop: customers by id, their orders, and what rules refer to by id.

    A segment is `{name, rules}`; a campaign `{name, variants, deliveries: [{customer, state, variant}]}`;
    a list `{name, entries}`, its entries as somebody wrote them. It finds references for `segments.parse`.
    """

    customers: dict[str, dict[str, Any]]
    orders: list[dict[str, Any]] = field(default_factory=list)
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=lambda: FIELDS)

    def segment(self, segment_id: str) -> Referred | None:
        found = self.segments.get(segment_id)
        return found and Referred(found["name"], found["rules"])

    def campaign(self, campaign_id: str) -> Referred | None:
        found = self.campaigns.get(campaign_id)
        return found and Referred(found["name"], variants=tuple(found["variants"]))

    def list(self, list_id: str) -> Referred | None:
        found = self.lists.get(list_id)
        return found and Referred(found["name"])


def selected(node: Node, world: World, now: datetime, zone: tzinfo) -> set[str]:
    """The ids of whom the tree selects."""
    everybody = set(world.customers)
    match node["type"]:
        case "everyone":
            return everybody
        case "group":
            each = [selected(one, world, now, zone) for one in node["conditions"]]
            together = set.intersection(*each) if node["operator"] == "AND" else set.union(*each)
            return everybody - together if node["operator"] == "NOT" else together
        case "condition":
            return {
                key for key, one in world.customers.items() if matches(node, one, now, zone, world.fields)
            }
        case "behaviour":
            bought: dict[str, list[Node]] = {key: [] for key in everybody}
            for order in world.orders:
                bought.get(order.get("customerId"), []).append(order)  # type: ignore[arg-type]
            return {key for key, orders in bought.items() if behaves(node, orders, now, zone)}
        case "top":
            return ranked(node, world, now, zone)
        case "segment":
            inner = selected(world.segments[node["segmentId"]]["rules"], world, now, zone)
            return inner if node.get("in", True) else everybody - inner
        case "campaign":
            asked = {key: node[key] for key in ("state", "variant") if node.get(key)}
            rows = world.campaigns[node["campaignId"]]["deliveries"]
            return everybody & {row["customer"] for row in rows if asked.items() <= row.items()}
        case _:
            entries = {fold(entry) for entry in world.lists[node["listId"]]["entries"]}
            listed = {
                key for key, one in world.customers.items()
                if {known(one.get("email"), "text"), known(one.get("externalId"), "text")} & entries
            }  # fmt: skip
            return listed if node.get("in", True) else everybody - listed


def ranked(node: Node, world: World, now: datetime, zone: tzinfo) -> set[str]:
    by = world.fields[node["by"]]
    values = {key: known(read(world.customers[key], by), by.type)
              for key in sorted(selected(node["of"], world, now, zone))}  # fmt: skip
    order = sorted((key for key, x in values.items() if x is not None), key=lambda key: values[key],
                   reverse=node.get("direction", "desc") == "desc")  # fmt: skip  # keeps ties in their order
    return set(order[: node["n"]])


def behaves(node: Node, orders: list[Node], now: datetime, zone: tzinfo) -> bool:
    """Whether somebody with these orders shows the behaviour."""
    if node["operator"] in NEGATIVE:
        return not behaves({**node, "operator": NEGATIVE[node["operator"]]}, orders, now, zone)
    x = measured(node["measure"], matching_orders(node, orders, now, zone))
    holds = date_holds if node["measure"].startswith("daysSince") else number_holds
    return x is not None and holds(node["operator"], x, node["value"], now, zone)


def matching_orders(
    node: Node, orders: list[Node], now: datetime, zone: tzinfo
) -> list[tuple[Node, list[Node]]]:
    """The orders that a behaviour is about, each with those of its lines that match."""
    where = node.get("where") or []
    of_lines = [one for one in where if one["field"] in LINE_FIELDS]
    of_orders = [one for one in where if one["field"] not in LINE_FIELDS]
    found = []
    for order in orders:
        if not in_time(order, node.get("within"), now, zone):
            continue
        if known(order.get("status"), "text") == "cancelled" and "status" not in {w["field"] for w in where}:
            continue
        lines = order.get("products") if isinstance(order.get("products"), list) else []
        lines = [
            line for line in lines if isinstance(line, dict)
            and all(matches(one, line | {"product": line.get("name")}, now, zone, ORDER_FIELDS)
                    for one in of_lines)
        ]  # fmt: skip
        if all(matches(one, order, now, zone, ORDER_FIELDS) for one in of_orders) and (lines or not of_lines):
            found.append((order, lines))
    return found


def in_time(order: Node, within: Any, now: datetime, zone: tzinfo) -> bool:
    at = known(order.get("createdAt"), "date")
    if at is None or at > now:
        return at is None and within is None
    if within is None:
        return True
    if "last" in within:
        return date_holds("inTheLast", at, within, now, zone)
    start, end = (instant(within[key], zone) if within.get(key) else at for key in ("from", "to"))
    return start <= at <= end


def measured(measure: str, found: list[tuple[Node, list[Node]]]) -> Any:
    """The number, or for the days since an order its instant; None where there is none."""
    totals = [x for order, _ in found if (x := known(order.get("total"), "number")) is not None]
    dates = [x for order, _ in found if (x := known(order.get("createdAt"), "date")) is not None]
    lines = [line for _, some in found for line in some]
    match measure:
        case "count":
            return len(found)
        case "quantity":
            return round(sum(known(line.get("quantity"), "number") or 0 for line in lines), 4)
        case "distinctProducts":
            return len({product(line) for line in lines} - {None})
        case "sum":
            return round(sum(totals), 4)
        case "average":
            return round(sum(totals) / len(totals), 4) if totals else None
        case "min" | "max":
            return {"min": min, "max": max}[measure](totals, default=None)
    return (min if measure == "daysSinceFirst" else max)(dates, default=None)


def product(line: Node) -> tuple[str, str] | None:
    for key in ("productId", "name"):
        if text := known(line.get(key), "text"):
            return key, text
    return None


def matches(
    node: Node, customer: dict[str, Any], now: datetime, zone: tzinfo, fields: Mapping[str, Field] = FIELDS
) -> bool:
    if node.get("type") == "everyone":
        return True
    if node.get("type") == "group":
        found = [matches(each, customer, now, zone, fields) for each in node["conditions"]]
        return {"AND": all(found), "OR": any(found), "NOT": not any(found)}[node["operator"]]
    operator = node["operator"]
    if operator in NEGATIVE:
        return not matches({**node, "operator": NEGATIVE[operator]}, customer, now, zone, fields)
    of = fields[node["field"]]
    x = known(read(customer, of), of.type)
    if x is None or operator == "isSet":
        return x is not None
    return HOLDS[of.type](operator, x, node["value"], now, zone)


def read(document: Any, of: Field) -> Any:
    """What a document has in a field, its path being names with dots between them."""
    for key in of.path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


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
    if op in ("anniversaryInTheNext", "anniversaryInTheLast", "monthIs"):
        return on_calendar(op, x.astimezone(zone).date(), value, now.astimezone(zone).date())
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


def on_calendar(op: str, x: date, value: Any, today: date) -> bool:
    if op == "monthIs":
        return x.month in {int(month) if str(month).strip().isdigit() else
                           MONTHS.index(month.strip().lower()[:3]) + 1 for month in items(value)}  # fmt: skip
    ((unit, amount),) = next(iter(value.values())).items()
    days = int(amount) * (7 if unit == "weeks" else 1)
    first = today if op == "anniversaryInTheNext" else today - timedelta(days=days - 1)
    last = first + timedelta(days=days - 1)
    return any(first <= anniversary(x, year) <= last for year in range(first.year, last.year + 1))


def anniversary(x: date, year: int) -> date:
    is_leap_day = (x.month, x.day) == (2, 29) and not calendar.isleap(year)
    return x.replace(year=year, day=28) if is_leap_day else x.replace(year=year)


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


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
