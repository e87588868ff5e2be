"""Laws of rule trees that need no database."""

import json
import re
from datetime import UTC
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from crm import segments
from crm.errors import InvalidRule
from crm.fields import FIELDS, fold, folded_document
from tests.properties.rule_strategies import NOW, trees

TREES = trees(list(FIELDS))
_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
_words = st.sampled_from(
    ["type", "group", "condition", "everyone", "operator", "AND", "conditions", "field", "city", "equals",
     "value", "age", "between", "inTheLast", "last", "days", "lastActive", "$where", "a.b", "id"]
)  # fmt: skip
JSON = st.recursive(
    st.one_of(_scalars, _words),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(_words, st.text(max_size=3)), inner, max_size=5),
    ),
)


@given(TREES)
def test_dump_gives_back_what_was_parsed(tree: dict[str, Any]):
    before = json.dumps(tree)
    rule = segments.parse(tree)
    assert segments.dump(rule) == tree
    assert segments.parse(segments.dump(rule)) == rule
    assert segments.problems(tree) == []
    assert json.dumps(tree) == before


@given(TREES)
def test_every_rule_has_a_sentence(tree: dict[str, Any]):
    sentence = segments.describe(segments.parse(tree))
    assert sentence.startswith(("Customers who ", "All customers", "No customers"))
    assert "  " not in sentence or "  " in json.dumps(tree, ensure_ascii=False)
    assert not sentence.endswith(" ")


@given(JSON)
def test_any_json_is_a_rule_or_refused_with_the_path_of_its_nodes(tree: Any):
    found = segments.problems(tree)
    if found:
        assert all(re.match(r"rules(\.conditions\[\d+\])*(\.\w+)?$", problem.path) for problem in found)
        assert all(problem.message for problem in found)
    else:
        assert segments.to_filter(segments.parse(tree), now=NOW, zone=UTC) is not None


@given(
    JSON,
    st.sampled_from(list(FIELDS)),
    st.sampled_from(["equals", "in", "between", "olderThan", "contains"]),
)
def test_any_value_is_taken_or_refused(value: Any, field: str, operator: str):
    tree = {"type": "condition", "field": field, "operator": operator, "value": value}
    try:
        rule = segments.parse(tree)
    except InvalidRule as error:
        assert error.path in ("rules.value", "rules.operator")
    else:
        assert segments.to_filter(rule, now=NOW, zone=UTC)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_folding_is_the_same_for_every_writing_of_a_text(text: str):
    assume(fold(text))
    once = fold(text)
    assert fold(f" {text}\n") == once
    assert folded_document({"name": text})["name"] == once
