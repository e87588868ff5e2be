"""A language model can express every rule there is: by its schema, and to the same meaning."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import jsonschema
from hypothesis import example, given
from hypothesis import strategies as st

from crm import segments
from crm.fields import FIELDS, Field, FieldType
from crm.rules.parse import KINDS
from crm.rules.references import Referred
from crm.vendors.proposed_schema import answer
from crm.vendors.proposed_tree import flat, read, renumbered
from tests.properties.rule_strategies import CATALOGUE, rules

SCHEMA = answer(CATALOGUE)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KNOWN = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum"}


class _Things:
    """Whatever a rule refers to is there."""

    def segment(self, segment_id: str) -> Referred:
        return Referred("a segment", {"type": "everyone"})

    def campaign(self, campaign_id: str) -> Referred:
        return Referred("a campaign", variants=("A", "B"))

    def list(self, list_id: str) -> Referred:
        return Referred("a list")


def reply(*nodes: Any) -> dict[str, Any]:
    return {"status": "ok", "question": "", "unknown_terms": [], "assumptions": [], "nodes": list(nodes)}


def meaning(rule: Any) -> Any:
    """A parsed rule without its ids and without the way its values were written."""
    if isinstance(rule, tuple):
        return tuple(meaning(each) for each in rule)
    if not is_dataclass(rule) or isinstance(rule, Field | segments.Operator):
        return rule
    parts = {one.name: meaning(getattr(rule, one.name)) for one in fields(rule)}
    return replace(rule, **parts | {name: None for name in ("raw", "raw_within", "id") if name in parts})


@example({"type": "condition", "field": "name", "operator": "in", "value": "Asha, Bo"})
@given(rules(list(CATALOGUE)))
def test_every_rule_fits_the_schema_and_comes_back_with_its_meaning(tree: dict[str, Any]) -> None:
    given_answer = reply(*flat(tree, lambda kind, key: None))
    VALIDATOR.validate(given_answer)
    back = read(given_answer, CATALOGUE).rules
    assert back is not None
    there, here = (segments.parse(each, CATALOGUE, _Things()) for each in (tree, renumbered(back)))
    assert meaning(here) == meaning(there)


def test_every_kind_of_node_is_in_the_schema() -> None:
    kinds = {name for one in SCHEMA["properties"]["nodes"]["items"]["anyOf"]
             for name in one["properties"]["kind"]["enum"]}  # fmt: skip
    assert kinds == {*KINDS, "AND", "OR", "NOT"} - {"group"}


@given(st.sampled_from(list(CATALOGUE.values())))
def test_every_operator_of_every_field_is_in_the_schema(field: Field) -> None:
    allowed: set[str] = set()
    for one in SCHEMA["properties"]["nodes"]["items"]["anyOf"]:
        parts = one["properties"]
        if parts["kind"]["enum"] == ["condition"] and field.name in parts["field"]["enum"]:
            allowed |= set(parts["operator"]["enum"])
    assert allowed == {row.name for row in segments.operators_for(field)}


def test_the_schema_is_strict_at_every_level_and_says_nothing_that_strict_schemas_do_not_know() -> None:
    levels = [SCHEMA]
    seen = 0
    while levels:
        level = levels.pop()
        seen += 1
        assert set(level) <= KNOWN
        assert None not in level.get("enum", [])
        if level.get("type") == "object":
            assert level["additionalProperties"] is False
            assert level["required"] == list(level["properties"])
        levels += [*level.get("properties", {}).values(), *level.get("anyOf", [])]
        levels += [level["items"]] if "items" in level else []
    assert seen > 50


def test_very_many_attributes_are_let_through_as_text_and_the_schema_stays_small() -> None:
    own = {f"a{n}": Field(f"a{n}", FieldType.TEXT, f"a{n}", key=f"k{n}") for n in range(200)}
    big = str(answer({**FIELDS, **own}))
    assert "'a150'" not in big and "totalSpent" in big
    assert len(big) < 2 * len(str(SCHEMA))
