"""Charts of an audience. Pure: a frame in, a figure out; colours and fonts come from the page's theme."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui import format as fmt

_LEAST_ROWS = 6
_MUTED = 0.4  # opacity of bars that stand for "none" and "other"


def frame(bars: Sequence[Any]) -> pd.DataFrame:
    """One row a bar; the columns are the bars' own names."""
    return pd.DataFrame([asdict(bar) for bar in bars])


def spend(bars: pd.DataFrame, currency: str, *, height: int = 220) -> go.Figure:
    """Customers by what they have spent. Columns: low, high (money; both 0: nothing spent), customers."""
    labels = [_spend_label(row.low, row.high, currency) for row in bars.itertuples()]
    muted = [row.low == row.high == 0 for row in bars.itertuples()]
    return _columns(labels, bars, muted, height, most_labels=5)


def cities(bars: pd.DataFrame, *, height: int = 220) -> go.Figure:
    """Customers by city, most first. Columns: city (None: all others, empty: not given), customers."""
    rows = list(bars.itertuples())
    names = [_city_label(row.city) for row in rows]
    places = list(range(len(rows)))  # not the names: two long ones may be cut to the same text
    figure = go.Figure(
        go.Bar(
            x=[row.customers for row in rows],
            y=places,
            orientation="h",
            marker={"opacity": [_MUTED if pd.isna(row.city) or not row.city else 1 for row in rows]},
            hovertext=[
                name if pd.isna(row.city) else row.city or name for row, name in zip(rows, names, strict=True)
            ],
            hovertemplate="%{hovertext}: %{x:,} customers<extra></extra>",
        )
    )
    _quiet(figure, height)
    lowest = max(len(rows), _LEAST_ROWS) - 0.5  # one city alone is a bar, not a wall
    figure.update_yaxes(range=[lowest, -0.5], tickmode="array", tickvals=places, ticktext=names)
    figure.update_yaxes(automargin=True, ticksuffix="  ", showgrid=False, zeroline=False)
    figure.update_xaxes(**_COUNTS)
    return figure


def last_orders(bars: pd.DataFrame, *, height: int = 220) -> go.Figure:
    """Customers by the period of their last order. Columns: start (None: never), months, customers."""
    labels = [_period_label(row.start, row.months) for row in bars.itertuples()]
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


def _spend_label(low: float, high: float, currency: str) -> str:
    if low == high == 0:
        return _round_sum(0, currency)
    if low == 0:
        return f"< {_round_sum(high, currency)}"
    return f"{_round_sum(low, currency)}+"


def _round_sum(amount: float, currency: str) -> str:
    return fmt.money(amount, currency, short=True)


def _city_label(city: Any) -> str:
    if pd.isna(city):
        return "other cities"
    if not city:
        return "not given"
    return city if len(city) <= 24 else city[:23] + "…"


def _period_label(start: Any, months: int) -> str:
    if pd.isna(start):
        return "never"
    if months == 1:
        return f"{start:%b %Y}"
    if months == 3:
        return f"Q{(start.month + 2) // 3} {start:%Y}"
    return f"{start:%Y}" if months == 12 else f"{start:%Y}s"
