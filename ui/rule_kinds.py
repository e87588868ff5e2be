"""The kinds of conditions that the builder adds, and how one turns into another. Nothing is drawn here."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crm.fields import NUMERIC, Field, FieldType
from crm.rules.behaviours import MEASURES, measure_operators
from crm.rules.nodes import Measure
from crm.segments import Operator, Widget, operator_for, operators_for
from ui import rule_tree
from ui.rule_tree import Node

BUCKETS = 10_000
SHARE_FIELD, SHARE_OPERATOR = "bucket", "lessThan"
FIRST_FIELD, FIRST_OPERATOR = "totalSpent", "greaterThan"
ANY_TIME, RECENTLY, BETWEEN_DATES = "any", "last", "dates"

_WITH_AMOUNTS = (Widget.NUMBER, Widget.TWO_NUMBERS, Widget.DAYS, Widget.DURATION)
_DAY = len("2026-01-31")
_WITH_DAYS = (Widget.DATE, Widget.TWO_DATES)
_AGES = {Widget.DATE: Widget.DAYS, Widget.TWO_DATES: Widget.TWO_NUMBERS}


def condition(ids: Iterator[int]) -> Node:
    return rule_tree.condition(next(ids), FIRST_FIELD, FIRST_OPERATOR)


def group(ids: Iterator[int]) -> Node:
    return rule_tree.group(next(ids), "OR", [condition(ids)])


def behaviour(ids: Iterator[int]) -> Node:
    """Who ordered at least once: complete as it stands, so that its number is there at once."""
    return {
        "id": next(ids), "type": "behaviour", "measure": str(Measure.COUNT),
        "operator": "greaterThanOrEqual", "value": 1,
    }  # fmt: skip


def of_orders(ids: Iterator[int]) -> Node:
    """A condition on what was ordered."""
    return rule_tree.condition(next(ids), "product", "equals")


def top(ids: Iterator[int]) -> Node:
    return {
        "id": next(ids), "type": "top", "n": 100, "by": "totalSpent", "direction": "desc",
        "of": rule_tree.everyone(next(ids)),
    }  # fmt: skip


def in_segment(ids: Iterator[int]) -> Node:
    return {"id": next(ids), "type": "segment", "segmentId": None, "in": True}


def in_campaign(ids: Iterator[int]) -> Node:
    return {"id": next(ids), "type": "campaign", "campaignId": None, "state": "sent"}


def on_list(ids: Iterator[int]) -> Node:
    return {"id": next(ids), "type": "list", "listId": None, "in": True}


def share(ids: Iterator[int]) -> Node:
    """A tenth of all customers, always the same people."""
    return rule_tree.condition(next(ids), SHARE_FIELD, SHARE_OPERATOR, BUCKETS // 10)


def everyone(ids: Iterator[int]) -> Node:
    return rule_tree.everyone(next(ids))


MORE: dict[str, tuple[str, Callable[[Iterator[int]], Node]]] = {
    "top": (":material/leaderboard: Highest or lowest", top),
    "segment": (":material/group_work: In another segment", in_segment),
    "campaign": (":material/campaign: Past campaign", in_campaign),
    "list": (":material/list_alt: On a list", on_list),
    "share": (":material/casino: A random share", share),
    "everyone": (":material/groups: Everyone", everyone),
}
"""What a group's menu adds, by name: its words and how it is made."""


def is_share(node: Node) -> bool:
    """Whether a condition takes a random share of all customers: those in the first so many buckets."""
    asked = (node.get("type"), node.get("field"), node.get("operator"))
    value = node.get("value")
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= BUCKETS
    return asked == ("condition", SHARE_FIELD, SHARE_OPERATOR) and (value is None or whole)


def has_amount(node: Node, fields: Mapping[str, Field]) -> bool:
    """Whether a node compares with an amount or a day, or two, given already, in whose place another could
    be asked for."""
    value = node.get("value")
    if value is None or is_share(node) or (isinstance(value, list) and None in value):
        return False
    if node.get("type") == "behaviour":
        measure = measure_of(node)
        operator = measure_operator(measure, str(node.get("operator"))) if measure else None
        return bool(measure and operator) and measure_widget(measure, operator) in _WITH_AMOUNTS
    field = fields.get(str(node.get("field"))) if node.get("type") == "condition" else None
    operator = operator_for(field, str(node.get("operator"))) if field else None
    if not (field and operator):
        return False
    widget = operator.widget_for(field, value)
    return widget in _WITH_AMOUNTS or (widget in _WITH_DAYS and _is_days(value))


def _is_days(value: object) -> bool:
    """Whether these are days of the calendar, none of them with a time."""
    return all(
        isinstance(each, str) and len(each.strip()) == _DAY
        for each in (value if isinstance(value, list) else [value])
    )


def rankable(fields: Mapping[str, Field]) -> list[str]:
    """The fields people can be ranked by."""
    return [
        name
        for name, field in fields.items()
        if field.type in (*NUMERIC, FieldType.DATE) and name != SHARE_FIELD
    ]


