"""Charts of the shop. Pure: a frame in, a plotly figure out.

No colour of text, grid or background is set here, so that the theme's light and dark both fit. Figures are
built from graph objects: plotly.express takes about 30 ms longer for each.
"""

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui import format as fmt

METRICS = {"revenue": "Revenue", "orders": "Orders", "customers": "Customers"}
_TICKS = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}
_HOVER = {"day": "%a %-d %b %Y", "week": "week of %-d %b %Y", "month": "%B %Y"}
_LONGEST_LABEL = 26
_ROW, _AXIS = 26, 76  # pixels of a horizontal bar, and of what stands below them
_FEWEST = 4  # bars that a chart has room for at least: with less its title lies on its numbers
_FADED = {"marker": {"opacity": 0.35}}  # bars that are not selected while others are


def trend(frame: pd.DataFrame, metric: str, *, unit: str, currency: str, height: int = 300) -> go.Figure:
    """One bar a period. Columns: start, and the metric; customers are split into first-time and returning
    where `new_customers` is known. A point's x is the start of its period."""
    if not _any(frame, metric):
        return nothing("No orders here", height)
    figure = go.Figure()
    if metric == "customers" and frame["new_customers"].notna().all():
        new = frame[["new_customers", "customers"]].min(axis=1).astype(int)
        _bars(figure, frame, frame["customers"] - new, unit, name="Returning")
        _bars(figure, frame, new, unit, name="First order")
        figure.update_layout(barmode="stack", legend={"orientation": "h", "y": 1.12, "x": 0})
    else:
        _bars(figure, frame, frame[metric], unit, name=METRICS[metric], written=_written(metric, currency))
    _frame(figure, height)
    figure.update_xaxes(
        type="date",
        showgrid=False,
        title=unit.capitalize(),
        tickformat=_TICKS[unit],
        tickmode="array" if len(frame) <= 8 else "auto",
        tickvals=list(frame["start"]) if len(frame) <= 8 else None,
        nticks=8,
    )
    figure.update_yaxes(title=_title(metric, currency), **_scale(metric, currency))
    figure.update_layout(margin_t=30)  # room for the tools that appear above the bars
    return figure


def ranking(frame: pd.DataFrame, metric: str, *, what: str, currency: str, top: int = 12) -> go.Figure:
    """The `top` labels with most of the metric, the first on top. Columns: label, revenue, orders, customers.

    A point's customdata is `[label, …]`: what the axis shows may be cut short.
    """
    if not _any(frame, metric):
        return nothing("No orders here")
    shown = frame.sort_values([metric, "label"], ascending=[False, True]).head(top)
    places = list(range(len(shown)))  # not the labels: two long ones may be cut to the same text
    figure = go.Figure(
        go.Bar(
            x=list(shown[metric]),
            y=places,
            orientation="h",
            customdata=_details(shown, frame, metric, currency),
            unselected=_FADED,
            hovertemplate=(
                "<b>%{customdata[1]}</b><br>Revenue %{customdata[2]}<br>Orders %{customdata[3]}"
                "<br>Customers %{customdata[4]}<br>%{customdata[5]} of all<extra></extra>"
            ),
        )
    )
    _frame(figure, _AXIS + _ROW * max(len(shown), _FEWEST))
    figure.update_xaxes(title=_title(metric, currency), nticks=5, **_scale(metric, currency))
    figure.update_yaxes(
        title=what,
        autorange="reversed",
        tickmode="array",
        tickvals=places,
        ticktext=[_cut(label) for label in shown["label"]],
        ticksuffix="  ",
        showgrid=False,
        zeroline=False,
    )
    return figure


