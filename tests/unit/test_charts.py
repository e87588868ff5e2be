import json

import pandas as pd
import pytest

from crm import rfm
from ui import charts

MONTHS = pd.DataFrame(
    {
        "start": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"]),
        "revenue": [1000.5, 0.0, 250_000.0],
        "orders": [2, 0, 40],
        "customers": [2, 0, 30],
        "new_customers": [2, 0, 12],
    }
)
CITIES = pd.DataFrame(
    {
        "label": ["Mumbai", "Thiruvananthapuram Cantonment", "<b>Pune</b>"],
        "revenue": [900.0, 80.0, 20.0],
        "orders": [9, 8, 20],
        "customers": [3, 2, 1],
    }
)


def _drawable(figure):
    """The figure as the browser gets it."""
    return json.loads(figure.to_json())


def test_a_trend_has_a_bar_a_period_with_its_amount_written_out():
    figure = charts.trend(MONTHS, "revenue", unit="month", currency="INR")
    (bars,) = figure.data
    assert list(bars.y) == [1000.5, 0.0, 250_000.0]
    assert bars.customdata[2] == ["₹250,000.00"]
    assert figure.layout.yaxis.title.text == "Revenue (₹)"
    assert figure.layout.xaxis.title.text == "Month"


def test_customers_are_split_into_first_time_and_returning():
    figure = charts.trend(MONTHS, "customers", unit="month", currency="INR")
    returning, new = figure.data
    assert list(returning.y) == [0, 0, 18]
    assert list(new.y) == [2, 0, 12]
    assert figure.layout.showlegend


def test_customers_are_not_split_where_first_orders_are_not_known():
    figure = charts.trend(MONTHS.assign(new_customers=pd.NA), "customers", unit="month", currency="INR")
    assert len(figure.data) == 1


def test_a_ranking_is_sorted_by_the_metric_that_is_shown():
    figure = charts.ranking(CITIES, "orders", what="City", currency="INR")
    assert list(figure.data[0].x) == [20, 9, 8]
    assert figure.data[0].customdata[0][0] == "<b>Pune</b>"


def test_labels_are_cut_and_can_not_format_themselves():
    figure = charts.ranking(CITIES, "revenue", what="City", currency="INR")
    assert figure.layout.yaxis.ticktext[1] == "Thiruvananthapuram Canton…"
    assert figure.layout.yaxis.ticktext[2] == "&lt;b&gt;Pune&lt;/b&gt;"
    assert figure.data[0].customdata[2][1] == "&lt;b&gt;Pune&lt;/b&gt;"
    assert figure.data[0].customdata[0][5] == "90\u00a0%"


def test_a_ranking_shows_the_top_only():
    many = pd.DataFrame({"label": [f"P{n}" for n in range(40)], "revenue": range(40, 0, -1),
                         "orders": 1, "customers": 1})  # fmt: skip
    assert len(charts.ranking(many, "revenue", what="Product", currency="INR", top=15).data[0].x) == 15


def test_no_colour_is_fixed_so_that_both_themes_fit():
    for figure in (
        charts.trend(MONTHS, "revenue", unit="day", currency="INR"),
        charts.ranking(CITIES, "revenue", what="City", currency="INR"),
        charts.nothing("Nothing"),
    ):
        drawn = _drawable(figure)
        text = json.dumps({key: drawn["layout"][key] for key in drawn["layout"] if key != "template"})
        assert "color" not in text and "color" not in json.dumps(drawn["data"])


@pytest.mark.parametrize("metric", charts.METRICS)
def test_charts_of_nothing_say_so(metric):
    columns = ["start", "label", "revenue", "orders", "customers", "new_customers"]
    empty = pd.DataFrame(columns=columns)
    zeros = MONTHS.assign(revenue=0.0, orders=0, customers=0, new_customers=0)
    for figure in (
        charts.trend(empty, metric, unit="day", currency="INR"),
        charts.trend(zeros, metric, unit="month", currency="INR"),
        charts.ranking(empty, metric, what="City", currency="INR"),
        charts.ranking(
            CITIES.assign(revenue=0.0, orders=0, customers=0), metric, what="City", currency="INR"
        ),
    ):
        assert not figure.data
        assert figure.layout.annotations[0].text
        _drawable(figure)


def test_rfm_charts_of_nobody():
    nobody = rfm.counted(pd.DataFrame({"days": [], "orders": [], "spent": []}))
    assert not charts.rfm_groups(nobody.groups, currency="INR").data
    assert not charts.rfm_grid(nobody.grid, rfm.names()).data


def test_rfm_groups_name_themselves_when_picked():
    frame = pd.DataFrame(
        {
            "group": ["Champions", "Hibernating"],
            "customers": [10, 0],
            "share": [1.0, 0.0],
            "average_spent": [123.4, None],
            "meaning": ["bought lately and often", "bought little, long ago"],
        }
    )
    (bars,) = charts.rfm_groups(frame, currency="INR").data
    assert [point[0] for point in bars.customdata] == ["Champions", "Hibernating"]
    assert bars.customdata[1][3] == "–"
