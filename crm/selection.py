"""What somebody picked while exploring, as a rule tree: the way from a chart to a segment. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm import rfm
from crm.rfm import Edges
from crm.scope import NO_CITY

Tree = dict[str, Any]

ORDERS = "orders"
DATE_FIELDS = {
    ORDERS: "orders",
    "lastOrdered": "last order",
    "firstPurchaseDate": "first order",
    "accountCreated": "sign-up",
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; or, where `length` is given, the time up to now."""

    first: date | None = None
    last: date | None = None
    length: tuple[tuple[str, int], ...] = ()  # such as (("days", 90),)

    @property
    def is_open(self) -> bool:
        """Whether it restricts nothing."""
        return not (self.first or self.last or self.length)


@dataclass(frozen=True, slots=True)
class Selection:
    """Customers by city (any of), tag (any of), the date in `date_field`, and RFM group (any of).

    With ORDERS as `date_field` they ordered in the period. `categories` and `products` (any of each) are what
    was ordered, in one line; the period is that of these orders then.
    """

    cities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    period: Period = Period()
    date_field: str = ORDERS
    groups: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()

    @property
    def of_lines(self) -> bool:
        """Whether it is about what was in the orders."""
        return bool(self.categories or self.products)

    @property
    def is_empty(self) -> bool:
        return not (self.cities or self.tags or self.groups or self.of_lines) and self.period.is_open


def tree(selection: Selection, edges: Edges | None = None) -> Tree | None:
    """The rule that holds for the selected customers; None where nothing is selected.

    Groups need the `edges` they were picked from: their limits become part of the rule.
    """
    if selection.is_empty:
        return None
    conditions: list[Tree] = []
    if selection.cities:
        conditions += _cities(selection.cities)
    if selection.tags:
        conditions.append(_condition("tags", "containsAny", list(selection.tags)))
    if selection.of_lines or (selection.date_field == ORDERS and not selection.period.is_open):
        conditions.append(_ordered(selection))
    else:
        conditions += _period(selection.period, selection.date_field)
    if selection.groups:
        if edges is None:
            raise ValueError("groups without the edges they were picked from")
        conditions += _groups(selection.groups, edges)
    return _group("AND", conditions)


def _cities(cities: tuple[str, ...]) -> list[Tree]:
    named = [city for city in cities if city != NO_CITY]
    either = [_condition("city", "in", named)] if named else []
    if len(named) < len(cities):
        either.append({"type": "condition", "field": "city", "operator": "isNotSet"})
    return either if len(either) == 1 else [_group("OR", either)]


def _ordered(selection: Selection) -> Tree:
    """One order at least in the period, with a line of these categories and products."""
    named = (("category", selection.categories), ("product", selection.products))
    found: Tree = {
        "type": "behaviour",
        "measure": "count",
        "where": [_condition(field, "in", list(names)) for field, names in named if names],
        "operator": "greaterThanOrEqual",
        "value": 1,
    }
    if not selection.period.is_open:
        found["within"] = _window(selection.period)
    return found


def _window(period: Period) -> Tree:
    if period.length:
        return {"last": dict(period.length)}
    window = {"from": period.first.isoformat()} if period.first else {}
    if period.last:
        window["to"] = (
            f"{period.last.isoformat()}T23:59:59.999"  # both ends are in, and a date is its midnight
        )
    return window


def _period(period: Period, field: str) -> list[Tree]:
    if period.length:
        return [_condition(field, "inTheLast", {"last": dict(period.length)})]
    conditions = []
    if period.first:
        conditions.append(_condition(field, "greaterThanOrEqual", period.first.isoformat()))
    if period.last:
        after = period.last + timedelta(days=1)  # a date is its midnight: the last day is to be in
        conditions.append(_condition(field, "before", after.isoformat()))
    return conditions


def _groups(names: tuple[str, ...], edges: Edges) -> list[Tree]:
    if len(names) == 1:
        return rfm.conditions(edges, names[0])
    return [_group("OR", [_group("AND", rfm.conditions(edges, name)) for name in names])]


def _group(operator: str, conditions: list[Tree]) -> Tree:
    return {"type": "group", "operator": operator, "conditions": conditions}


def _condition(field: str, operator: str, value: Any) -> Tree:
    return {"type": "condition", "field": field, "operator": operator, "value": value}
