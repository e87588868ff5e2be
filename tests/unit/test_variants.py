"""Who is held out and who gets which variant: hashes that a retry never changes."""

import pytest

from crm.variants import Lots

PEOPLE = [f"{number:024x}" for number in range(20_000)]


def share(lots, index):
    return sum(lots.variant(person) == index for person in PEOPLE) / len(PEOPLE)


@pytest.mark.parametrize("weights", [(1, 1), (50, 30, 20), (1, 9), (0.2, 0.2, 0.6)])
def test_variants_have_their_shares(weights):
    lots = Lots("c1", 0, weights)
    for index, weight in enumerate(weights):
        assert share(lots, index) == pytest.approx(weight / sum(weights), abs=0.015)


def test_the_holdout_has_its_share_and_tells_nothing_of_the_variant():
    lots = Lots("c1", 0.1, (1, 1))
    held = [person for person in PEOPLE if lots.held_out(person)]
    assert len(held) / len(PEOPLE) == pytest.approx(0.1, abs=0.01)
    assert sum(lots.variant(person) for person in held) / len(held) == pytest.approx(0.5, abs=0.04)
    assert not any(Lots("c1", 0, (1,)).held_out(person) for person in PEOPLE)


def test_an_assignment_is_the_same_in_any_order_and_another_in_another_campaign():
    first, again, other = Lots("c1", 0.5, (1, 1)), Lots("c1", 0.5, (1, 1)), Lots("c2", 0.5, (1, 1))
    assert [first.variant(one) for one in PEOPLE] == [again.variant(one) for one in reversed(PEOPLE)][::-1]
    same = sum(first.variant(one) == other.variant(one) for one in PEOPLE) / len(PEOPLE)
    assert same == pytest.approx(0.5, abs=0.02)
