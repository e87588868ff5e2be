"""How saved segments lie over each other: pick up to five, see every region, open one as a new segment.

The address in the browser names the segments, so that a comparison can be sent to somebody.
"""

from typing import Any

import pandas as pd
import streamlit as st

from crm import audiences, library
from crm.errors import CrmError
from crm.moment import utc_now
from crm.saved import overlap
from crm.saved.overlap import Overlap
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import charts_overlap, notices, open_segment, segment_moment
from ui import format as fmt

PARAMETER = "overlap"
_REGION = "overlap-region"
_CHART = "overlap-chart"
_OFFERED = 200


def open_with(segment_ids: tuple[str, ...] = ()) -> None:
    """Go to the comparison, of these segments to begin with."""
    st.query_params[PARAMETER] = ",".join(segment_ids)


def _close() -> None:
    st.query_params.pop(PARAMETER, None)


def draw(stores: Stores, settings: Settings) -> None:
    """The comparison that the address names."""
    st.button(
        "All segments", icon=":material/arrow_back:", type="tertiary", key="overlap-close", on_click=_close
    )
    st.title("Compare segments")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _chosen(stores)
        as_of = segment_moment.ask(settings, "overlap-as-of")
    if len(chosen) < 2:
        st.caption("Choose two to five segments to see how many customers they share.")
        return
    try:
        found = overlap.overlap(stores, chosen, now=as_of or utc_now(), zone=settings.zone)
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    _shown(found, settings)


def _chosen(stores: Stores) -> list[str]:
    items, _ = library.listing(stores, limit=_OFFERED, order="name")
    names = {item["_id"]: item["name"] for item in items}
    asked = [one for one in st.query_params.get(PARAMETER, "").split(",") if one in names]
    chosen = st.multiselect(
        "Segments", list(names), default=asked[: overlap.MOST], format_func=lambda one: names.get(one, one),
        max_selections=overlap.MOST, key="overlap-segments", placeholder="Choose two to five",
    )  # fmt: skip
    if chosen != asked:
        st.query_params[PARAMETER] = ",".join(chosen)
    return chosen


def _shown(found: Overlap, settings: Settings) -> None:
    anybody = any(region.inside and region.size for region in found.regions)
    if anybody:
        st.plotly_chart(
            charts_overlap.figure(found), key=_CHART, on_select=_picked, selection_mode="points",
            config={"displayModeBar": False, "scrollZoom": False},
            alt="Customers in each combination of the segments, largest first",
        )  # fmt: skip
        hidden = sum(bool(region.inside and region.size) for region in found.regions)
        if hidden > charts_overlap.MOST_SHOWN:
            st.caption(f"The {charts_overlap.MOST_SHOWN} largest of {hidden} regions; all are in the table.")
    else:
        st.caption("Nobody is in any of these segments at the moment.")
    _pick(found)
    st.dataframe(
        frame(found), hide_index=True, height="content",
        alt="Every combination of the segments with its number of customers",
        column_config={
            "size": st.column_config.NumberColumn("Customers", format="localized", width="small"),
            "share": st.column_config.NumberColumn("Of all", format="percent", width="small"),
            "region": st.column_config.TextColumn("In exactly", width="large"),
        },
    )  # fmt: skip
    engine = "MongoDB" if found.engine == audiences.MONGODB else "the snapshot"
    at = fmt.moment(found.as_of, settings.zone)
    st.caption(f"Of {fmt.count(found.total, 'customer')}, as of {at}, counted in {engine}.")


def frame(found: Overlap) -> pd.DataFrame:
    """One row a region, the largest first: its size, share of all customers (0–1) and segments."""
    return pd.DataFrame(
        [
            {
                "size": region.size,
                "share": region.size / found.total if found.total else None,
                "region": charts_overlap.exactly(found, region),
            }
            for region in found.regions
        ]
    )


def _pick(found: Overlap) -> None:
    """Choose a region and open it in the builder."""
    numbers = [number for number, region in enumerate(found.regions) if region.size]
    if not numbers:
        return
    if st.session_state.get(_REGION) not in numbers:
        st.session_state[_REGION] = next((one for one in numbers if found.regions[one].inside), numbers[0])

    def label(number: int) -> str:
        region = found.regions[number]
        return f"{charts_overlap.name(found, region)} ({fmt.number(region.size)})"

    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Region", numbers, key=_REGION, format_func=label, help="Or click a bar", width="stretch"
        )
        st.button(
            "Open as a new segment", icon=":material/add:", type="primary", key="overlap-open",
            on_click=_open, args=(found.tree(found.regions[number]),),
        )  # fmt: skip


def _picked() -> None:
    """A bar was clicked: its region is the chosen one."""
    event: Any = st.session_state.get(_CHART)
    points = event["selection"]["points"] if event else []
    if points and points[0].get("customdata"):
        st.session_state[_REGION] = int(points[0]["customdata"][0])


def _open(tree: dict[str, Any]) -> None:
    _close()
    open_segment.begin(tree)
    notices.say("Name it and save it to keep it.", ":material/edit_note:")
