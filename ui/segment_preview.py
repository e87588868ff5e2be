"""Who the rules reach: the answer to a draft, asked for once an edit, and the numbers beside the builder.

While the rules are half-filled the last good answer stays, marked as such. An answer is asked for again
when the rules, the charts or the instant change, on request, and once it is a minute old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from crm import audiences, rulebook, segments
from crm.audiences import Preview
from crm.errors import CrmError, InvalidRule
from crm.moment import utc_now
from crm.segments import Rule
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from ui import format as fmt
from ui import rule_draft, rule_tree, segment_moment
from ui.rule_draft import Draft
from ui.rule_marks import Marks
from ui.rule_tree import Node

_HELD = "segment preview"
_GOOD_FOR = timedelta(minutes=1)
_LONGEST = 280  # characters of a sentence


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the rules as they read without ids, whose charts, as of when (None: now)."""

    rules: Node
    charts: tuple[str, ...]
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A preview, what it answers, and when it was asked for."""

    question: Question
    rule: Rule
    preview: Preview
    sentence: str
    asked: datetime

    @property
    def rules(self) -> Node:
        return self.question.rules


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: the last good answer, whether the rules have moved on, and what went wrong.

    `at` is the path of the node that the problem is about, an empty text where it is about none.
    """

    answer: Answer | None
    outdated: bool = False
    problem: str = ""
    at: str = ""


def forget() -> None:
    """Drop the last answer: it is about another segment, or to be asked for anew."""
    st.session_state.pop(_HELD, None)


def current(stores: Stores, settings: Settings, draft: Draft, marks: Marks, charts: Sequence[str]) -> Shown:
    """The answer to the draft's rules; to the last complete ones while these are half-filled; none where
    nobody is chosen yet, or any more."""
    if rule_tree.is_empty(draft.tree):
        return Shown(None)
    held: Answer | None = st.session_state.get(_HELD)
    if not marks.complete:
        return Shown(held, outdated=True)
    question = Question(rule_tree.without_ids(draft.tree), tuple(charts), segment_moment.chosen())
    if held and held.question == question and utc_now() - held.asked < _GOOD_FOR:
        return Shown(held)
    try:
        answer = _ask(stores, settings, question)
    except CrmError as error:
        at = error.path if isinstance(error, InvalidRule) else ""
        return Shown(held, outdated=True, problem=error.message, at=at)
    except Exception as error:
        if not is_outage(error):
            raise
        return Shown(held, outdated=True, problem="The database does not answer. Try again in a moment.")
    if rule_draft.current() is draft:  # else a later run has an answer to later rules
        st.session_state[_HELD] = answer
    return Shown(answer)


def _ask(stores: Stores, settings: Settings, question: Question) -> Answer:
    rule = rulebook.parse(stores, question.rules)
    asked = utc_now()
    found = audiences.preview(
        stores, rule, now=question.moment or asked, zone=settings.zone, charts=question.charts
    )
    return Answer(question, rule, found, segments.describe(rule, currency=settings.currency), asked)


def numbers(shown: Shown, settings: Settings) -> None:
    """The size, its share, who can be reached, the money, the rule in words, and as of when."""
    _toolbar(settings)
    if shown.problem:
        st.error(fmt.plain(shown.problem), icon=":material/error:")
    segment_moment.banner(settings)
    if shown.answer is None:
        st.metric("Customers", fmt.NOTHING)
        st.caption("The number appears with the first complete condition.")
        return
    stale_mark(shown)
    found = shown.answer.preview
    with st.container(horizontal=True, gap="large"):
        st.metric("Customers", fmt.number(found.size), width="content")
        share = fmt.percent(found.share) if found.total else fmt.NOTHING
        st.metric(f"Of {fmt.number(found.total)}", share, width="content")
    _sentence(f"{shown.answer.sentence}.")
    if found.size:
        st.caption(fmt.plain(worth(found, settings)))
    _stamp(found, settings)


def stale_mark(shown: Shown) -> None:
    """The mark on an answer whose rules have moved on."""
    if shown.outdated:
        st.badge("For the last complete rule", icon=":material/history:", color="gray")


def _sentence(text: str) -> None:
    """The rule in words; of a long one its beginning, and the rest on a click."""
    if len(text) <= _LONGEST:
        st.markdown(fmt.plain(text))
        return
    st.markdown(fmt.plain(text[:_LONGEST].rsplit(" ", 1)[0] + " …"))
    rest = st.popover("Read all of it", type="tertiary", key="segment-sentence", on_change="rerun")
    if rest.open:
        with rest.container(height=400, border=False):
            st.markdown(fmt.plain(text))


def worth(found: Preview, settings: Settings) -> str:
    """Whom of an audience we can reach, and what they have spent, in words."""
    average = fmt.money(found.totals.average_spent, settings.currency, short=True)
    total = fmt.money(found.totals.total_spent, settings.currency, short=True)
    reach = "All of them" if found.reachable == found.size else fmt.number(found.reachable)
    return (
        f"{reach} can be reached by e-mail or phone. They spent {total} in total, {average} on average."
        if found.reachable
        else f"None of them can be reached: no e-mail, no phone. They spent {total} in total, {average} on "
        "average."
    )


def _toolbar(settings: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**How many**", width="stretch")
        st.button(
            "",
            icon=":material/refresh:",
            type="tertiary",
            key="segment-refresh",
            help="Count again",
            on_click=forget,
        )
        segment_moment.picker(settings)


def _stamp(found: Preview, settings: Settings) -> None:
    engine = "in MongoDB" if found.engine == audiences.MONGODB else "in the snapshot"
    st.caption(f"Counted {_clock(found, settings)}, {engine}")


def _clock(found: Preview, settings: Settings) -> str:
    """When the data was as it was counted, which a snapshot knows a little later than it is asked."""
    at = found.known_at
    return f"{fmt.day(at, settings.zone)}, {at.astimezone(settings.zone):%H:%M:%S}"
