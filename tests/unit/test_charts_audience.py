"""Figures of an audience, read as data."""

from datetime import UTC, datetime

import pytest

from crm.audiences import CityBar, PeriodBar, SpendBar
from ui import charts_audience as charts


def test_the_spend_chart_has_a_bar_a_range_and_a_quiet_one_for_nothing():
    bars = charts.frame([SpendBar(0, 0, 5), SpendBar(0, 100, 2), SpendBar(1000, 2000, 7)])
    trace = charts.spend(bars, "INR").data[0]
    assert list(trace.x) == ["₹0", "< ₹100", "₹1K+"]
    assert list(trace.y) == [5, 2, 7]
    assert trace.marker.opacity[0] < trace.marker.opacity[1] == 1


def test_the_city_chart_names_the_rest_and_the_unknown():
    bars = charts.frame([CityBar("Pune", 9), CityBar(None, 4), CityBar("", 3)])
    figure = charts.cities(bars)
    assert list(figure.layout.yaxis.ticktext) == ["Pune", "other cities", "not given"]
    assert list(figure.data[0].x) == [9, 4, 3]


def test_two_long_cities_that_begin_alike_keep_a_bar_each():
    long = "Llanfairpwllgwyngyllgogerychwyrndrobwll"
    figure = charts.cities(charts.frame([CityBar(long + "a", 2), CityBar(long + "b", 1)]))
    assert list(figure.data[0].y) == [0, 1]
    assert list(figure.data[0].hovertext) == [long + "a", long + "b"]


@pytest.mark.parametrize(("months", "label"), [(1, "May 2025"), (3, "Q2 2025"), (12, "2025"), (120, "2025s")])
def test_a_period_is_named_by_its_length(months, label):
    bars = charts.frame([PeriodBar(datetime(2025, 5, 1, tzinfo=UTC), months, 3), PeriodBar(None, 0, 2)])
    trace = charts.last_orders(bars).data[0]
    assert list(trace.x) == [label, "never"]
    assert list(trace.y) == [3, 2]


@pytest.mark.parametrize("figure", [lambda f: charts.spend(f, "INR"), charts.cities, charts.last_orders])
def test_an_audience_of_nobody_gives_an_empty_figure(figure):
    assert len(figure(charts.frame([])).data[0].x) == 0


def test_few_of_many_periods_are_labelled_and_never_is_always_one():
    bars = [PeriodBar(datetime(2024 + n // 12, n % 12 + 1, 1, tzinfo=UTC), 1, n) for n in range(24)]
    figure = charts.last_orders(charts.frame([*bars, PeriodBar(None, 0, 5)]))
    assert list(figure.layout.xaxis.tickvals) == ["Jan 2024", "Sep 2024", "May 2025", "never"]
