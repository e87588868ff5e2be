"""What a campaign could show, said while it is written: whether its groups are large enough."""

from collections.abc import Mapping
from math import floor, log10
from typing import Any

import orjson
import streamlit as st

from crm import launching, lift, power, rulebook
from crm.errors import CrmError
from crm.moment import utc_now
from crm.power import Power
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt

_FRESH = 300  # seconds
_DAYS = "campaign power days"


def draw(stores: Stores, settings: Settings, campaign: Mapping[str, Any], checked: Mapping[str, Any]) -> None:
    """What could be seen of the campaign's effect, where it has a holdout or variants."""
    if not checked["reachable"]:
        return
    if not checked["heldOut"] and len(checked["variants"]) < 2:
        st.caption("Nobody is held out, so that nobody will be able to tell what this campaign brings in.")
        return
    with st.container(gap="small", key="campaign-power"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**What it could show**", width="stretch")
            days = st.selectbox(
                "Orders within", lift.WINDOWS, index=lift.WINDOWS.index(lift.DAYS), key=_DAYS, width=130,
                format_func=lambda each: f"in {fmt.count(each, 'day')}", label_visibility="collapsed",
                persist_state="session",
            )  # fmt: skip
        try:
            tree = launching.audience_tree(stores, dict(campaign))
            base = _base(stores.db.name, orjson.dumps(tree), days, stores, settings)
        except CrmError as error:
            st.caption(error.message)
            return
        if base is None:
            return
        st.caption(f"{fmt.percent(base)} of this audience ordered in the last {fmt.count(days, 'day')}.")
        if found := power.against_holdout(base, checked):
            st.caption(
                said(found, f"{fmt.number(found.one)} to be messaged and {fmt.number(found.other)} held out")
            )
        if found := power.between_variants(base, checked):
            st.caption(said(found, f"{fmt.number(found.one)} and {fmt.number(found.other)} in two variants"))


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _base(database: str, tree: bytes, days: int, _stores: Stores, _settings: Settings) -> float | None:
    rule = rulebook.parse(_stores, orjson.loads(tree))
    return power.base_rate(_stores, rule, days=days, now=utc_now(), zone=_settings.zone)


def said(found: Power, groups: str) -> str:
    """Whether the groups are large enough, in words."""
    hoped = f"{fmt.percent(power.HOPED)} more buyers"
    if found.enough:
        return (
            f":green[:material/visibility: Large enough to see {hoped}.] With {groups}, {_rise(found)} "
            "would show 8 times in 10."
        )
    small = f":orange[:material/visibility_off: Too small to see {hoped}.] With {groups}"
    if found.smallest is None:
        return f"{small}, nothing would show."
    needed = f" It takes about {fmt.number(_round(found.needed))} people." if found.needed else ""
    return f"{small}, only {_rise(found)} or more would show 8 times in 10.{needed}"


def _rise(found: Power) -> str:
    smallest = found.smallest or 0.0
    rise = f"a rise from {fmt.percent(found.base)} to {fmt.percent(found.base + smallest)}"
    return f"{rise} ({fmt.percent(smallest / found.base)} more)" if found.base else rise


def _round(many: int) -> int:
    """To two digits: it is an estimate."""
    step = 10 ** max(0, floor(log10(many)) - 1)
    return -(-many // step) * step
