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
from crm.rules.values import Unit
from crm.segments import Operator, Widget
from ui import rule_draft, rule_tree
from ui.rule_draft import Expected
from ui.rule_tree import Node

_ABSENT = object()
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_MOST_AMOUNT = 10**12
_YES_NO = {True: "yes", False: "no"}
_UNITS = tuple(str(unit) for unit in Unit)


@dataclass(frozen=True, slots=True)
class Cell:
    """A condition's value on the screen. `known` are the values that the data has in the field."""

    node: Node
    field: Field
    operator: Operator
    known: tuple[str, ...]

    @property
    def value(self) -> Any:
        return self.node.get("value")

    @property
    def expected(self) -> Expected:
        return Expected(self.node["id"], self.field.name, self.operator.name)

    def key(self, part: str = "value") -> str:
        return self.expected.key(part)


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
    """Draw the value of a condition."""
    _DRAW[cell.operator.widget_for(cell.field, cell.value)](cell)


def refit(value: Any, before: Operator | None, after: Operator) -> Any:
    """What remains of a value when a condition changes its operator; None where it makes no sense there."""
    kinds = (before.widget if before else None, after.widget)
    if kinds[0] == kinds[1]:
        return value
    if kinds == (Widget.TEXT, Widget.TEXTS) and isinstance(value, str) and value:
        return [value]
    if kinds == (Widget.TEXTS, Widget.TEXT) and isinstance(value, list) and len(value) == 1:
        return value[0]
    if kinds == (Widget.NUMBER, Widget.TWO_NUMBERS) and value is not None:
        return [value, None]
    if kinds == (Widget.DATE, Widget.TWO_DATES) and value is not None:
        return [value, None]
    return None


def _store(expected: Expected, keys: Sequence[str], convert: Callable[..., Any]) -> None:
    """Take what was entered into the tree. `convert` makes the JSON value of the widgets' values."""
    raw = [entered(key) for key in keys]
    if any(value is _ABSENT for value in raw):
        return
    value = convert(*raw)
    rule_draft.apply(expected, lambda tree: rule_tree.change(tree, expected.node_id, value=value))


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
        on_change=_store,
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
        on_change=_store,
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
        on_change=_store,
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
        on_change=_store,
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
        on_change=_store,
        args=(cell.expected, [key], lambda texts: [_number_or_text(text) for text in texts] or None),
    )


def _date(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_date(cell.value))
    _date_input(cell, key, "Date", [key], _iso)


def _two_dates(cell: Cell) -> None:
    keys = [cell.key("low"), cell.key("high")]
    for key, value in zip(keys, _pair(cell.value), strict=True):
        hold(key, _as_date(value))
    _date_input(cell, keys[0], "From", keys, _two(_iso))
    _date_input(cell, keys[1], "To", keys, _two(_iso))


def _date_input(cell: Cell, key: str, label: str, keys: Sequence[str], convert: Callable[..., Any]) -> None:
    st.date_input(
        label,
        key=key,
        value=None,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        on_change=_store,
        args=(cell.expected, keys, convert),
    )


def _days(cell: Cell) -> None:
    key = cell.key()
    hold(key, _as_whole(cell.value))
    _whole_input(cell, key, "Days", "days", 0, [key], lambda days: days)


def _duration(cell: Cell) -> None:
    name, amount, unit = _span(cell.value)
    keys = [cell.key("amount"), cell.key("unit")]
    hold(keys[0], amount)
    hold(keys[1], unit)
    _whole_input(cell, keys[0], "Amount", "number", 1, keys, _as_span(name))
    st.selectbox(
        "Unit",
        _UNITS,
        key=keys[1],
        label_visibility="collapsed",
        on_change=_store,
        args=(cell.expected, keys, _as_span(name)),
    )


def _whole_input(
    cell: Cell, key: str, label: str, hint: str, least: int, keys: Sequence[str], convert: Callable[..., Any]
) -> None:
    st.number_input(
        label,
        key=key,
        value=None,
        min_value=least,
        step=1,
        label_visibility="collapsed",
        placeholder=hint,
        on_change=_store,
        args=(cell.expected, keys, convert),
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
        on_change=_store,
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


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (None, None)


def _two(convert: Callable[[Any], Any]) -> Callable[[Any, Any], list[Any] | None]:
    def both(low: Any, high: Any) -> list[Any] | None:
        return None if low is None and high is None else [convert(low), convert(high)]

    return both


def _span(value: Any) -> tuple[str, int | None, str]:
    """Of `{"last": {"days": 90}}`: its key, the amount (None where there is none yet) and the unit."""
    if isinstance(value, dict) and len(value) == 1:
        (name, length) = next(iter(value.items()))
        if isinstance(length, dict) and len(length) == 1:
            (unit, amount) = next(iter(length.items()))
            if unit in _UNITS:
                return str(name), _as_whole(amount), unit
    return "last", None, str(Unit.DAYS)


def _as_span(name: str) -> Callable[[int | None, str], dict[str, Any]]:
    return lambda amount, unit: {name: {unit: amount}}
