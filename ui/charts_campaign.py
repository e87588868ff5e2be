"""Charts of one campaign. Pure: numbers in, a plotly figure out; colours of text and grid are the theme's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ui import format as fmt

_LONGEST = 44

Ranged = tuple[str, float, float, float]
"""A label, a value and the ends of its interval."""


_STAGES = {
    "audience": ("Audience", "everybody whom the rules selected at launch"),
    "reachable": ("Reachable", "the audience without those who were skipped"),
    "answered": ("Answered", "the vendor has said what became of it"),
    "sent": ("Sent", "the vendor has sent it"),
    "bought": ("Bought", "was sent it and ordered within {days} days, whatever the cause"),
}
_SHADES = ("#5a8f8a", "#3d8680", "#237d76", "#0f766e", "#0b5c56")


def funnel(stages: Sequence[Mapping[str, Any]], *, days: int = 7, height: int = 240) -> go.Figure:
    """From everybody whom the rules selected to those who bought; stages as `crm.results.funnel` has them."""
    people = [each["people"] for each in stages]
    names, meaning = zip(*(_STAGES[each["stage"]] for each in stages), strict=True)
    audience = people[0]
    texts = [f"{fmt.number(many)} ({fmt.percent(many / audience if audience else None)})" for many in people]
    figure = go.Figure(
        go.Funnel(
            y=list(names),
            x=people,
            text=texts,
            textinfo="text",
            textposition="auto",
            customdata=[text.format(days=days) for text in meaning],
            hovertemplate="<b>%{y}</b>: %{text}<br>%{customdata}<extra></extra>",
            connector={"visible": False},
            marker={"color": list(_SHADES[: len(people)])},
        )
    )
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 4, "b": 0}, dragmode=False, hoverlabel={"align": "left"}
    )
    figure.update_yaxes(automargin=True, fixedrange=True)
    figure.update_xaxes(fixedrange=True)
    return figure


def reasons(found: Mapping[str, int], *, top: int = 6) -> go.Figure:
    """How many messages failed or were skipped for each reason, the most frequent on top."""
    shown = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:top]
    places = list(range(len(shown)))
    figure = go.Figure(
        go.Bar(
            x=[many for _, many in shown],
            y=places,
            orientation="h",
            text=[fmt.number(many) for _, many in shown],
            textposition="outside",
            cliponaxis=False,
            customdata=[reason for reason, _ in shown],
            hovertemplate="%{customdata}: <b>%{text}</b><extra></extra>",
        )
    )
    figure.update_layout(
        height=70 + 34 * max(1, len(shown)),
        margin={"l": 0, "r": 56, "t": 4, "b": 0},
        bargap=0.35,
        showlegend=False,
        dragmode=False,
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(fixedrange=True, title="Messages", rangemode="tozero", tickformat=",d", nticks=5)
    figure.update_yaxes(
        autorange="reversed",
        tickmode="array",
        tickvals=places,
        ticktext=[_cut(reason) for reason, _ in shown],
        ticksuffix="  ",
        automargin=True,
        fixedrange=True,
        showgrid=False,
    )
    return figure


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shares(groups: Sequence[Ranged], *, title: str = "Share of buyers") -> go.Figure:
    """A share a group, as a point with its interval: (label, share, low, high), from the top."""
    figure = _ranged(groups, fmt.percent)
    figure.update_xaxes(tickformat=".1%", title=title, zeroline=False)
    return figure


def differences(groups: Sequence[Ranged], *, title: str) -> go.Figure:
    """A difference of shares a group, in percentage points, beside the line of no difference."""
    points = [(label, 100 * value, 100 * low, 100 * high) for label, value, low, high in groups]
    figure = _ranged(points, _points)
    figure.add_vline(x=0, line={"dash": "dot", "width": 1, "color": "#8a8f98"})
    figure.update_xaxes(tickformat="+.1f", title=title, zeroline=False)
    return figure


def _points(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.2f}"


def _ranged(groups: Sequence[Ranged], written: Callable[[float], str]) -> go.Figure:
    """Points with their intervals, one a line; names that are long are cut."""
    places = list(range(len(groups)))
    figure = go.Figure(
        go.Scatter(
            x=[value for _, value, _, _ in groups],
            y=places,
            mode="markers",
            marker={"size": 11, "color": "#0f766e"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - value for _, value, _, high in groups],
                "arrayminus": [value - low for _, value, low, _ in groups],
                "color": "#5a8f8a",
                "thickness": 2,
                "width": 5,
            },
            customdata=[label for label, *_ in groups],
            text=[f"{written(value)} ({written(low)} to {written(high)})" for _, value, low, high in groups],
            hovertemplate="<b>%{customdata}</b>: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=80 + 38 * len(groups), margin={"l": 0, "r": 12, "t": 4, "b": 0}, dragmode=False,
        showlegend=False, hoverlabel={"align": "left"},
    )  # fmt: skip
    figure.update_xaxes(fixedrange=True, nticks=5)
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=places, ticksuffix="  ", automargin=True,
        ticktext=[_cut(label, 24) for label, *_ in groups], fixedrange=True, showgrid=False, zeroline=False,
    )  # fmt: skip
    return figure
