"""Charts of one campaign. Pure: numbers in, a plotly figure out; colours of text and grid are the theme's."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ui import format as fmt

_LONGEST = 44


def funnel(audience: int, skipped: int, answered: int, sent: int, *, height: int = 240) -> go.Figure:
    """From everybody whom the rules selected to those whose message was sent."""
    stages = ("Audience", "Reachable", "Answered", "Sent")
    people = (audience, audience - skipped, answered, sent)
    meaning = (
        "everybody whom the rules selected at launch",
        "the audience without those who were skipped",
        "the vendor has said what became of it",
        "the vendor has sent it",
    )
    texts = [f"{fmt.number(many)} ({fmt.percent(many / audience if audience else None)})" for many in people]
    figure = go.Figure(
        go.Funnel(
            y=list(stages),
            x=list(people),
            text=texts,
            textinfo="text",
            textposition="auto",
            customdata=list(meaning),
            hovertemplate="<b>%{y}</b>: %{text}<br>%{customdata}<extra></extra>",
            connector={"visible": False},
            marker={"color": ["#5a8f8a", "#3d8680", "#237d76", "#0f766e"]},
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


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def shares(groups: Sequence[tuple[str, float, float, float]]) -> go.Figure:
    """A share a group, as a point with its interval: (label, share, low, high), from the top."""
    figure = go.Figure(
        go.Scatter(
            x=[share for _, share, _, _ in groups],
            y=[label for label, *_ in groups],
            mode="markers",
            marker={"size": 11, "color": "#0f766e"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - share for _, share, _, high in groups],
                "arrayminus": [share - low for _, share, low, _ in groups],
                "color": "#5a8f8a",
                "thickness": 2,
                "width": 5,
            },
            text=[
                f"{fmt.percent(share)} ({fmt.percent(low)} to {fmt.percent(high)})"
                for _, share, low, high in groups
            ],
            hovertemplate="<b>%{y}</b>: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=80 + 38 * len(groups),
        margin={"l": 0, "r": 12, "t": 4, "b": 0},
        dragmode=False,
        showlegend=False,
    )
    figure.update_xaxes(
        fixedrange=True, rangemode="tozero", tickformat=".1%", nticks=5, title="Share of buyers"
    )
    figure.update_yaxes(
        autorange="reversed",
        automargin=True,
        fixedrange=True,
        showgrid=False,
        ticksuffix="  ",
        type="category",
    )
    return figure
