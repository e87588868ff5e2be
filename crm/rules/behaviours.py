"""What a behaviour's JSON may say: measures, and the operators each takes.

A measure is compared as a field of its own: an amount by the operators of numbers, the first or the last
order's day by those that take a number of days.
"""

from crm.fields import Field, FieldType
from crm.rules.nodes import Measure, Window
from crm.rules.operators import Operator, operators_for
from crm.rules.values import Age, Moment, Unreadable, Value, is_blank, moment, span

MEASURES: dict[Measure, Field] = {
    Measure.COUNT: Field("orders.count", FieldType.INTEGER, "number of orders"),
    Measure.SUM: Field("orders.sum", FieldType.MONEY, "sum of orders"),
    Measure.AVERAGE: Field("orders.average", FieldType.MONEY, "average order"),
    Measure.MIN: Field("orders.min", FieldType.MONEY, "smallest order"),
    Measure.MAX: Field("orders.max", FieldType.MONEY, "largest order"),
    Measure.QUANTITY: Field("orders.quantity", FieldType.NUMBER, "number of items"),
    Measure.DISTINCT_PRODUCTS: Field("orders.products", FieldType.INTEGER, "number of different products"),
    Measure.DAYS_SINCE_FIRST: Field("orders.first", FieldType.DATE, "days since the first order"),
    Measure.DAYS_SINCE_LAST: Field("orders.last", FieldType.DATE, "days since the last order"),
}
FROM_ZERO = frozenset({Measure.COUNT, Measure.SUM, Measure.QUANTITY, Measure.DISTINCT_PRODUCTS})
"""Measures that are 0 without a matching order; the others are missing then."""

DECIMALS = 4
"""Of a sum, an average or a quantity, as money is kept: the order of adding must not decide a comparison."""

_ON_DATES = {
    "greaterThan",
    "greaterThanOrEqual",
    "lessThan",
    "lessThanOrEqual",
    "between",
    "equals",
    "notEquals",
}
_NEVER = {"isSet", "isNotSet"}


def measure_operators(measure: Measure) -> list[Operator]:
    """The operators a measure takes, in the order an editor offers them."""
    field = MEASURES[measure]
    rows = operators_for(field)
    if field.type is FieldType.DATE:
        return [row for row in rows if row.name in _ON_DATES]
    return [row for row in rows if row.name not in _NEVER]


def read_value(measure: Measure, operator: Operator, raw: object) -> Value:
    """The value a measure is compared with. Raises Unreadable."""
    field = MEASURES[measure]
    value = operator.read(field, raw)
    items = value if isinstance(value, tuple) else (value,)
    if field.type is FieldType.DATE and not all(isinstance(item, Age) for item in items):
        raise Unreadable("Give a number of days here.")
    return value


def read_window(raw: object) -> Window:
    """`{"last": {"days": 90}}`, or `{"from": date, "to": date}` with one of the two or both."""
    if isinstance(raw, dict) and "last" in raw:
        return Window(last=span(raw, "last"))
    if not isinstance(raw, dict) or not raw or not set(raw) <= {"from", "to"}:
        raise Unreadable('Give a time such as {"last": {"days": 90}} or {"from": "2026-01-01"}.')
    ends: list[Moment | None] = [
        None if is_blank(raw.get(key)) else moment(raw[key]) for key in ("from", "to")
    ]
    if ends == [None, None]:
        raise Unreadable("Give a first or a last day.")
    return Window(start=ends[0], end=ends[1])
