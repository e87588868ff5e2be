"""What groups of some size could show."""

import pytest

from crm import power
from ui import campaign_power


def checked(reachable=900, held_out=100, not_renderable=0, variants=None):
    counts = {"reachable": reachable, "heldOut": held_out, "notRenderable": not_renderable}
    return counts | {"variants": variants or {}}


def test_the_people_it_takes_are_those_who_would_just_show_what_is_hoped_for():
    found = power.between(0.1, 900, 100)
    assert not found.enough
    share = found.needed / 1_000
    assert power.between(0.1, int(900 * share) + 1, int(100 * share) + 1).enough
    assert not power.between(0.1, int(890 * share), int(98 * share)).enough


def test_a_base_of_one_in_ten_needs_the_people_of_the_textbook():
    """Fleiss, Levin and Paik (2003), formula 4.14 for equal groups: n of each for 0.10 against 0.105."""
    assert power.between(0.1, 500, 500).needed == pytest.approx(2 * 57_760, rel=0.01)


def test_whose_message_can_not_be_written_is_among_those_to_be_messaged():
    found = power.against_holdout(0.1, checked(reachable=800, not_renderable=100))
    assert (found.one, found.other) == (900, 100)


def test_without_a_holdout_or_variants_there_is_nothing_to_tell():
    assert power.against_holdout(0.1, checked(held_out=0)) is None
    assert power.between_variants(0.1, checked(variants={"A": 900})) is None


def test_the_two_smallest_variants_decide():
    found = power.between_variants(0.1, checked(variants={"A": 500, "B": 100, "C": 300}))
    assert (found.one, found.other) == (100, 300)


def test_an_audience_nobody_of_whom_buys_can_show_no_part_more():
    found = power.between(0.0, 900, 100)
    assert found.needed is None
    assert not found.enough
    assert "Too small" in campaign_power.said(found, "so many")


def test_it_is_said_whether_the_groups_are_large_enough():
    small = campaign_power.said(power.between(0.05, 950, 50), "950 and 50")
    assert "Too small to see 5\u00a0% more buyers" in small
    assert "It takes about" in small
    large = campaign_power.said(power.between(0.2, 900_000, 100_000), "many")
    assert "Large enough to see 5\u00a0% more buyers" in large
