"""The case file, and the plain-Python oracle that must agree with it."""

from collections.abc import Iterator
from typing import get_args

import pytest

from crm import segments
from crm.fields import LINE_FIELDS, ORDER_FIELDS, FieldType
from crm.rules.behaviours import measure_operators
from crm.rules.nodes import Measure
from crm.rules.operators import OPERATORS, operators_for
from tests.oracle import selected
from tests.rule_cases import CASES, CUSTOMERS, NOW, WORLD, Case
from tests.rule_world import parsed


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_oracle_agrees_with_the_case_file(case: Case):
    found = selected(case.rule, WORLD, case.now, case.zone)
    assert [name for name in CUSTOMERS if name in found] == case.matches


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_is_read_and_written_back_as_it_was(case: Case):
    rule = parsed(WORLD, case.rule)
    assert segments.dump(rule) == case.rule
    assert parsed(WORLD, segments.dump(rule)) == rule


def nodes() -> Iterator[segments.Rule]:
    for case in CASES:
        for _, node in segments.walk(parsed(WORLD, case.rule)):
            yield node


def test_every_operator_of_every_type_has_a_case():
    covered = {
        (node.operator.name, node.operator.types) for node in nodes() if isinstance(node, segments.Condition)
    }
    assert {(row.name, row.types) for row in OPERATORS} == covered


def test_every_form_of_a_node_has_a_case():
    every = list(nodes())
    assert {one.join for one in every if isinstance(one, segments.Group)} == set(segments.Join)
    tops = [one for one in every if isinstance(one, segments.Top)]
    assert {one.direction for one in tops} == {"asc", "desc"}
    assert {one.by.type for one in tops} >= {FieldType.INTEGER, FieldType.MONEY, FieldType.DATE}
    asked_for = [one for one in every if isinstance(one, segments.InSegment | segments.InList)]
    assert {(type(one), one.inside) for one in asked_for} == {
        (kind, inside) for kind in (segments.InSegment, segments.InList) for inside in (True, False)
    }
    campaigns = [one for one in every if isinstance(one, segments.InCampaign)]
    assert {one.state for one in campaigns} >= {"sent", "failed", "skipped"}
    assert any(one.variant for one in campaigns)
    windows = [one.within for one in every if isinstance(one, segments.Behaviour)]
    forms = {one and (bool(one.last), bool(one.start), bool(one.end)) for one in windows}
    assert forms == {
        None,
        (True, False, False),
        (False, True, True),
        (False, True, False),
        (False, False, True),
    }
    assert {case.now < NOW for case in CASES} == {True, False}


def test_every_kind_of_node_and_every_measure_has_a_case():
    assert {type(node) for node in nodes()} == set(get_args(segments.Rule))
    behaviours = [node for node in nodes() if isinstance(node, segments.Behaviour)]
    assert {node.measure for node in behaviours} == set(Measure)
    assert {row.name for measure in Measure for row in measure_operators(measure)} == {
        node.operator.name for node in behaviours
    }
    asked = {(one.field.name, one.operator.name) for node in behaviours for one in node.where}
    assert {name for name, _ in asked} == set(ORDER_FIELDS)
    texts = operators_for(ORDER_FIELDS["product"])
    assert {name for of, name in asked if of in LINE_FIELDS} == {row.name for row in texts}
