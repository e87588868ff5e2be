"""What each condition of the root group removes from everybody, or adds to nobody, in the rule's order."""

import streamlit as st

from crm import segments
from crm.rules.nodes import ROOT, children
from crm.segments import Group, Join, Rule
from crm.settings import Settings
from ui import charts_audience as charts
from ui.charts_audience import Step
from ui.segment_preview import Shown


def draw(shown: Shown, settings: Settings) -> None:
    """The waterfall of the last answer; nothing where the steps were not counted."""
    if shown.answer is None or not shown.answer.preview.steps:
        return
    found, rule = shown.answer.preview, shown.answer.rule
    steps = steps_of(rule, found.steps, total=found.total, currency=settings.currency)
    joined = isinstance(rule, Group) and rule.join is Join.OR
    st.markdown(f"**What each condition {'adds' if joined else 'removes'}**")
    st.plotly_chart(
        charts.waterfall(steps, total=found.total),
        key="segment-steps",
        config={"displayModeBar": False, "staticPlot": False},
        alt=charts.said_steps(steps, total=found.total),
    )


def steps_of(rule: Rule, sizes: tuple[int, ...], *, total: int, currency: str) -> list[Step]:
    """The steps of a root group whose sizes after each condition these are; none for another root."""
    if not isinstance(rule, Group):
        return []
    before = 0 if rule.join is Join.OR else total
    steps: list[Step] = []
    for (_, child), after in zip(children(rule, ROOT), sizes, strict=True):
        words = words_of(child, currency)
        steps.append(Step(f"not: {words}" if rule.join is Join.NOT else words, before, after))
        before = after
    return steps


def words_of(rule: Rule, currency: str) -> str:
    """What a node says, without “Customers who” before it."""
    return segments.describe(rule, currency=currency).removeprefix("Customers who ")
