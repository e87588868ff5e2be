"""Figures of an audience, read as data."""

from datetime import UTC, datetime

import plotly.graph_objects as go
import pytest

from crm.audience_charts import Bar, Chart, PeriodBar, StepBar, ValueBar
from crm.fields import FIELDS
from ui import charts_audience as charts


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
