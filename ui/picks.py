"""What is selected in a chart, read from the event that st.plotly_chart returns."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from crm.selection import Period

_ROUND = "picks_round"


def key(name: str) -> str:
    """The key of a chart whose selection counts; it changes when all picks are cleared."""
    return f"{name}_{st.session_state.get(_ROUND, 0)}"


def clear() -> None:
    """Forget what is selected in every chart."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def labels(event: Any) -> tuple[str, ...]:
    """The labels of the selected bars, each once, in the order of the chart."""
    return tuple(dict.fromkeys(str(point["customdata"][0]) for point in _points(event)))


def period(event: Any, unit: str) -> Period:
    """From the first day of the first selected bar to the last day of the last one."""
    starts = [datetime.fromisoformat(str(point["x"])[:10]).date() for point in _points(event)]
    return Period(min(starts), _last_day(max(starts), unit)) if starts else Period()


def _points(event: Any) -> Iterable[dict[str, Any]]:
    selection = event.get("selection") if event else None
    return selection.get("points", []) if selection else []


def _last_day(start: date, unit: str) -> date:
    if unit == "month":
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        return following - timedelta(days=1)
    return start + timedelta(days=6 if unit == "week" else 0)
