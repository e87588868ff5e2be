"""The saved segments as a table, with a line of sizes in each row."""

from typing import Any

import pandas as pd
import streamlit as st

from crm.saved.sizes import Point
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import segment_actions, segment_cards

_CLICKED = "segment-table-click"

Segment = dict[str, Any]


def draw(stores: Stores, settings: Settings, items: list[Segment], trends: dict[str, list[Point]]) -> None:
    """A row a segment; its menu opens, renames, tags, copies, exports or deletes it."""
    table = frame(items, trends, {one["_id"]: segment_cards.sentence(stores, one, settings) for one in items})
    day = {"format": "D MMM YYYY", "timezone": str(settings.zone)}
    tags = sorted({tag for segment in items for tag in segment.get("tags", ())})
    st.dataframe(
        table,
        hide_index=True,
        key="segment-table",
        height="content",
        placeholder="",
        alt="Saved segments with their size, share, trend, tags and last use",
        column_config={
            "name": st.column_config.TextColumn("Name", pinned=True, width="medium"),
            "actions": st.column_config.ButtonColumn(
                "", width="small", type="tertiary", key=_CLICKED, on_click=_clicked,
                args=([(segment["_id"], segment["name"]) for segment in items],),
            ),
            "size": st.column_config.NumberColumn("Customers", format="localized"),
            "share": st.column_config.NumberColumn("Of all", format="percent"),
            "trend": st.column_config.LineChartColumn(
                "90 days", y_min=0, help="Its size at each save and once a day"
            ),
            "used": st.column_config.DatetimeColumn("Last used", **day),
            "tags": st.column_config.MultiselectColumn("Tags", options=tags, color="auto"),
            "changed": st.column_config.DatetimeColumn("Changed", **day),
            "meaning": st.column_config.TextColumn("Who", width="large"),
        },
    )  # fmt: skip


def frame(items: list[Segment], trends: dict[str, list[Point]], meanings: dict[str, str]) -> pd.DataFrame:
    """One row a segment: name, actions, size, share (0–1), trend (sizes, oldest first), used, tags, changed,
    meaning. What is not known is missing."""
    rows = [
        {
            "name": segment["name"],
            "actions": list(segment_actions.ACTIONS.values()),
            "size": segment["lastSize"],
            "share": segment_cards.share(segment),
            "trend": [point["size"] for point in trends.get(segment["_id"], [])],
            "used": segment.get("lastUsedAt"),
            "tags": segment.get("tags", []),
            "changed": segment["updatedAt"],
            "meaning": meanings[segment["_id"]],
        }
        for segment in items
    ]
    return pd.DataFrame(rows).astype({"used": "datetime64[ns, UTC]"})


def _clicked(rows: list[tuple[str, str]]) -> None:
    click = st.session_state.get(_CLICKED)
    if click is None or not 0 <= click["row"] < len(rows):
        return
    action = next((key for key, label in segment_actions.ACTIONS.items() if label == click["label"]), None)
    if action:
        segment_actions.take(action, *rows[click["row"]])
