"""Rules as filters, on a real mongod."""

from datetime import UTC

import pytest

from crm import audience_sets, segments
from crm.fields import folded_document
from crm.rules.parse import MAX_DEPTH
from crm.stores import audiences
from crm.stores.connection import Stores
from tests.rule_cases import ATTRIBUTES, CASES, CUSTOMERS, NOW, WORLD
from tests.rule_world import parsed, store


@pytest.fixture
def customers(stores: Stores) -> Stores:
    stores.collection("customers").insert_many(
        {"_id": name, **customer, "folded": folded_document(customer, ATTRIBUTES.values())}
        for name, customer in CUSTOMERS.items()
    )
    return stores


def test_the_filter_agrees_with_the_case_file(stores: Stores):
    store(stores, WORLD)
    wrong = {}
    for case in CASES:
        rule = parsed(WORLD, case.rule)
        sets = audience_sets.resolve(stores, rule, now=case.now, zone=case.zone)
        every = audience_sets.queries(rule, sets, now=case.now, zone=case.zone)
        found = {key for query in every for key in audiences.ids(stores, query)}
        if found != set(case.matches):
            wrong[case.name] = sorted(found)
    assert wrong == {}


@pytest.mark.parametrize("join", ["AND", "OR", "NOT"])
def test_the_deepest_tree_is_taken_by_mongodb(customers: Stores, join: str):
    tree = {"type": "condition", "field": "totalSpent", "operator": "notIn", "value": [5, 6]}
    for _ in range(MAX_DEPTH - 1):
        tree = {"type": "group", "operator": join, "conditions": [tree]}
    query = segments.to_filter(segments.parse(tree), now=NOW, zone=UTC)
    count = customers.collection("customers").count_documents(query)
    assert count == (0 if join == "NOT" else len(CUSTOMERS))  # 49 negations are one


def test_a_number_that_is_none_counts_as_missing(stores: Stores):
    stores.collection("customers").insert_one({"_id": "x", "totalSpent": float("nan")})
    expectations = [("isSet", None, 0), ("equals", 0, 0), ("lessThan", 5, 0), ("notEquals", 5, 1)]
    for operator, value, expected in expectations:
        tree = {"type": "condition", "field": "totalSpent", "operator": operator, "value": value}
        query = segments.to_filter(segments.parse(tree), now=NOW, zone=UTC)
        assert stores.collection("customers").count_documents(query) == expected, operator


def test_a_rule_on_e_mail_uses_its_index(customers: Stores):
    tree = {"type": "condition", "field": "email", "operator": "equals", "value": "NEW@example.com"}
    query = segments.to_filter(segments.parse(tree), now=NOW, zone=UTC)
    plan = customers.collection("customers").find(query).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
