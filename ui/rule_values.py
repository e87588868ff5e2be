"""The widget for a condition's value, chosen by its operator, and the JSON that it gives back.

A widget never holds a value of its own that the tree does not have: what the tree says is put into it
before it is drawn, and what a person enters goes into the tree through `rule_draft.apply`, together with
what the widget expected the condition to be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from crm.fields import Field, FieldType
from crm.rules.values import MONTHS, Unit
from crm.segments import Operator, Widget
from ui import rule_draft, rule_tree
from ui.rule_draft import Expected
from ui.rule_kinds import span_key
from ui.rule_tree import Node

_ABSENT = object()
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_MOST_AMOUNT = 10**12
_YES_NO = {True: "yes", False: "no"}
_UNITS = tuple(str(unit) for unit in Unit)
_OF_YEAR = ("days", "weeks")  # what anniversaries are counted in


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a node on the screen: of a condition, or what a behaviour's measure is compared with.

    `known` are the values that the data has in the field. `entry` is the node's key for the value.
    """

    expected: Expected
    field: Field
    operator: Operator
    value: Any
    widget: Widget
    known: tuple[str, ...] = ()
    entry: str = "value"

    def key(self, part: str = "value") -> str:
        return self.expected.key(part)


def condition_cell(node: Node, field: Field, operator: Operator, known: tuple[str, ...]) -> Cell:
    """The value of a condition on a customer's field, or on one of orders."""
    value = node.get("value")
    expected = Expected(node["id"], field.name, operator.name)
    return Cell(expected, field, operator, value, operator.widget_for(field, value), known)


def hold(key: str, wanted: Any) -> None:
    """Let the widget of this key show what the tree says. Left alone where it does so already."""
    if st.session_state.get(key, _ABSENT) != wanted:
        st.session_state[key] = wanted


def entered(key: str) -> Any:
    """What a person entered into the widget of this key; `ABSENT` if it is gone."""
    return st.session_state.get(key, _ABSENT)


def is_absent(value: Any) -> bool:
    return value is _ABSENT


def value_widgets(cell: Cell) -> None:
    """Draw a value."""
    _DRAW[cell.widget](cell)


def store(expected: Expected, keys: Sequence[str], convert: Callable[..., Any], entry: str = "value") -> None:
    """Take what was entered into the tree. `convert` makes the JSON value of the widgets' values."""
    raw = [entered(key) for key in keys]
    if any(value is _ABSENT for value in raw):
        return
    changes = {entry: convert(*raw)}
    rule_draft.apply(expected, lambda tree: rule_tree.change(tree, expected.node_id, **changes))


def _nothing(cell: Cell) -> None:
    st.space("stretch")


def _text(cell: Cell) -> None:
    key = cell.key()
    if cell.known and cell.operator.name in ("equals", "notEquals"):
        _choice(cell, key)
        return
    hold(key, "" if cell.value is None else str(cell.value))
    st.text_input(
        "Value",
        key=key,
        label_visibility="collapsed",
        placeholder="text",
        max_chars=1_000,
        on_change=store,
        args=(cell.expected, [key], lambda text: text or None),
    )


def _choice(cell: Cell, key: str) -> None:
    wanted = None if cell.value in (None, "") else str(cell.value)
    hold(key, wanted)
    options = list(dict.fromkeys([*cell.known, *([wanted] if wanted else [])]))
    st.selectbox(
        "Value",
        options,
        key=key,
        label_visibility="collapsed",
        index=None,
        placeholder="choose or type",
        accept_new_options=True,
        on_change=store,
        args=(cell.expected, [key], lambda text: text or None),
    )


def _texts(cell: Cell) -> None:
    key = cell.key()
    wanted = [str(item) for item in cell.value] if isinstance(cell.value, list) else []
    if isinstance(cell.value, str) and cell.value.strip():
        wanted = [piece.strip() for piece in cell.value.split(",") if piece.strip()]
    hold(key, wanted)
    st.multiselect(
        "Values",
        list(dict.fromkeys([*cell.known, *wanted])),
        key=key,
        label_visibility="collapsed",
        placeholder="choose or type",
        accept_new_options=True,
        select_all=False,
        wrap=True,
        on_change=store,
        args=(cell.expected, [key], lambda texts: list(texts) or None),
    )


def _number(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_number(cell.value, cell.field))
    _number_input(cell, key, "Value", "number", [key], plain_number)


def _two_numbers(cell: Cell) -> None:
    keys = [cell.key("low"), cell.key("high")]
    for key, value in zip(keys, _pair(cell.value), strict=True):
        hold(key, _as_number(value, cell.field))
    _number_input(cell, keys[0], "From", "from", keys, _two(plain_number))
    _number_input(cell, keys[1], "To", "to", keys, _two(plain_number))


def _number_input(
    cell: Cell, key: str, label: str, hint: str, keys: Sequence[str], convert: Callable[..., Any]
) -> None:
    whole = _is_whole(cell.field)
    st.number_input(
        label,
        key=key,
        value=None,
        min_value=-_MOST_AMOUNT if whole else float(-_MOST_AMOUNT),
        max_value=_MOST_AMOUNT if whole else float(_MOST_AMOUNT),
        step=1 if whole else 1.0,
        format="%d" if whole else "%g",
        label_visibility="collapsed",
        placeholder=hint,
        on_change=store,
        args=(cell.expected, keys, convert),
    )


def _numbers(cell: Cell) -> None:
    key = cell.key()
    values = cell.value if isinstance(cell.value, list) else [] if cell.value is None else [cell.value]
    wanted = [str(value) for value in values]
    hold(key, wanted)
    st.multiselect(
        "Values",
        wanted,
        key=key,
        label_visibility="collapsed",
        placeholder="type a number, then Enter",
        accept_new_options=True,
        wrap=True,
        on_change=store,
        args=(cell.expected, [key], lambda texts: [_number_or_text(text) for text in texts] or None),
    )


