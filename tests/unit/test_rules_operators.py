"""The operator table is whole, and its page in the documentation is up to date."""

from pathlib import Path
from typing import Any

import pytest

from crm.fields import FIELDS, FieldType
from crm.rules.operators import OPERATORS, Operator, Widget, operator_for, operators_for

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
DESIGNED = {
    "equals", "notEquals", "greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "between",
    "in", "notIn", "contains", "notContains", "startsWith", "endsWith", "before", "after", "inTheLast",
    "notInTheLast", "inTheNext", "olderThan", "containsAny", "containsAll", "containsNone", "isSet",
    "isNotSet", "anniversaryInTheNext", "anniversaryInTheLast", "monthIs",
}  # fmt: skip


def documented(row: Operator) -> str:
    types = ", ".join(kind for kind in FieldType if kind in row.types)
    opposite = f"the opposite of `{row.negates}`" if row.negates else ""
    return f"| {types} | `{row.name}` | {row.label} | {row.widget} | {opposite} |"


def test_every_operator_is_there():
    assert {row.name for row in OPERATORS} == DESIGNED


def test_no_field_has_two_operators_of_one_name_or_label():
    for field in FIELDS.values():
        rows = operators_for(field)
        assert len({row.name for row in rows}) == len(rows)
        assert len({row.label for row in rows}) == len(rows)
        assert {row.negates for row in rows} - {""} <= {row.name for row in rows}


def test_the_page_has_every_operator():
    table = "\n".join(documented(row) for row in OPERATORS)
    assert table in PAGE.read_text(encoding="utf-8"), f"docs/rules.md should hold\n{table}"


def test_the_page_has_every_field():
    table = "\n".join(f"| `{field.name}` | {field.type} | {field.label} |" for field in FIELDS.values())
    assert table in PAGE.read_text(encoding="utf-8"), f"docs/rules.md should hold\n{table}"


@pytest.mark.parametrize(
    ("operator", "raw", "widget"),
    [
        ("greaterThan", "30", Widget.DAYS),
        ("greaterThan", "2026-01-31", Widget.DATE),
        ("greaterThan", None, Widget.DAYS),
        ("equals", "2026-01-31", Widget.DATE),
        ("equals", 30, Widget.DAYS),
        ("between", ["2026-01-01", "2026-01-31"], Widget.TWO_DATES),
        ("between", [7, 30], Widget.TWO_NUMBERS),
        ("between", None, Widget.TWO_DATES),
        ("inTheLast", {"last": {"days": 1}}, Widget.DURATION),
        ("anniversaryInTheNext", {"next": {"weeks": 1}}, Widget.DURATION),
        ("monthIs", [3], Widget.MONTHS),
    ],
)
def test_a_date_operator_shows_the_widget_that_fits_its_value(operator: str, raw: Any, widget: Widget):
    field = FIELDS["lastActive"]
    row = operator_for(field, operator)
    assert row is not None and row.widget_for(field, raw) is widget
