"""How a segment's size has gone. Pure: points in, a plotly figure out."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from ui import format as fmt


def figure(points: Sequence[dict[str, Any]], zone: ZoneInfo, *, height: int = 180) -> go.Figure:
    """A line of sizes over time. `points` have at, size and total, oldest first; times are of `zone`."""
    drawn = go.Figure(
        go.Scatter(
            x=[point["at"].astimezone(zone).replace(tzinfo=None) for point in points],
            y=[point["size"] for point in points],
            mode="lines+markers" if len(points) < 40 else "lines",
            customdata=[[_share(point)] for point in points],
            xhoverformat="%-d %b %Y, %H:%M",
            hovertemplate="%{x}<br><b>%{y:,}</b> customers, %{customdata[0]} of all<extra></extra>",
        )
    )
    drawn.update_layout(
        height=height, margin={"l": 0, "r": 12, "t": 8, "b": 0}, showlegend=False, dragmode=False,
        xaxis={"type": "date", "showgrid": False, "nticks": 6, "automargin": True, "fixedrange": True},
        yaxis={"tickformat": ",d", "nticks": 4, "rangemode": "tozero", "automargin": True,
               "fixedrange": True},
    )  # fmt: skip
    return drawn


def _share(point: dict[str, Any]) -> str:
    return fmt.percent(point["size"] / point["total"] if point.get("total") else None)
