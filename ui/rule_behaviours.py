"""What customers ordered: a measure compared with a value, when, and a list of what the orders must be."""

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from crm.fields import FieldType
from crm.rules.behaviours import MEASURES, measure_operators
from crm.rules.nodes import Measure
from crm.segments import Operator
from ui import rule_draft, rule_kinds, rule_tree
from ui.rule_conditions import of_orders
from ui.rule_draft import Edit, Expected
from ui.rule_parts import Shown, button, node_buttons, select
from ui.rule_tree import Node
from ui.rule_values import Cell, as_iso, duration_widgets, two_dates, value_widgets

_MEASURES = {
    Measure.COUNT: "Number of orders",
    Measure.SUM: "Spent in orders",
    Measure.AVERAGE: "Average order",
    Measure.MIN: "Smallest order",
    Measure.MAX: "Largest order",
    Measure.QUANTITY: "Number of items",
    Measure.DISTINCT_PRODUCTS: "Different products",
    Measure.DAYS_SINCE_FIRST: "First order",
    Measure.DAYS_SINCE_LAST: "Last order",
}
_WINDOWS = {
    rule_kinds.ANY_TIME: "at any time",
    rule_kinds.RECENTLY: "in the last",
    rule_kinds.BETWEEN_DATES: "from … to",
}
_AGES = {"between": "was between … days ago", "equals": "was … days ago", "notEquals": "was not … days ago"}


def behaviour(shown: Shown, node: Node) -> None:
    """Two lines that read as one sentence, then what the orders must be with."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _compared(node)
        node_buttons(shown, node)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _window(node)
    for child in node.get("where") or ():
        of_orders(shown, child)
    button("What was ordered", "where-add", node, _added_where(node["id"]), "add")


def _compared(node: Node) -> None:
    measure = rule_kinds.measure_of(node)
    select(
        Expected(node["id"]), "measure", "Measure of orders", list(_MEASURES),
        node.get("measure") if measure is None else measure, _put_measure(node["id"]),
        words=lambda measure: _MEASURES.get(measure, str(measure)),
    )  # fmt: skip
    if measure is None:
        return
    rows = {row.name: row for row in measure_operators(measure)}
    select(
        Expected(node["id"], str(measure)), "operator", "Operator", list(rows), node.get("operator"),
        _put_operator(node["id"], rows), words=lambda name: _operator_label(measure, rows, name),
    )  # fmt: skip
    operator = rows.get(str(node.get("operator")))
    if operator is not None:
        with st.container(horizontal=True, gap="xsmall", width="stretch"):
            value_widgets(_cell(node, measure, operator))


def _cell(node: Node, measure: Measure, operator: Operator) -> Cell:
    expected = Expected(node["id"], str(measure), operator.name)
    widget = rule_kinds.measure_widget(measure, operator)
    return Cell(expected, MEASURES[measure], operator, node.get("value"), widget)


def _operator_label(measure: Measure, rows: dict[str, Operator], name: str) -> str:
    if name not in rows:
        return name
    label = rows[name].label
    if MEASURES[measure].type is FieldType.DATE:
        return _AGES.get(name, label.replace("is ", "was ", 1))
    return label


def _put_measure(node_id: int) -> Callable[[Measure], Edit]:
    return lambda measure: lambda tree: rule_kinds.with_measure(tree, node_id, Measure(measure))


def _put_operator(node_id: int, rows: dict[str, Operator]) -> Callable[[str], Edit]:
    def put(name: str) -> Edit:
        return lambda tree: (
            rule_kinds.with_measure_operator(tree, node_id, rows[name]) if name in rows else tree
        )

    return put


def _window(node: Node) -> None:
    kind = rule_kinds.window_kind(node)
    st.caption("ordered", width="content")
    select(
        Expected(node["id"]), "window", "When", list(_WINDOWS), kind, _put_window(node["id"]),
        words=_WINDOWS.__getitem__,
    )  # fmt: skip
    expected = Expected(node["id"], window=kind)
    if kind == rule_kinds.RECENTLY:
        duration_widgets(expected, "last", node.get("within"), "within")
    elif kind == rule_kinds.BETWEEN_DATES:
        within = node["within"]
        two_dates(expected, (within.get("from"), within.get("to")), _as_window, "within")
    else:
        st.space("stretch")


def _put_window(node_id: int) -> Callable[[str], Edit]:
    return lambda kind: lambda tree: rule_kinds.with_window(tree, node_id, kind)


def _as_window(first: date | None, last: date | None) -> dict[str, Any]:
    return {"from": as_iso(first), "to": as_iso(last)}


def _added_where(node_id: int) -> Edit:
    return lambda tree: rule_tree.add(tree, node_id, rule_kinds.of_orders(rule_draft.fresh_ids()))