def with_field(tree: Node, node_id: int, field: Field, fields: Mapping[str, Field]) -> Node:
    """The tree with another field in a condition. What still makes sense of it stays."""
    node = rule_tree.find(tree, node_id) or {}
    before = fields.get(str(node.get("field")))
    if before is None or before.type != field.type:
        first = operators_for(field)[0].name
        return rule_tree.change(tree, node_id, field=field.name, operator=first, value=None)
    worded = field.type in (FieldType.TEXT, FieldType.TAGS)  # a city is no name: the text is the field's
    value = None if worded and before is not field else node.get("value")
    return rule_tree.change(tree, node_id, field=field.name, value=value)


def with_operator(tree: Node, node_id: int, field: Field, operator: Operator) -> Node:
    """The tree with another operator in a condition, and as much of its value as fits."""
    node = rule_tree.find(tree, node_id) or {}
    value = refit(node.get("value"), field, operator_for(field, str(node.get("operator"))), operator)
    return rule_tree.change(tree, node_id, operator=operator.name, value=value)


def with_measure(tree: Node, node_id: int, measure: Measure) -> Node:
    """The tree with another measure in a behaviour. An amount stays where both are amounts."""
    node = rule_tree.find(tree, node_id) or {}
    before = measure_of(node)
    rows = measure_operators(measure)
    kept = next((row for row in rows if row.name == node.get("operator")), rows[0])
    dated = MEASURES[measure].type is FieldType.DATE
    same = before is not None and dated == (MEASURES[before].type is FieldType.DATE)
    whole = MEASURES[measure].type is FieldType.INTEGER
    value = node.get("value") if same and not (whole and _has_fraction(node.get("value"))) else None
    return rule_tree.change(tree, node_id, measure=str(measure), operator=kept.name, value=value)


def with_measure_operator(tree: Node, node_id: int, operator: Operator) -> Node:
    """The tree with another operator in a behaviour, and as much of its value as fits."""
    node = rule_tree.find(tree, node_id) or {}
    measure = measure_of(node)
    if measure is None:
        return tree
    before = measure_operator(measure, str(node.get("operator")))
    kinds = (measure_widget(measure, before) if before else None, measure_widget(measure, operator))
    value = _refitted(node.get("value"), *kinds)
    return rule_tree.change(tree, node_id, operator=operator.name, value=value)


def with_window(tree: Node, node_id: int, kind: str) -> Node:
    """The tree with another time that a behaviour's orders lie in."""
    within: dict[str, Any] = {
        ANY_TIME: None,
        RECENTLY: {"last": {"days": 90}},
        BETWEEN_DATES: {"from": None, "to": None},
    }
    node = rule_tree.find(tree, node_id) or {}
    if window_kind(node) == kind:
        return tree
    return rule_tree.change(tree, node_id, within=within[kind])


def window_kind(node: Node) -> str:
    """What a behaviour's `within` is: any time, a last so long, or dates."""
    within = node.get("within")
    if not within:
        return ANY_TIME
    return RECENTLY if "last" in within else BETWEEN_DATES


def measure_of(node: Node) -> Measure | None:
    name = node.get("measure")
    return Measure(name) if name in tuple(Measure) else None


def measure_operator(measure: Measure, name: str) -> Operator | None:
    return next((row for row in measure_operators(measure) if row.name == name), None)


def measure_widget(measure: Measure, operator: Operator) -> Widget:
    """The widget of a measure's value: the day of an order is compared by its age alone."""
    if MEASURES[measure].type is FieldType.DATE:
        return _AGES.get(operator.widget, operator.widget)
    return operator.widget


def refit(value: Any, field: Field, before: Operator | None, after: Operator) -> Any:
    """What remains of a value when a condition changes its operator; None where it makes no sense there."""
    if before is None:
        return None
    shown = before.widget_for(field, value)
    if after.widget is Widget.DURATION:
        return _span_for(value, after)
    if before.widget == after.widget and not (after.widget is Widget.DAYS and shown is Widget.DATE):
        return value
    return _refitted(value, shown, after.widget)


def _refitted(value: Any, before: Widget | None, after: Widget) -> Any:
    if before == after:
        return value
    match before, after:
        case Widget.TEXT, Widget.TEXTS if isinstance(value, str) and value:
            return [value]
        case Widget.TEXTS, Widget.TEXT if isinstance(value, list) and len(value) == 1:
            return value[0]
        case (Widget.NUMBER, Widget.TWO_NUMBERS) | (Widget.DATE, Widget.TWO_DATES) if value is not None:
            return [value, None]
        case Widget.DAYS, Widget.TWO_NUMBERS if value is not None:
            return [value, None]
        case (Widget.TWO_NUMBERS, Widget.NUMBER | Widget.DAYS) | (Widget.TWO_DATES, Widget.DATE):
            return value[0] if isinstance(value, list) and value else None
    return None


def _span_for(value: Any, operator: Operator) -> Any:
    """A length of time under the key that the operator reads it by."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    return {span_key(operator): next(iter(value.values()))}


def span_key(operator: Operator) -> str:
    return "next" if operator.name in ("inTheNext", "anniversaryInTheNext") else "last"


def _has_fraction(value: Any) -> bool:
    return any(isinstance(one, float) for one in (value if isinstance(value, list) else [value]))