def _date(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_date(cell.value))
    _date_input(cell.expected, key, "Date", [key], as_iso, cell.entry)


def _two_dates(cell: Cell) -> None:
    two_dates(cell.expected, _pair(cell.value), _two(as_iso), cell.entry)


def two_dates(expected: Expected, days: tuple[Any, Any], convert: Callable[..., Any], entry: str) -> None:
    """A first and a last day, in an entry of a node. `convert` makes it of two dates or None."""
    keys = [expected.key("low"), expected.key("high")]
    for key, label, day in zip(keys, ("From", "To"), days, strict=True):
        hold(key, _as_date(day))
        _date_input(expected, key, label, keys, convert, entry)


def _date_input(
    expected: Expected, key: str, label: str, keys: Sequence[str], convert: Callable[..., Any], entry: str
) -> None:
    st.date_input(
        label,
        key=key,
        value=None,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        on_change=store,
        args=(expected, keys, convert, entry),
    )


def _days(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_whole(cell.value))
    _whole_input(cell.expected, key, "Days", "days", 0, [key], lambda days: days, cell.entry)


def _duration(cell: Cell) -> None:
    units = _OF_YEAR if cell.operator.name.startswith("anniversary") else _UNITS
    duration_widgets(cell.expected, span_key(cell.operator), cell.value, cell.entry, units)


def duration_widgets(
    expected: Expected, name: str, value: Any, entry: str, units: Sequence[str] = _UNITS
) -> None:
    """A length of time under its name (`last`, `next`), in an entry of a node."""
    amount, unit = _span(value)
    units = units if unit in units else [*units, unit]  # the rule says what is wrong with it
    keys = [expected.key("amount"), expected.key("unit")]
    hold(keys[0], amount)
    hold(keys[1], unit)
    _whole_input(expected, keys[0], "Amount", "number", 1, keys, _as_span(name), entry)
    st.selectbox(
        "Unit",
        units,
        key=keys[1],
        label_visibility="collapsed",
        on_change=store,
        args=(expected, keys, _as_span(name), entry),
    )


def _whole_input(
    expected: Expected, key: str, label: str, hint: str, least: int, keys: Sequence[str],
    convert: Callable[..., Any], entry: str,
) -> None:  # fmt: skip
    st.number_input(
        label,
        key=key,
        value=None,
        min_value=least,
        step=1,
        label_visibility="collapsed",
        placeholder=hint,
        on_change=store,
        args=(expected, keys, convert, entry),
    )


def _months(cell: Cell) -> None:
    key = cell.key()
    values = cell.value if isinstance(cell.value, list) else []
    hold(key, [number for number in map(_as_whole, values) if number in range(1, 13)])
    st.multiselect(
        "Months",
        range(1, 13),
        key=key,
        format_func=lambda number: MONTHS[number - 1],
        label_visibility="collapsed",
        placeholder="choose months",
        select_all=False,
        wrap=True,
        on_change=store,
        args=(cell.expected, [key], lambda months: sorted(months) or None),
    )


def _yes_no(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_boolean(cell.value))
    st.segmented_control(
        "Value",
        list(_YES_NO),
        key=key,
        format_func=_YES_NO.get,
        label_visibility="collapsed",
        on_change=store,
        args=(cell.expected, [key], lambda value: value),
    )


_DRAW: dict[Widget, Callable[[Cell], None]] = {
    Widget.NONE: _nothing,
    Widget.TEXT: _text,
    Widget.TEXTS: _texts,
    Widget.NUMBER: _number,
    Widget.NUMBERS: _numbers,
    Widget.TWO_NUMBERS: _two_numbers,
    Widget.DATE: _date,
    Widget.TWO_DATES: _two_dates,
    Widget.DAYS: _days,
    Widget.DURATION: _duration,
    Widget.YES_NO: _yes_no,
    Widget.MONTHS: _months,
}


def plain_number(value: float | None) -> int | float | None:
    """A whole number without its `.0`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number_or_text(text: str) -> int | float | str:
    try:
        return plain_number(float(text)) if text.strip() else text
    except ValueError:
        return text  # the rule says what is wrong with it


def _is_whole(field: Field) -> bool:
    return field.type in (FieldType.INTEGER, FieldType.DATE)  # dates are counted in days


def _as_number(value: Any, field: Field) -> int | float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not -_MOST_AMOUNT <= number <= _MOST_AMOUNT:
        return None
    return int(number) if _is_whole(field) else number


def _as_whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _as_date(value: Any) -> date | None:
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def _as_boolean(value: Any) -> bool | None:
    return {True: True, False: False, "true": True, "false": False}.get(value)


def as_iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (None, None)


def _two(convert: Callable[[Any], Any]) -> Callable[[Any, Any], list[Any] | None]:
    def both(low: Any, high: Any) -> list[Any] | None:
        return None if low is None and high is None else [convert(low), convert(high)]

    return both


def _span(value: Any) -> tuple[int | None, str]:
    """Of `{"last": {"days": 90}}`: the amount (None where there is none yet) and the unit."""
    if isinstance(value, dict) and len(value) == 1:
        (length,) = value.values()
        if isinstance(length, dict) and len(length) == 1:
            (unit, amount) = next(iter(length.items()))
            if unit in _UNITS:
                return _as_whole(amount), unit
    return None, str(Unit.DAYS)


def _as_span(name: str) -> Callable[[int | None, str], dict[str, Any]]:
    return lambda amount, unit: {name: {unit: amount}}
