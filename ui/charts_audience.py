"""Charts of an audience. Pure: a frame in, a figure out; colours and fonts come from the page's theme."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from crm.audience_charts import Chart
from crm.fields import NUMERIC, Field, FieldType
from ui import format as fmt

_LEAST_ROWS = 6
_MUTED = 0.4  # opacity of bars that stand for "none" and "other"


def frame(bars: Sequence[Any]) -> pd.DataFrame:
    """One row a bar; the columns are the bars' own names."""
    return pd.DataFrame([asdict(bar) for bar in bars])


def figure(chart: Chart, currency: str, *, height: int = 220) -> go.Figure:
    """An audience over one field: columns for numbers and time, bars across for values."""
    bars = frame(chart.bars)
    if chart.field.type in NUMERIC:
        return _numbers(chart.field, bars, currency, height)
    if chart.field.type is FieldType.DATE:
        return _periods(chart.field, bars, height)
    return _values(chart.field, bars, height)


def _numbers(field: Field, bars: pd.DataFrame, currency: str, height: int) -> go.Figure:
    rows = list(bars.itertuples())
    labels = [_step_label(field, row.low, row.high, currency) for row in rows]
    muted = [pd.isna(row.high) or row.low == row.high == 0 for row in rows]
    return _columns(labels, bars, muted, height, most_labels=5)


def _values(field: Field, bars: pd.DataFrame, height: int) -> go.Figure:
    rows = list(bars.itertuples())
    names = [_value_label(field, row.value) for row in rows]
    places = list(range(len(rows)))  # not the names: two long ones may be cut to the same text
    figure = go.Figure(
        go.Bar(
            x=[row.customers for row in rows],
            y=places,
            orientation="h",
            marker={"opacity": [_MUTED if pd.isna(row.value) or not row.value else 1 for row in rows]},
            hovertext=[
                name if pd.isna(row.value) else row.value or name
                for row, name in zip(rows, names, strict=True)
            ],
            hovertemplate="%{hovertext}: %{x:,} customers<extra></extra>",
        )
    )
    _quiet(figure, height)
    lowest = max(len(rows), _LEAST_ROWS) - 0.5  # one value alone is a bar, not a wall
    figure.update_yaxes(range=[lowest, -0.5], tickmode="array", tickvals=places, ticktext=names)
    figure.update_yaxes(automargin=True, ticksuffix="  ", showgrid=False, zeroline=False)
    figure.update_xaxes(**_COUNTS)
    return figure


def _periods(field: Field, bars: pd.DataFrame, height: int) -> go.Figure:
    never = "never" if field.name.startswith("last") else "not known"
    labels = [_period_label(row.start, row.months, never) for row in bars.itertuples()]
    muted = [pd.isna(row.start) for row in bars.itertuples()]
    return _columns(labels, bars, muted, height, most_labels=3)


_COUNTS: dict[str, Any] = {"tickformat": ",d", "nticks": 4, "rangemode": "tozero", "showgrid": True}


def _columns(
    labels: list[str], bars: pd.DataFrame, muted: list[bool], height: int, *, most_labels: int
) -> go.Figure:
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=list(bars.get("customers", [])),
            marker={"opacity": [_MUTED if quiet else 1 for quiet in muted]},
            hovertemplate="%{x}: %{y:,} customers<extra></extra>",
        )
    )
    _quiet(figure, height)
    plain = [label for label, quiet in zip(labels, muted, strict=True) if not quiet]
    quiet = [label for label, quiet in zip(labels, muted, strict=True) if quiet]
    shown = [*plain[:: -(-len(plain) // most_labels) or 1], *quiet]
    figure.update_xaxes(type="category", showgrid=False, tickmode="array", tickvals=shown, tickangle=0)
    figure.update_yaxes(**_COUNTS)
    return figure


def _quiet(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        bargap=0.25,
        showlegend=False,
        dragmode=False,
        xaxis_title=None,
        yaxis_title=None,
    )


def _step_label(field: Field, low: float, high: float, currency: str) -> str:
    """What a bar of numbers is called: `₹0`, `< ₹100`, `₹1K+`, `2–4`, `not known`."""
    if pd.isna(high):
        return "not known"
    if field.type is not FieldType.MONEY:
        return _plain_step_label(field, low, high)
    if low == high == 0:
        return _round_sum(0, currency)
    if pd.isna(low) or low == 0:
        return f"< {_round_sum(high, currency)}"
    return f"{_round_sum(low, currency)}+"


def _plain_step_label(field: Field, low: float, high: float) -> str:
    if low == high == 0:
        return "0"
    if pd.isna(low):
        return f"< {high:g}"
    if high == float("inf"):
        return f"{low:,g}+"
    if field.type is FieldType.INTEGER:
        low = max(low, 1) if low == 0 and high == 1 else low
        return f"{low:,g}" if high - low <= 1 else f"{low:,g}–{high - 1:,g}"
    return f"{low:,g}+"


def _round_sum(amount: float, currency: str) -> str:
    return fmt.money(amount, currency, short=True)


def _value_label(field: Field, value: Any) -> str:
    if pd.isna(value):
        return "all others"
    if not value:
        return "no tag" if field.type is FieldType.TAGS else "not given"
    return value if len(value) <= 24 else value[:23] + "…"


def _period_label(start: Any, months: int, never: str) -> str:
    if pd.isna(start):
        return never
    if months == 1:
        return f"{start:%b %Y}"
    if months == 3:
        return f"Q{(start.month + 2) // 3} {start:%Y}"
    return f"{start:%Y}" if months == 12 else f"{start:%Y}s"
