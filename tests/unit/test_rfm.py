from itertools import product

import numpy as np
import pandas as pd

from crm import rfm


def _customers(days, orders, spent):
    return pd.DataFrame(
        {
            "days": pd.Series(days, dtype="float64"),
            "orders": pd.Series(orders, dtype="int64"),
            "spent": pd.Series(spent, dtype="float64"),
        }
    )


def test_every_score_belongs_to_exactly_one_group():
    for recency, frequency in product(rfm.SCORES, rfm.SCORES):
        inside = [
            area
            for area in rfm.AREAS
            if area.recency[0] <= recency <= area.recency[1]
            and area.frequency[0] <= frequency <= area.frequency[1]
        ]
        assert len(inside) == 1
        assert rfm.names()[recency, frequency] == inside[0].name


def test_quintiles_are_fifths_where_all_values_differ():
    scores, _ = rfm.scored(_customers(range(1, 101), range(100, 0, -1), np.linspace(10_000, 1, 100)))
    for column in ("recency", "frequency", "monetary"):
        assert scores[column].value_counts().to_dict() == dict.fromkeys(rfm.SCORES, 20)
    assert scores.iloc[0][["recency", "frequency", "monetary", "group"]].tolist() == [5, 5, 5, "Champions"]
    assert scores.iloc[-1][["recency", "frequency", "monetary", "group"]].tolist() == [1, 1, 1, "Hibernating"]


def test_customers_with_equal_values_have_equal_scores():
    scores, _ = rfm.scored(_customers([5] * 10, [1] * 7 + [2, 2, 3], [50] * 10))
    assert scores.groupby("orders")["frequency"].nunique().eq(1).all()
    assert scores["recency"].eq(5).all()
    assert scores["frequency"].tolist() == [1] * 7 + [4, 4, 5]


def test_one_customer_alone_is_scored():
    assert rfm.counted(_customers([3], [1], [10])).groups["customers"].sum() == 1


def test_groups_add_up_to_everybody():
    rng = np.random.default_rng(1)
    found = rfm.counted(
        _customers(rng.exponential(90, 500), rng.geometric(0.4, 500), rng.gamma(1, 3000, 500))
    )
    groups = found.groups
    assert groups["group"].tolist() == [area.name for area in rfm.AREAS]
    assert groups["customers"].sum() == 500
    assert round(groups["share"].sum(), 9) == 1
    assert found.grid.to_numpy().sum() == 500


def test_the_conditions_of_a_group_hold_for_its_members_and_nobody_else():
    rng = np.random.default_rng(2)
    scores, edges = rfm.scored(
        _customers(rng.exponential(90, 800), rng.geometric(0.4, 800), rng.gamma(1, 3000, 800))
    )
    for area in rfm.AREAS:
        holds = pd.Series(True, index=scores.index)
        for condition in rfm.conditions(edges, area.name):
            value = condition["value"]
            match condition["operator"]:
                case "inTheLast":
                    holds &= scores["days"] <= value["last"]["days"]
                case "olderThan":
                    holds &= scores["days"] > value["last"]["days"]
                case "greaterThanOrEqual":
                    holds &= scores["orders"] >= value
                case "lessThanOrEqual":
                    holds &= scores["orders"] <= value
        assert holds.equals(scores["group"] == area.name), area.name
