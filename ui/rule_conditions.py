"""Conditions on a field: of customers, of orders, and the random share that is one of them."""

from collections.abc import Callable, Mapping

import streamlit as st

from crm.fields import ORDER_FIELDS, Field
from crm.segments import Operator, Widget, operator_for, operators_for
from ui import rule_kinds
from ui.rule_draft import Edit, Expected
from ui.rule_offers import field_label, offered_fields
from ui.rule_parts import Shown, hint, remove_button, select
from ui.rule_tree import Node
from ui.rule_values import condition_cell, hold, plain_number, store, value_widgets

_WITH_DATES = {
    "greaterThan": "is after",
    "greaterThanOrEqual": "is on or after",
    "lessThan": "is before",
    "lessThanOrEqual": "is on or before",
}
_WITH_DAYS = {
    "equals": "is … days ago",
    "notEquals": "is not … days ago",
    "between": "is between … days ago",
}


def condition(shown: Shown, node: Node) -> None:
    """A condition on a customer's field."""
    if rule_kinds.is_share(node):
        _share(node)
    else:
        _parts(node, shown.offers.fields, shown.offers.known)


def of_orders(shown: Shown, node: Node) -> None:
    """A condition on what was ordered, in a line of its own."""
    with st.container(gap="xsmall", key=f"where-{node['id']}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption("with", width="content")
            _parts(node, ORDER_FIELDS, shown.offers.ordered)
            remove_button(node)
        hint(shown, node)


def _parts(node: Node, fields: Mapping[str, Field], known: Mapping[str, tuple[str, ...]]) -> None:
    name = str(node.get("field"))
    select(
        Expected(node["id"]), "field", "Field", offered_fields(fields, name), name, _put_field(node, fields),
        words=lambda name: field_label(fields, name),
    )  # fmt: skip
    field = fields.get(name)
    if field is None:
        return
    operator = operator_for(field, str(node.get("operator")))
    labels = operator_labels(node, field, operator)
    select(
        Expected(node["id"], name), "operator", "Operator", list(labels), node.get("operator"),
        _put_operator(node, field), words=lambda name: labels.get(name, name),
    )  # fmt: skip
    if operator is not None:
        with st.container(horizontal=True, gap="xsmall", width="stretch"):
            value_widgets(condition_cell(node, field, operator, known.get(name, field.options)))


def operator_labels(node: Node, field: Field, operator: Operator | None) -> dict[str, str]:
    """The operators a field takes with their words; the chosen one's fit the value that it has."""
    labels = {row.name: row.label for row in operators_for(field)}
    if operator is None or operator.widget not in (Widget.DAYS, Widget.DATE, Widget.TWO_DATES):
        return labels
    widget = operator.widget_for(field, node.get("value"))
    if widget is not operator.widget:
        words = _WITH_DATES if widget is Widget.DATE else _WITH_DAYS
        labels[operator.name] = words.get(operator.name, labels[operator.name])
    return labels


def _put_field(node: Node, fields: Mapping[str, Field]) -> Callable[[str], Edit]:
    def put(name: str) -> Edit:
        return lambda tree: (
            rule_kinds.with_field(tree, node["id"], fields[name], fields) if name in fields else tree
        )

    return put


def _put_operator(node: Node, field: Field) -> Callable[[str], Edit]:
    def put(name: str) -> Edit:
        operator = operator_for(field, name)
        return lambda tree: rule_kinds.with_operator(tree, node["id"], field, operator) if operator else tree

    return put


def _share(node: Node) -> None:
    here = Expected(node["id"], rule_kinds.SHARE_FIELD, rule_kinds.SHARE_OPERATOR)
    key, buckets = here.key("share"), node.get("value")
    hold(key, None if buckets is None else buckets * 100 / rule_kinds.BUCKETS)
    st.markdown(":material/casino: A random", width="content")
    st.number_input(
        "Percent", key=key, value=None, min_value=0.0, max_value=100.0, step=1.0, format="%g",
        label_visibility="collapsed", placeholder="percent", width=130, on_change=store,
        args=(here, [key], _as_buckets),
    )  # fmt: skip
    st.markdown(
        "% of all customers", width="stretch", help="Drawn once for each customer: always the same people."
    )


def _as_buckets(percent: float | None) -> int | float | None:
    return None if percent is None else plain_number(float(round(percent * rule_kinds.BUCKETS / 100)))
