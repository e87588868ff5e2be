"""Near misses: how many more people each node of the rule alone keeps out, and who they are."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from crm import audiences, explain, segments
from crm.moment import utc_now
from crm.rules.nodes import ROOT, walk
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from ui import charts_audience as charts
from ui import format as fmt
from ui import open_segment, segment_borderline, segment_people
from ui.segment_preview import Answer, Shown
from ui.segment_steps import words_of

_HELD = "segment near misses"
_SEEN = "segment near misses seen"
_MOST_SHOWN = 20
_AT_ONCE = 40  # nodes of a rule whose near misses are counted at every edit
_LIVE_AT_ONCE = 20_000  # customers where MongoDB is asked for them, node by node
_LONGEST = 70  # characters of what a node says


@dataclass(frozen=True, slots=True)
class Misses:
    """Near misses by path, and the answer whose rule they are of."""

    answer: Answer
    by_path: dict[str, int]


def draw(shown: Shown, stores: Stores, settings: Settings) -> None:
    """The nodes with near misses, most first, and the people of the one that was asked for."""
    if shown.answer is None:
        st.caption("Finish a condition first.")
        return
    answer = shown.answer
    segment_borderline.draw(answer, stores, settings)
    with st.spinner("Looking who is close …"):
        found = _misses(answer, stores, settings)
    if not found.by_path:
        st.caption("This rule is too large to be turned round node by node here.")
        return
    rows = sorted(
        ((number, path) for path, number in found.by_path.items() if path != ROOT and number),
        key=lambda row: (-row[0], row[1]),
    )
    if not rows:
        st.caption("Nobody is out for the sake of one condition alone.")
        return
    st.caption("Out because of one condition alone. If it said the opposite, they would be in.")
    nodes = dict(walk(answer.rule))
    seen = st.session_state.get(_SEEN)
    with st.container(gap="xsmall", key="segment-misses"):
        for number, path in rows[:_MOST_SHOWN]:
            words = charts.shortened(words_of(nodes[path], settings.currency), _LONGEST)
            st.button(
                f"**{fmt.number(number)}** more fail only: {fmt.plain(words)}",
                key=f"segment-miss-{path}", type="tertiary",
                icon=":material/expand_more:" if path == seen else ":material/group_search:",
                help="See them", on_click=_see, args=(path,),
            )  # fmt: skip
    if any(path == seen for _, path in rows):
        words = charts.shortened(words_of(nodes[seen], settings.currency), _LONGEST)
        _people(answer, seen, words, stores, settings)


def at_hand(answer: Answer, stores: Stores, settings: Settings) -> Mapping[str, int]:
    """Near misses by path where counting them keeps nobody waiting; empty elsewhere."""
    found = answer.preview
    if len(found.nodes) > _AT_ONCE or (found.engine == audiences.MONGODB and found.total > _LIVE_AT_ONCE):
        return {}
    try:
        return _misses(answer, stores, settings).by_path
    except Exception as error:
        if not is_outage(error):
            raise
        return {}


def _misses(answer: Answer, stores: Stores, settings: Settings) -> Misses:
    held: Misses | None = st.session_state.get(_HELD)
    if held is not None and held.answer is answer:
        return held
    now = answer.question.moment or utc_now()
    found = explain.near_misses(stores, answer.rule, now=now, zone=settings.zone)
    st.session_state[_HELD] = Misses(answer, found)
    return st.session_state[_HELD]


def _see(path: str) -> None:
    st.session_state[_SEEN] = path


def _people(answer: Answer, path: str, words: str, stores: Stores, settings: Settings) -> None:
    rule = explain.missing(answer.rule, path)
    now = answer.question.moment or utc_now()
    found = audiences.preview(stores, rule, now=now, zone=settings.zone, charts=())
    with st.container(border=True, key="segment-missed"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{fmt.count(found.size, 'customer')}** who fail only: {fmt.plain(words)}", width="stretch"
            )
            st.button(
                "Open as a segment", icon=":material/open_in_new:", key="segment-miss-open",
                on_click=open_segment.begin, args=(segments.dump(rule),),
            )  # fmt: skip
        segment_people.table(found.sample, settings, alt="A sample of the near misses of this condition")
