"""The past of the open segment: its size over time, its versions, what changed, and the way back to each."""

from typing import Any

import streamlit as st

from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.saved import sizes, usage, versions
from crm.saved.versions import Step, Version
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import charts_sizes, notices, open_segment, rule_draft, segment_users
from ui import format as fmt

_SHOWN = "segment versions shown"
_STEP = 10
_MARKS = {
    "added": ":green[:material/add:]",
    "removed": ":red[:material/remove:]",
    "changed": ":orange[:material/edit:]",
    "moved": ":blue[:material/move_down:]",
    "rejoined": ":orange[:material/account_tree:]",
}


def draw(stores: Stores, settings: Settings, account: Account) -> None:
    """The panel; for a segment that was never saved, what it will show."""
    here = open_segment.here()
    if here is None or here.segment is None:
        st.caption("Each save keeps the earlier rules: they will be here, to compare and to restore.")
        return
    segment = here.segment
    try:
        limit = st.session_state.get(_SHOWN, _STEP)
        items, following = versions.listing(stores, segment["_id"], limit=limit)
    except CrmError as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    _sizes(stores, settings, segment["_id"])
    _users(stores, segment["_id"])
    if len(items) == 1:
        st.caption(f"{_saved(items[0], settings)} No other version yet.")
        return
    _comparison(stores, segment["_id"], items)
    for version, earlier in zip(items, [*items[1:], None], strict=True):
        _version(stores, settings, account, segment, version, earlier, present=version is items[0])
    if following:
        st.button("Show more", key="versions-more", on_click=_show_more)


def _sizes(stores: Stores, settings: Settings, segment_id: str) -> None:
    points = sizes.trends(stores, [segment_id], now=utc_now()).get(segment_id, [])
    if len(points) < 2:
        return
    st.markdown("**Size over 90 days**")
    st.plotly_chart(
        charts_sizes.figure(points, settings.zone), key="segment-sizes",
        config={"displayModeBar": False, "scrollZoom": False}, alt="The segment's size over time",
    )  # fmt: skip


def _users(stores: Stores, segment_id: str) -> None:
    found = usage.users(stores, segment_id)
    if found:
        st.markdown("**Used by**")
        with st.container(horizontal=True, gap="small"):
            segment_users.draw(found)


def _comparison(stores: Stores, segment_id: str, items: list[Version]) -> None:
    """What changed between any two versions."""
    numbers = [version["version"] for version in items]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        earlier = st.selectbox(
            "Compare version", numbers, index=1, key=f"compare-earlier-{segment_id}-{numbers[0]}", width=160
        )
        later = st.selectbox(
            "with version", numbers, index=0, key=f"compare-later-{segment_id}-{numbers[0]}", width=160
        )
    if {earlier, later} == set(numbers[:2]):
        return  # which the list below says already
    with st.container(border=True, key="version-difference"):
        _difference(stores, segment_id, min(earlier, later), max(earlier, later))


def _difference(stores: Stores, segment_id: str, earlier: int, later: int) -> None:
    try:
        found = versions.compare(stores, segment_id, earlier, later)
    except CrmError as error:
        st.caption(f"These versions can't be compared: {fmt.plain(error.message)}")
        return
    st.markdown(told(found) or "Both ask for the same.")


def told(steps: list[Step]) -> str:
    """Differences in Markdown, one a line; nothing in people's own texts becomes formatting."""
    return "  \n".join(f"{_MARKS[step.kind]} {_words(step)}" for step in steps)


def _words(step: Step) -> str:
    before, after = (fmt.plain(text or "") for text in (step.before, step.after))
    match step.kind:
        case "added":
            return f"added: **{after}**"
        case "removed":
            return f"removed: ~~{before}~~"
        case "moved":
            return f"in another group: **{after}**"
        case "rejoined":
            return f"a group asks for **{after}**, before for {before}"
        case _:
            return f"~~{before}~~ is now **{after}**"


def _version(
    stores: Stores,
    settings: Settings,
    account: Account,
    segment: dict[str, Any],
    version: Version,
    earlier: Version | None,
    *,
    present: bool,
) -> None:
    number = version["version"]
    with st.container(border=True, key=f"version-{number}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge = " :green-badge[Present]" if present else ""
            st.markdown(f"**Version {number}**{badge}", width="stretch")
            if not present:
                st.button(
                    "Restore", icon=":material/history:", key=f"restore-{number}", on_click=_restore,
                    args=(stores, settings, account, segment, number),
                )  # fmt: skip
        st.caption(_saved(version, settings))
        description = version["description"] or "These rules can't be read any more"
        st.markdown(f"{fmt.plain(description)}.")
        if earlier is not None:
            _difference(stores, segment["_id"], earlier["version"], number)


def _saved(version: Version, settings: Settings) -> str:
    by = f" by {fmt.plain(version['savedByName'])}" if version["savedByName"] else ""
    size = "" if version["size"] is None else f", with {fmt.count(version['size'], 'customer')} then"
    return f"Saved {fmt.moment(version['savedAt'], settings.zone)}{by}{size}."


def _show_more() -> None:
    st.session_state[_SHOWN] = st.session_state.get(_SHOWN, _STEP) + _STEP


def _restore(
    stores: Stores, settings: Settings, account: Account, segment: dict[str, Any], number: int
) -> None:
    try:
        restored = versions.restore(
            stores, segment["_id"], number, account=account, now=utc_now(), zone=settings.zone,
            expected=segment["updatedAt"],
        )  # fmt: skip
    except CrmError as error:
        notices.say(fmt.plain(error.message), ":material/error:")
        return
    open_segment.saved(restored)
    rule_draft.propose(restored["rules"])  # so that one undo brings back what was being edited
    notices.say(
        f"Version {number} is back, as version {restored['version']}. Undo and save to go back.",
        ":material/history:",
    )
