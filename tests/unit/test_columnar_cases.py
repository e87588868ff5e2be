"""The columnar engine against the case file that every engine answers to."""

from pathlib import Path

import polars as pl

from crm import segments
from crm.columnar import encode, parts
from crm.columnar.evaluate import evaluate
from crm.fields import FIELDS, folded_document
from tests.rule_cases import CASES, CUSTOMERS, NOW, WORLD
from tests.rule_world import parsed

_FIELDS_ALONE = segments.Condition | segments.Group | segments.Everyone


def part(folder: Path) -> parts.Part:
    documents = [
        {"_id": name, **customer, "folded": folded_document(customer)} for name, customer in CUSTOMERS.items()
    ]
    orders, lines = encode.orders([])
    parts.write(folder, encode.customers(documents, FIELDS.values()), orders, lines)
    return parts.read(folder)


def test_the_columns_agree_with_the_case_file(tmp_path: Path):
    crowd = part(tmp_path / "part")
    wrong = {}
    for case in CASES:
        rule = parsed(WORLD, case.rule)
        if not all(isinstance(node, _FIELDS_ALONE) for _, node in segments.walk(rule)):
            continue
        selected = evaluate(crowd, rule, now=NOW, zone=case.zone).selected
        found = set(pl.Series(crowd.ids()).filter(selected).to_list())
        if found != set(case.matches):
            wrong[case.name] = sorted(found)
    assert wrong == {}
