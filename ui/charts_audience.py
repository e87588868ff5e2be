"""Charts of an audience. Pure: bars in, a figure out; colours and fonts come from the page's theme.

Each figure is made by one call: every `update_…` of a figure costs more than making it, and they are made
anew at every edit. What people wrote stands escaped in them, since plotly reads labels as HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, cast

import plotly.graph_objects as go

from crm.audience_charts import Bar, Chart, PeriodBar, StepBar, ValueBar
from crm.fields import NUMERIC, Field, FieldType
from ui import format as fmt

_LEAST_ROWS = 6
_LONGEST = 24  # characters of a label
_MUTED = 0.4  # opacity of bars that stand for "none" and "other"
_COUNTS: dict[str, Any] = {"tickformat": ",d", "nticks": 4, "rangemode": "tozero", "showgrid": True}


def figure(chart: Chart, currency: str, *, height: int = 220) -> go.Figure:
    """An audience over one field: columns for numbers and time, bars across for values."""
    if chart.field.type in NUMERIC:
        return _numbers(chart.field, cast(Sequence[StepBar], chart.bars), currency, height)
    if chart.field.type is FieldType.DATE:
        return _periods(chart.field, cast(Sequence[PeriodBar], chart.bars), height)
    return _values(chart.field, cast(Sequence[ValueBar], chart.bars), height)


def _numbers(field: Field, bars: Sequence[StepBar], currency: str, height: int) -> go.Figure:
    labels = [_step_label(field, bar.low, bar.high, currency) for bar in bars]
    muted = [bar.high is None or bar.low == bar.high == 0 for bar in bars]
    return _columns(labels, bars, muted, height, most_labels=5)


def _values(field: Field, bars: Sequence[ValueBar], height: int) -> go.Figure:
    names = [_value_label(field, bar.value) for bar in bars]
    places = list(range(len(bars)))  # not the names: two long ones may be cut to the same text
    lowest = max(len(bars), _LEAST_ROWS) - 0.5  # one value alone is a bar, not a wall
    trace = {
        "type": "bar",
        "x": [bar.customers for bar in bars],
        "y": places,
        "orientation": "h",
        "marker": {"opacity": [1 if bar.value else _MUTED for bar in bars]},
        "hovertext": [
            escape(bar.value) if bar.value else name for bar, name in zip(bars, names, strict=True)
        ],
        "hovertemplate": "%{hovertext}: %{x:,} customers<extra></extra>",
    }
    return go.Figure([trace], {
        **_quiet(height),
        "xaxis": _COUNTS,
        "yaxis": {
            "range": [lowest, -0.5], "tickmode": "array", "tickvals": places, "ticktext": names,
            "automargin": True, "ticksuffix": "  ", "showgrid": False, "zeroline": False,
        },
    })  # fmt: skip


def _periods(field: Field, bars: Sequence[PeriodBar], height: int) -> go.Figure:
    never = "never" if field.name.startswith("last") else "not known"
    labels = [_period_label(bar, never) for bar in bars]
    return _columns(labels, bars, [bar.start is None for bar in bars], height, most_labels=3)


def _columns(
    labels: list[str], bars: Sequence[Bar], muted: list[bool], height: int, *, most_labels: int
) -> go.Figure:
    plain = [label for label, quiet in zip(labels, muted, strict=True) if not quiet]
    quiet = [label for label, quiet in zip(labels, muted, strict=True) if quiet]
    trace = {
        "type": "bar",
        "x": labels,
        "y": [bar.customers for bar in bars],
        "marker": {"opacity": [_MUTED if quiet else 1 for quiet in muted]},
        "hovertemplate": "%{x}: %{y:,} customers<extra></extra>",
    }
    return go.Figure([trace], {
        **_quiet(height),
        "xaxis": {
            "type": "category", "showgrid": False, "tickmode": "array", "tickangle": 0,
            "tickvals": [*plain[:: -(-len(plain) // most_labels) or 1], *quiet],
        },
        "yaxis": _COUNTS,
    })  # fmt: skip


def _quiet(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 4, "b": 0},
        "bargap": 0.25,
        "showlegend": False,
        "dragmode": False,
    }


def _step_label(field: Field, low: float | None, high: float | None, currency: str) -> str:
    """What a bar of numbers is called: `₹0`, `< ₹100`, `₹1K+`, `2–4`, `not known`."""
    if high is None:
        return "not known"
    if field.type is not FieldType.MONEY:
        return _plain_step_label(field, low, high)
    if low == high == 0:
        return _round_sum(0, currency)
    return f"{_round_sum(low, currency)}+" if low else f"< {_round_sum(high, currency)}"


def _plain_step_label(field: Field, low: float | None, high: float) -> str:
    if low is None:
        return f"< {high:g}"
    if low == high == 0:
        return "0"
    if high == float("inf"):
        return f"{low:,g}+"
    if field.type is FieldType.INTEGER:
        low = max(low, 1) if low == 0 and high == 1 else low
        return f"{low:,g}" if high - low <= 1 else f"{low:,g}–{high - 1:,g}"
    return f"{low:,g}+"


def _round_sum(amount: float, currency: str) -> str:
    return fmt.money(amount, currency, short=True)


def _value_label(field: Field, value: str | None) -> str:
    if value is None:
        return "all others"
    if not value:
        return "no tag" if field.type is FieldType.TAGS else "not given"
    return escape(shortened(value))


def shortened(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _period_label(bar: PeriodBar, never: str) -> str:
    if bar.start is None:
        return never
    if bar.months == 1:
        return f"{bar.start:%b %Y}"
    if bar.months == 3:
        return f"Q{(bar.start.month + 2) // 3} {bar.start:%Y}"
    return f"{bar.start:%Y}" if bar.months == 12 else f"{bar.start:%Y}s"


@dataclass(frozen=True, slots=True)
class Step:
    """What one condition makes of an audience: how many there were before it, and after."""

    words: str
    before: int
    after: int


_ROW, _MOST_STEPS = 46, 10  # pixels of a step; more steps are drawn as one


def waterfall(steps: Sequence[Step], *, total: int) -> go.Figure:
    """What each condition removes from everybody, or adds, one below the other down to who is left.

    The words stand above the bars, so that it can be read in a narrow column.
    """
    rows = _rows(_merged(steps), total)
    places = list(range(len(rows)))
    trace = {
        "type": "bar", "orientation": "h", "y": places, "width": 0.28,
        "base": [min(before, after) for _, before, after, _ in rows],
        "x": [abs(after - before) for _, before, after, _ in rows],
        "marker": {"opacity": [1 if before == 0 else _MUTED for _, before, _, _ in rows]},
        "hovertext": [f"{escape(words)}: {said}" for words, _, _, said in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
    return go.Figure([trace], {
        **_quiet(_ROW * len(rows)),
        "xaxis": {"visible": False, "range": [0, max(total, 1)]},
        "yaxis": {"visible": False, "range": [len(rows) - 0.7, -0.8]},
        "annotations": [
            part
            for place, (words, _, _, said) in zip(places, rows, strict=True)
            for part in (
                _beside(escape(shortened(words, 30)), place, 0, "left"), _beside(said, place, 1, "right"),
            )
        ],
    })  # fmt: skip


def said_steps(steps: Sequence[Step], *, total: int) -> str:
    """The waterfall in words, for whom does not see it."""
    return "; ".join(f"{words}: {said}" for words, _, _, said in _rows(_merged(steps), total))


def _merged(steps: Sequence[Step]) -> list[Step]:
    if len(steps) <= _MOST_STEPS:
        return list(steps)
    kept, rest = steps[: _MOST_STEPS - 1], steps[_MOST_STEPS - 1 :]
    return [*kept, Step(f"{len(rest)} more conditions", rest[0].before, rest[-1].after)]


def _rows(steps: Sequence[Step], total: int) -> list[tuple[str, int, int, str]]:
    """Words, from, to, and the number beside them."""
    removing = bool(steps) and steps[0].before > 0
    first = [("everyone", 0, total, fmt.number(total))] if removing else []
    each = [
        (step.words, step.before, step.after, ("+" if step.before == 0 or not removing else "")
         + fmt.number(step.after - step.before)) for step in steps
    ]  # fmt: skip
    last = steps[-1].after if steps else total
    return [*first, *each, ("selected", 0, last, fmt.number(last))]


def _beside(text: str, place: int, x: int, side: str) -> dict[str, Any]:
    return {
        "text": text, "x": x, "xref": "paper", "xanchor": side, "y": place - 0.36, "yref": "y",
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip
