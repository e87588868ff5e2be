"""The charts of one campaign."""

from ui import charts_campaign


def stages(*people):
    names = ("audience", "reachable", "answered", "sent", "bought")
    return [{"stage": name, "people": many} for name, many in zip(names, people, strict=False)]


def test_the_funnel_goes_from_the_audience_to_the_sent():
    trace = charts_campaign.funnel(stages(1_000, 950, 940, 850)).data[0]
    assert list(trace.y) == ["Audience", "Reachable", "Answered", "Sent"]
    assert list(trace.x) == [1_000, 950, 940, 850]
    assert trace.text[3] == "850 (85\u00a0%)"


def test_the_funnel_ends_at_those_who_bought_where_orders_were_read():
    trace = charts_campaign.funnel(stages(1_000, 950, 940, 850, 40), days=14).data[0]
    assert (trace.y[4], trace.x[4]) == ("Bought", 40)
    assert "within 14 days" in trace.customdata[4]


def test_a_funnel_of_nobody_is_empty_and_not_an_error():
    assert list(charts_campaign.funnel(stages(0, 0, 0, 0)).data[0].x) == [0, 0, 0, 0]


def test_reasons_come_with_the_most_frequent_on_top_and_long_ones_cut():
    found = {"a" * 80: 5, "the mailbox is full": 12, **{f"r{number}": 1 for number in range(9)}}
    figure = charts_campaign.reasons(found)
    assert list(figure.data[0].x) == [12, 5, 1, 1, 1, 1]
    assert figure.layout.yaxis.ticktext[0] == "the mailbox is full"
    assert figure.layout.yaxis.ticktext[1].endswith("…")
    assert figure.data[0].customdata[1] == "a" * 80
    assert figure.layout.yaxis.autorange == "reversed"


def test_shares_stand_with_their_intervals_from_the_top():
    figure = charts_campaign.shares([("Held out", 0.05, 0.04, 0.07), ("To be messaged", 0.08, 0.07, 0.09)])
    trace = figure.data[0]
    assert list(trace.y) == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["Held out", "To be messaged"]
    assert list(trace.x) == [0.05, 0.08]
    assert list(trace.error_x.array) == [0.07 - 0.05, 0.09 - 0.08]
    assert trace.text[0] == "5\u00a0% (4\u00a0% to 7\u00a0%)"
    assert figure.layout.yaxis.autorange == "reversed"


def test_differences_are_points_on_both_sides_of_nothing():
    figure = charts_campaign.differences([("Sale", 0.012, -0.004, 0.028)], title="Points")
    trace = figure.data[0]
    assert list(trace.x) == [1.2]
    assert trace.text[0] == "+1.20 (−0.40 to +2.80)"
    assert figure.layout.shapes[0].x0 == 0
