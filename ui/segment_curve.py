"""What would another value give? The audience's size over one condition's amount, and the way to take one."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from crm import thresholds
from crm.moment import utc_now
from crm.rules.nodes import walk
from crm.rules.words import Teller
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.thresholds import Curve, Dial
from ui import charts_curve, notices, rule_draft, rule_tree
from ui import format as fmt
from ui.rule_draft import Draft, Expected
from ui.rule_parts import VALUES_ASKED
from ui.segment_preview import Answer, Shown
from ui.segment_steps import words_of

_HELD = "segment curve"


@dataclass(frozen=True, slots=True)
class Held:
    """A curve, and the answer, the node and the end that it is of: sliding asks nothing anew."""

    answer: Answer
    path: str
    which: int
    curve: Curve


def draw_if_asked(shown: Shown, draft: Draft, stores: Stores, settings: Settings) -> None:
    """Open the curve of the node whose menu asked for it in this run."""
    node_id = st.session_state.pop(VALUES_ASKED, None)
    if node_id is None:
        return
    if shown.answer is None or shown.outdated:
        notices.say("Finish every condition first.", ":material/edit:")
        return
    paths = {node["id"]: path for path, node in rule_tree.walk(draft.tree)}
    if node_id in paths:
        _other_values(shown.answer, node_id, paths[node_id], stores, settings)


@st.dialog("What would another value give?", width="medium")
def _other_values(answer: Answer, node_id: int, path: str, stores: Stores, settings: Settings) -> None:
    node = dict(walk(answer.rule))[path]
    said = words_of(node, settings.currency)
    st.markdown(fmt.plain(said[:1].upper() + said[1:]))
    which = _end(node_id) if len(thresholds.dials_of(node)) > 1 else 0
    curve = _curve(answer, path, which, stores, settings)
    if len(curve.amounts) < 2:
        st.caption("There is no other value to try: nobody has one there.")
        return
    labels = [label(curve.dial, amount, settings.currency) for amount in curve.amounts]
    now = curve.amounts.index(curve.dial.amount)
    chart = st.empty()
    tried = st.select_slider(
        "Value",
        options=range(len(labels)),
        value=now,
        format_func=labels.__getitem__,
        key=f"segment-curve-{node_id}-{which}",
        label_visibility="collapsed",
    )
    chart.plotly_chart(
        charts_curve.figure(labels, curve.sizes, now=now, tried=tried),
        key="segment-curve-chart",
        config={"displayModeBar": False, "scrollZoom": False},
        alt=in_words(labels, curve.sizes),
    )
    _tried(curve, labels, now, tried)
    if st.button("Use this value", type="primary", key="segment-curve-use", disabled=tried == now):
        turned = thresholds.turned(node, curve.dial, curve.amounts[tried])  # it has a dial
        rule_draft.apply(Expected(node_id), lambda tree: rule_tree.change(tree, node_id, value=turned.raw))
        st.rerun()


def _end(node_id: int) -> int:
    """Which of two amounts is turned."""
    ends = {0: "From", 1: "To"}
    chosen = st.segmented_control(
        "Which end", list(ends), format_func=ends.__getitem__, default=0, required=True,
        key=f"segment-curve-end-{node_id}", label_visibility="collapsed",
    )  # fmt: skip
    return chosen or 0


def _curve(answer: Answer, path: str, which: int, stores: Stores, settings: Settings) -> Curve:
    held: Held | None = st.session_state.get(_HELD)
    if held is None or held.answer is not answer or (held.path, held.which) != (path, which):
        now = answer.question.moment or utc_now()
        with st.spinner("Trying other values …"):
            found = thresholds.curve(stores, answer.rule, path, now=now, zone=settings.zone, which=which)
        held = st.session_state[_HELD] = Held(answer, path, which, found)
    return held.curve


def _tried(curve: Curve, labels: list[str], now: int, tried: int) -> None:
    before, after = curve.sizes[now], curve.sizes[tried]
    change = "" if tried == now else f", {'+' if after > before else ''}{fmt.number(after - before)}"
    if tried != now and after == before:
        change = ", as many as now"
    st.markdown(f"**{fmt.plain(labels[tried])}**: **{fmt.count(after, 'customer')}**{change}")


def label(dial: Dial, amount: float, currency: str) -> str:
    """An amount as the rule would say it: `₹5,000`, `3 orders`, `90 days`, `5 Jan 2026`."""
    if dial.dated:
        day = date.fromordinal(int(amount))
        return f"{day.day} {day:%b %Y}"
    if dial.unit is not None:
        return fmt.count(int(amount), str(dial.unit).removesuffix("s"))
    whole = int(amount) if float(amount).is_integer() else amount
    return Teller(dial.field, currency).amount(whole)


def in_words(labels: list[str], sizes: tuple[int, ...]) -> str:
    """The curve in words, for whom does not see it."""
    first, last = 0, len(labels) - 1
    return (
        f"Customers over the value, from {fmt.number(sizes[first])} at {labels[first]} "
        f"to {fmt.number(sizes[last])} at {labels[last]}"
    )
