"""Who the rules reach: the number beside the builder, its charts and a sample of people.

While the rules are half-filled the last good answer stays, marked as such. An answer is asked for again
when the rules change, on request, and once it is a minute old.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from crm import audiences, rulebook, segments
from crm.audiences import Preview
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from ui import charts_audience as charts
from ui import format as fmt
from ui import rule_draft, rule_tree
from ui.rule_draft import Draft
from ui.rule_marks import Marks
from ui.rule_tree import Node

_HELD = "segment preview"
_GOOD_FOR = timedelta(minutes=1)
_CHART = {"displayModeBar": False, "scrollZoom": False}


@dataclass(frozen=True, slots=True)
class Answer:
    """A preview and the rules that it answers, as they read without ids."""

    rules: Node
    preview: Preview
    sentence: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: the last good answer, whether the rules have moved on, and what went wrong."""

    answer: Answer | None
    outdated: bool = False
    problem: str = ""


def forget() -> None:
    """Drop the last answer: it is about another segment, or to be asked for anew."""
    st.session_state.pop(_HELD, None)


def current(stores: Stores, settings: Settings, draft: Draft, marks: Marks) -> Shown:
    """The answer to the draft's rules; to the last complete ones while these are half-filled."""
    held: Answer | None = st.session_state.get(_HELD)
    if not marks.complete:
        return Shown(held, outdated=True)
    rules = rule_tree.without_ids(draft.tree)
    now = utc_now()
    if held and held.rules == rules and now - held.preview.as_of < _GOOD_FOR:
        return Shown(held)
    try:
        answer = _ask(stores, settings, rules)
    except CrmError as error:
        return Shown(held, outdated=True, problem=error.message)
    except Exception as error:
        if not is_outage(error):
            raise
        return Shown(held, outdated=True, problem="The database does not answer. Try again in a moment.")
    if rule_draft.current() is draft:  # else a later run has an answer to later rules
        st.session_state[_HELD] = answer
    return Shown(answer)


def _ask(stores: Stores, settings: Settings, rules: Node) -> Answer:
    rule = rulebook.parse(stores, rules)
    found = audiences.preview(stores, rule, now=utc_now(), zone=settings.zone)
    return Answer(rules, found, segments.describe(rule, currency=settings.currency))


def numbers(shown: Shown, settings: Settings) -> None:
    """The size, its share, the money, the rule in words, and as of when."""
    if shown.problem:
        st.error(shown.problem, icon=":material/error:")
    if shown.answer is None:
        st.metric("Customers", fmt.NOTHING)
        st.caption("The number appears with the first complete condition.")
        return
    if shown.outdated:
        st.badge("For the last complete rule", icon=":material/history:", color="gray")
    found = shown.answer.preview
    with st.container(horizontal=True, gap="large"):
        st.metric("Customers", fmt.number(found.size), width="content")
        share = fmt.percent(found.share) if found.total else fmt.NOTHING
        st.metric(f"Of {fmt.number(found.total)}", share, width="content")
    st.markdown(f"{fmt.plain(shown.answer.sentence)}.")
    if found.size:
        average = fmt.money(found.totals.average_spent, settings.currency, short=True)
        total = fmt.money(found.totals.total_spent, settings.currency, short=True)
        st.caption(fmt.plain(f"They spent {total} in total, {average} on average."))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        engine = "in MongoDB" if found.engine == audiences.MONGODB else "in the snapshot"
        st.caption(f"As of {_clock(found, settings)}, {engine}", width="content")
        st.button(
            "",
            icon=":material/refresh:",
            type="tertiary",
            key="segment-refresh",
            help="Count again",
            on_click=forget,
        )


def figures(shown: Shown, settings: Settings) -> None:
    """The chosen charts, three in a row; one below the other on a phone."""
    if shown.answer is None or shown.answer.preview.size == 0:
        return
    grid = st.grid(3, border=True)
    for chart in shown.answer.preview.charts:
        label = chart.field.label
        with grid.cell():
            st.markdown(f"**{fmt.plain(label[:1].upper() + label[1:])}**")
            _chart(charts.figure(chart, settings.currency), chart.field.name, f"Customers by {label}")


def _chart(figure: Any, name: str, alt: str) -> None:
    st.plotly_chart(figure, key=f"segment-{name}", config=_CHART, alt=alt)


def sample(shown: Shown, settings: Settings) -> None:
    """Some of the people, by a stable draw, so that nobody has to guess who they are."""
    if shown.answer is None:
        return
    found = shown.answer.preview
    if found.size == 0:
        st.caption("Nobody matches at the moment.")
        return
    title = "Everybody in it" if len(found.sample) == found.size else f"{len(found.sample)} of them"
    st.markdown(f"**{title}**")
    st.dataframe(
        sample_frame(found.sample),
        hide_index=True,
        placeholder="",
        height=min(36 * (len(found.sample) + 1) + 2, 400),
        column_config=_columns(settings),
        alt="A sample of the customers in this audience",
    )


def sample_frame(customers: tuple[dict[str, Any], ...]) -> pd.DataFrame:
    """One row a customer: name, email, city, totalSpent, orderCount, lastOrdered, accountCreated, tags."""
    names = ["name", "email", "city", "totalSpent", "orderCount", "lastOrdered", "accountCreated", "tags"]
    return pd.DataFrame(
        [
            {name: customer.get(name) for name in names} | {"tags": customer.get("tags") or []}
            for customer in customers
        ]
    )


def _columns(settings: Settings) -> dict[str, Any]:
    zone = str(settings.zone)
    day = {"format": "D MMM YYYY", "timezone": zone}
    return {
        "name": st.column_config.TextColumn("Name"),
        "email": st.column_config.TextColumn("E-mail"),
        "city": st.column_config.TextColumn("City"),
        "totalSpent": st.column_config.NumberColumn(
            f"Spent ({fmt.symbol(settings.currency).strip()})", format="localized"
        ),
        "orderCount": st.column_config.NumberColumn("Orders", format="localized"),
        "lastOrdered": st.column_config.DatetimeColumn("Last order", **day),
        "accountCreated": st.column_config.DatetimeColumn("Signed up", **day),
        "tags": st.column_config.ListColumn("Tags"),
    }


def filter_text(stores: Stores, shown: Shown, settings: Settings) -> str:
    """The MongoDB filter behind the number, its dates counted from the instant of the number."""
    if shown.answer is None:
        return ""
    rule = rulebook.parse(stores, shown.answer.rules)
    return audiences.filter_text(stores, rule, now=shown.answer.preview.as_of, zone=settings.zone)


def _clock(found: Preview, settings: Settings) -> str:
    """When the data was as it was counted, which a snapshot knows a little later than it is asked."""
    at = found.known_at
    return f"{fmt.day(at, settings.zone)}, {at.astimezone(settings.zone):%H:%M:%S}"
