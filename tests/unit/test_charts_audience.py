"""Figures of an audience, read as data."""

from datetime import UTC, datetime

import plotly.graph_objects as go
import pytest

from crm.audience_charts import Bar, Chart, PeriodBar, StepBar, ValueBar
from crm.fields import FIELDS
from ui import charts_audience as charts
from ui.charts_audience import Step


def figure(field: str, *bars: Bar) -> go.Figure:
    return charts.figure(Chart(FIELDS[field], bars), "INR")


def test_the_spend_chart_has_a_bar_a_range_and_a_quiet_one_for_nothing():
    trace = figure("totalSpent", StepBar(0, 0, 5), StepBar(0, 100, 2), StepBar(1000, 2000, 7)).data[0]
    assert list(trace.x) == ["₹0", "< ₹100", "₹1K+"]
    assert list(trace.y) == [5, 2, 7]
    assert trace.marker.opacity[0] < trace.marker.opacity[1] == 1


def test_the_city_chart_names_the_rest_and_the_unknown():
    shown = figure("city", ValueBar("Pune", 9), ValueBar(None, 4), ValueBar("", 3))
    assert list(shown.layout.yaxis.ticktext) == ["Pune", "all others", "not given"]
    assert list(shown.data[0].x) == [9, 4, 3]


def test_two_long_cities_that_begin_alike_keep_a_bar_each():
    long = "Llanfairpwllgwyngyllgogerychwyrndrobwll"
    shown = figure("city", ValueBar(long + "a", 2), ValueBar(long + "b", 1))
    assert list(shown.data[0].y) == [0, 1]
    assert list(shown.data[0].hovertext) == [long + "a", long + "b"]


@pytest.mark.parametrize(("months", "label"), [(1, "May 2025"), (3, "Q2 2025"), (12, "2025"), (120, "2025s")])
def test_a_period_is_named_by_its_length(months, label):
    bars = PeriodBar(datetime(2025, 5, 1, tzinfo=UTC), months, 3), PeriodBar(None, 0, 2)
    trace = figure("lastOrdered", *bars).data[0]
    assert list(trace.x) == [label, "never"]
    assert list(trace.y) == [3, 2]


@pytest.mark.parametrize("field", ["totalSpent", "orderCount", "city", "tags", "lastOrdered"])
def test_an_audience_of_nobody_gives_an_empty_figure(field):
    assert len(figure(field).data[0].x) == 0


def test_numbers_are_read_in_whole_steps():
    bars = [StepBar(0, 0, 5), StepBar(1, 2, 4), StepBar(2, 5, 3), StepBar(100, float("inf"), 1),
            StepBar(None, None, 2)]  # fmt: skip
    assert list(figure("orderCount", *bars).data[0].x) == ["0", "1", "2–4", "100+", "not known"]


def test_few_of_many_periods_are_labelled_and_never_is_always_one():
    bars = [PeriodBar(datetime(2024 + n // 12, n % 12 + 1, 1, tzinfo=UTC), 1, n) for n in range(24)]
    shown = figure("lastOrdered", *bars, PeriodBar(None, 0, 5))
    assert list(shown.layout.xaxis.tickvals) == ["Jan 2024", "Sep 2024", "May 2025", "never"]


STEPS = [Step("spent more than ₹1,000", 100, 60), Step("live in <b>Pune</b>", 60, 25)]


def test_a_waterfall_leads_from_everyone_over_what_each_condition_removes_to_who_is_left():
    trace = charts.waterfall(STEPS, total=100).data[0]
    assert list(trace.base) == [0, 60, 25, 0]
    assert list(trace.x) == [100, 40, 35, 25]
    assert trace.hovertext[1] == "spent more than ₹1,000: −40"


def test_a_waterfall_of_alternatives_adds_up_from_nobody():
    trace = charts.waterfall([Step("a", 0, 60), Step("b", 60, 75)], total=100).data[0]
    assert list(trace.base) == [0, 60, 0]
    assert list(trace.x) == [60, 15, 75]
    assert [text.split(": ")[1] for text in trace.hovertext] == ["+60", "+15", "75"]


def test_what_people_wrote_is_no_markup_in_a_figure():
    texts = [one.text for one in charts.waterfall(STEPS, total=100).layout.annotations]
    assert "live in &lt;b&gt;Pune&lt;/b&gt;" in texts
    assert figure("city", ValueBar("<b>x</b>", 1)).data[0].hovertext[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_a_waterfall_says_in_words_what_it_shows():
    said = charts.said_steps(STEPS, total=100)
    assert said.startswith("everyone: 100; spent more than ₹1,000: −40")
    assert said.endswith("selected: 25")


def test_a_waterfall_of_many_conditions_sums_the_last_of_them():
    many = [Step(f"condition {n}", 100 - n, 99 - n) for n in range(40)]
    trace = charts.waterfall(many, total=100).data[0]
    assert len(trace.x) == 12
    assert trace.hovertext[-2] == "31 more conditions: −31"
    assert trace.x[-1] == 60
