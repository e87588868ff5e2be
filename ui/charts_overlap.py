"""The regions of several segments as bars over a grid of dots. Pure: an overlap in, a figure out."""

from html import escape

import plotly.graph_objects as go

from crm.saved.overlap import Overlap, Region
from ui import format as fmt

MOST_SHOWN = 16
_QUIET = "#7b8783"  # between the light and the dark theme's grey: seen on both
_LONGEST = 22
_BARS, _ROW = 220, 30  # pixels


def figure(found: Overlap) -> go.Figure:
    """A column a region with anybody in it, the largest first; below it a dot for each segment it is in.

    A bar's customdata is `[region's number in the overlap, its name]`. Those who are in no segment are left
    out: they are no part of an overlap.
    """
    shown = [(number, region) for number, region in enumerate(found.regions) if region.inside and region.size]
    shown = shown[:MOST_SHOWN]
    names = [segment["name"] for segment in found.segments]
    places = list(range(len(shown)))
    drawn = go.Figure(
        go.Bar(
            x=places,
            y=[region.size for _, region in shown],
            text=[fmt.number(region.size, short=region.size >= 1_000) for _, region in shown],
            textposition="outside",
            constraintext="none",
            cliponaxis=False,
            customdata=[[number, escape(name(found, region), quote=False)] for number, region in shown],
            hovertemplate="%{customdata[1]}<br><b>%{y:,}</b> customers<extra></extra>",
        )
    )
    _grid(drawn, found, [region for _, region in shown])
    height = _BARS + _ROW * len(names) + 20
    split = (_ROW * len(names)) / height
    drawn.update_layout(
        height=height, margin={"l": 0, "r": 8, "t": 24, "b": 0}, showlegend=False, dragmode=False,
        bargap=0.35,
        xaxis={"visible": False, "range": [-0.6, max(len(shown), 4) - 0.4], "fixedrange": True},
        yaxis={"domain": [split + 0.04, 1], "title": "Customers", "tickformat": ",d", "nticks": 5,
               "rangemode": "tozero", "automargin": True, "fixedrange": True},
        yaxis2={"domain": [0, split], "tickmode": "array", "tickvals": list(range(len(names))),
                "ticktext": [_label(one) for one in names], "range": [len(names) - 0.5, -0.5],
                "showgrid": False, "zeroline": False, "automargin": True, "fixedrange": True,
                "ticksuffix": "  "},
    )  # fmt: skip
    return drawn


def name(found: Overlap, region: Region) -> str:
    """`Only Big`, `Big and VIP, not Lapsed`, `In all 3: Big, VIP and Lapsed`; `In none of them`."""
    inside = [one["name"] for one in found.segments if one["_id"] in region.inside]
    outside = [one["name"] for one in found.segments if one["_id"] not in region.inside]
    if not inside:
        return "In none of them"
    if not outside:
        return f"In all {len(inside)}: {_listed(inside)}"
    if len(inside) == 1:
        return f"Only {inside[0]}"
    return f"{_listed(inside)}, not {_listed(outside, 'or')}"


def exactly(found: Overlap, region: Region) -> str:
    """The segments of a region: `Big spenders and VIP`; `None of them`."""
    inside = [one["name"] for one in found.segments if one["_id"] in region.inside]
    return _listed(inside) if inside else "None of them"


def _listed(names: list[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _grid(drawn: go.Figure, found: Overlap, regions: list[Region]) -> None:
    """A dot for every segment under every bar, strong where the region is in it, joined by a line."""
    xs, ys, strength = [], [], []
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for place, region in enumerate(regions):
        rows = [row for row, one in enumerate(found.segments) if one["_id"] in region.inside]
        for row in range(len(found.segments)):
            xs.append(place)
            ys.append(row)
            strength.append(1.0 if row in rows else 0.18)
        lines_x += [place, place, None]
        lines_y += [min(rows), max(rows), None]
    quiet = {"color": _QUIET, "width": 3}
    drawn.add_scatter(x=lines_x, y=lines_y, mode="lines", line=quiet, yaxis="y2", hoverinfo="skip")
    drawn.add_scatter(
        x=xs, y=ys, mode="markers", yaxis="y2", hoverinfo="skip",
        marker={"size": 12, "color": _QUIET, "opacity": strength},
    )  # fmt: skip


def _label(text: str) -> str:
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return escape(short, quote=False)  # plotly reads some HTML in texts
