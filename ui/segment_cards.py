"""One saved segment as a card: what it means, how many it has and had, when it was last used."""

from datetime import datetime
from typing import Any

import streamlit as st

from crm import rulebook, segments
from crm.errors import CrmError
from crm.saved.sizes import Point
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import open_segment, segment_actions

Segment = dict[str, Any]

_USES = {"campaign": "in a campaign", "export": "for an export"}


def draw(
    stores: Stores,
    settings: Settings,
    segment: Segment,
    trend: list[Point],
    now: datetime,
    *,
    unsaved: bool,
) -> None:
    """The card, with the way to open the segment and the menu of what else can be done."""
    at = segment["_id"]
    with (
        st.container(border=True, key=f"segment-{at}"),
        st.container(horizontal=True, vertical_alignment="top", gap="small"),
    ):
        with st.container(width="stretch", gap="xsmall"):
            st.button(
                f"**{fmt.plain(segment['name'])}**",
                type="tertiary",
                key=f"open-{at}",
                on_click=open_segment.show,
                args=(at,),
            )
            if segment.get("description"):
                st.markdown(fmt.plain(segment["description"]))
            note = " :orange[Changes not saved.]" if unsaved else ""
            st.caption(f"{fmt.plain(sentence(stores, segment, settings))}. {history(segment, now)}{note}")
            if segment.get("tags"):
                st.markdown(" ".join(f":gray-badge[{fmt.plain(tag)}]" for tag in segment["tags"]))
        _size(segment, trend, settings)
        segment_actions.menu(at, segment["name"])


def sentence(stores: Stores, segment: Segment, settings: Settings) -> str:
    """What a segment means, in words."""
    try:
        return segments.describe(rulebook.parse_old(stores, segment["rules"]), currency=settings.currency)
    except CrmError as error:
        return f"These rules can't be read: {error.message.removesuffix('.')}"


def history(segment: Segment, now: datetime) -> str:
    """When it was changed and last used."""
    used = "Never used"
    if segment.get("lastUsedAt"):
        purpose = _USES.get(segment.get("lastUsedFor", ""), "")
        used = f"Last used {purpose} {fmt.ago(segment['lastUsedAt'], now)}".replace("  ", " ")
    return f"Changed {fmt.ago(segment['updatedAt'], now)}. {used}."


def share(segment: Segment) -> float | None:
    """The share of all customers when it was last counted; None where that is not known."""
    total = segment.get("lastTotal")
    return segment["lastSize"] / total if total else None


def _size(segment: Segment, trend: list[Point], settings: Settings) -> None:
    part = share(segment)
    label = "Customers" if part is None else f"{fmt.percent(part)} of all"
    drawn = [point["size"] for point in trend]
    st.metric(
        label,
        fmt.number(segment["lastSize"]),
        help=f"Counted {fmt.moment(segment['lastSizeAt'], settings.zone)}; the line is its size over 90 days",
        chart_data=drawn if len(drawn) > 1 else None,
        delta_color="off",
        width=150,
    )
