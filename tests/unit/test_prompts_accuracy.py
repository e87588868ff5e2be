"""How well the two sets of prompts are understood: what `make accuracy` prints never gets worse unseen."""

from functools import cache
from pathlib import Path

import pytest

from tests.accuracy.score import HELD, TUNED, Case, Score, cases, score, typos, who
from tests.accuracy.trees import tree

SETS = [TUNED, HELD]


@cache
def scored(path: Path) -> Score:
    return score(cases(path))


def test_the_sets_hold_more_than_three_hundred_prompts_none_of_them_twice() -> None:
    prompts = [case.prompt.casefold() for path in SETS for case in cases(path)]
    assert len(prompts) > 300
    assert len(set(prompts)) == len(prompts)


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_a_tree_of_a_set_selects_some_and_not_all_but_where_everyone_is_meant(path: Path) -> None:
    for case in cases(path):
        if case.meant not in ("ask", "refuse", "everyone"):
            assert 0 < len(who(tree(case.meant))) < len(who({"type": "everyone"})), case.prompt


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_nearly_nobody_is_selected_in_silence_who_was_not_meant(path: Path) -> None:
    found = scored(path)
    assert len(found.wrong) <= found.prompts * 0.01, found.wrong


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_nor_with_one_letter_wrong(path: Path) -> None:
    found = score(typos(cases(path)))
    assert len(found.wrong) <= found.prompts * 0.01, found.wrong


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_most_prompts_are_understood_and_every_order_is_refused(path: Path) -> None:
    found = scored(path)
    assert len(found.exact) >= found.prompts * 0.9
    assert found.refused and not found.not_refused


def test_a_tree_that_selects_others_counts_as_wrong_and_one_that_says_so_as_said() -> None:
    found = score([Case("spent over 1000", "totalSpent >= 1000"), Case("buyers", "orderCount > 3")])
    assert found.wrong == ["spent over 1000"]
    assert found.said == ["buyers"]
