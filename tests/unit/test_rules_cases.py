"""The case file, and the plain-Python oracle that must agree with it."""

import pytest

from crm import segments
from crm.rules.operators import OPERATORS
from tests.oracle import matches
from tests.rule_cases import CASES, CUSTOMERS, NOW, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_oracle_agrees_with_the_case_file(case: Case):
    found = [name for name, one in CUSTOMERS.items() if matches(case.rule, one, NOW, case.zone)]
    assert found == case.matches


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_is_read_and_written_back_as_it_was(case: Case):
    rule = segments.parse(case.rule)
    assert segments.dump(rule) == case.rule
    assert segments.parse(segments.dump(rule)) == rule


def test_every_operator_of_every_type_has_a_case():
    covered = set()

    def walk(rule: segments.Rule) -> None:
        match rule:
            case segments.Group(_, rules):
                for each in rules:
                    walk(each)
            case segments.Condition(_, operator):
                covered.add((operator.name, operator.types))

    for case in CASES:
        walk(segments.parse(case.rule))
    assert {(row.name, row.types) for row in OPERATORS} == covered
