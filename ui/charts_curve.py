"""The size of an audience over one of its rule's amounts. Pure: numbers in, a figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

_MOST_LABELS = 6


def figure(
    labels: Sequence[str], sizes: Sequence[int], *, now: int, tried: int, height: int = 260
) -> go.Figure:
    """A point an amount, evenly apart as on the slider below it; `now` and `tried` are places of two."""
    places = list(range(len(labels)))
    line = {
        "type": "scatter", "mode": "lines", "x": places, "y": list(sizes), "line": {"shape": "linear"},
        "text": list(labels), "hovertemplate": "%{text}: %{y:,} customers<extra></extra>", "fill": "tozeroy",
    }  # fmt: skip
    marks = {
        "type": "scatter", "mode": "markers", "x": [now, tried], "y": [sizes[now], sizes[tried]],
        "marker": {"size": [9, 14], "opacity": [0.5, 1]}, "hoverinfo": "skip",
    }  # fmt: skip
    step = -(-len(places) // _MOST_LABELS)
    return go.Figure([line, marks], {
        "height": height,
        "margin": {"l": 0, "r": 12, "t": 8, "b": 0},
        "showlegend": False,
        "dragmode": False,
        "xaxis": {
            "tickmode": "array", "tickvals": places[::step], "ticktext": list(labels)[::step],
            "showgrid": False, "zeroline": False,
        },
        "yaxis": {"tickformat": ",d", "nticks": 5, "rangemode": "tozero"},
    })  # fmt: skip