def rfm_groups(frame: pd.DataFrame, *, currency: str, height: int = 380) -> go.Figure:
    """Customers in each RFM group. Columns as of `crm.rfm.groups`; a point's customdata is `[group, …]`."""
    if not _any(frame, "customers"):
        return nothing("Nobody has ordered yet", height)
    places = list(range(len(frame)))
    figure = go.Figure(
        go.Bar(
            x=list(frame["customers"]),
            y=places,
            orientation="h",
            text=[fmt.percent(share) for share in frame["share"]],
            textposition="outside",
            unselected=_FADED,
            cliponaxis=False,
            customdata=[
                [row.group, fmt.number(row.customers), row.meaning, _average(row.average_spent, currency)]
                for row in frame.itertuples()
            ],
            hovertemplate=(
                "<b>%{customdata[0]}</b>: %{customdata[1]} customers<br>%{customdata[2]}"
                "<br>%{customdata[3]} spent on average<extra></extra>"
            ),
        )
    )
    _frame(figure, height)
    figure.update_layout(margin_r=48)  # room for the share beside the longest bar
    figure.update_xaxes(title="Customers", nticks=5, **_scale("customers", currency))
    figure.update_yaxes(
        title="Group",
        autorange="reversed",
        tickmode="array",
        tickvals=places,
        ticktext=list(frame["group"]),
        ticksuffix="  ",
        showgrid=False,
        zeroline=False,
    )
    return figure


def rfm_grid(table: pd.DataFrame, names: dict[tuple[int, int], str], *, height: int = 380) -> go.Figure:
    """Customers by recency (rows) and frequency (columns), 1–5; `names[recency, frequency]` is a group."""
    if not table.to_numpy().any():
        return nothing("Nobody has ordered yet", height)
    named = [[names[recency, frequency] for frequency in table.columns] for recency in table.index]
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy().tolist(),
            x=[str(score) for score in table.columns],
            y=[str(score) for score in table.index],
            customdata=named,
            text=[[fmt.number(count, short=True) for count in row] for row in table.to_numpy().tolist()],
            texttemplate="%{text}",
            hovertemplate=(
                "<b>%{customdata}</b><br>Recency %{y}, frequency %{x}<br>%{z:,} customers<extra></extra>"
            ),
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    _frame(figure, height)
    figure.update_xaxes(title="Frequency: 5 orders most often", type="category", showgrid=False)
    figure.update_yaxes(
        title="Recency: 5 ordered last", type="category", autorange="reversed", showgrid=False
    )
    return figure


def nothing(message: str, height: int = 300) -> go.Figure:
    """A figure that says why there is nothing to see."""
    figure = go.Figure()
    _frame(figure, height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=message, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    return figure


def _any(frame: pd.DataFrame, metric: str) -> bool:
    return not frame.empty and bool(frame[metric].ne(0).any())


def _bars(
    figure: go.Figure, frame: pd.DataFrame, values: pd.Series, unit: str, *, name: str, written: Any = None
) -> None:
    texts = [(written or fmt.number)(value) for value in values.tolist()]
    figure.add_bar(
        x=list(frame["start"]),
        y=values.tolist(),
        name=name,
        customdata=[[text] for text in texts],
        unselected=_FADED,
        xhoverformat=_HOVER[unit],
        hovertemplate=f"%{{x}}<br>{name}: <b>%{{customdata[0]}}</b><extra></extra>",
    )


def _frame(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 12, "t": 8, "b": 0},
        bargap=0.2,
        showlegend=len(figure.data) > 1,
        dragmode=False,
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)


def _scale(metric: str, currency: str) -> dict[str, Any]:
    """How the numbers on a metric's axis are written."""
    if metric == "revenue":
        return {"tickprefix": fmt.symbol(currency), "tickformat": "~s", "rangemode": "tozero"}
    return {"tickformat": ",d", "rangemode": "tozero"}


def _title(metric: str, currency: str) -> str:
    return f"Revenue ({fmt.symbol(currency).strip()})" if metric == "revenue" else METRICS[metric]


def _written(metric: str, currency: str) -> Any:
    return (lambda amount: fmt.money(amount, currency)) if metric == "revenue" else fmt.number


def _details(shown: pd.DataFrame, frame: pd.DataFrame, metric: str, currency: str) -> list[list[str]]:
    whole = frame[metric].sum()
    return [
        [
            row.label,
            escape(row.label, quote=False),
            fmt.money(row.revenue, currency),
            fmt.number(row.orders),
            fmt.number(row.customers),
            fmt.percent(getattr(row, metric) / whole),
        ]
        for row in shown.itertuples()
    ]


def _average(amount: float, currency: str) -> str:
    return fmt.money(None if pd.isna(amount) else amount, currency)


def _cut(label: str) -> str:
    short = label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
    return escape(short, quote=False)  # plotly reads some HTML in texts
