"""The columnar engine against the case file that every engine answers to."""

from pathlib import Path

import pytest

from tests.columnar_world import evaluated, ids, state
from tests.rule_cases import CASES, WORLD
from tests.rule_world import parsed


@pytest.mark.parametrize("pieces", [1, 3])
def test_the_columns_agree_with_the_case_file(tmp_path: Path, pieces: int):
    crowd = state(tmp_path, WORLD, pieces)
    wrong = {}
    for case in CASES:
        found = evaluated(crowd, WORLD, parsed(WORLD, case.rule), case.now, case.zone)
        if ids(crowd, found.selected) != set(case.matches):
            wrong[case.name] = sorted(ids(crowd, found.selected))
    assert wrong == {}
