"""The columnar engine means what the plain-Python oracle says."""

import tempfile
from datetime import tzinfo
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import segments
from crm.columnar import encode, parts
from crm.columnar.evaluate import evaluate
from crm.fields import FIELDS, folded_document
from tests.oracle import matches
from tests.properties.rule_strategies import NOW, ZONES, conditions, crowd, trees

USED = ["name", "city", "age", "tags", "totalSpent", "lastActive", "accountCreated", "isInactive"]
_SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def part(people: list[dict[str, Any]]) -> parts.Part:
    """These people as a part, rows in their order."""
    documents = [
        {"_id": f"{number:024x}", **person, "folded": folded_document(person)}
        for number, person in enumerate(people)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part"
        parts.write(path, encode.customers(documents, FIELDS.values()), *encode.orders([]))
        return parts.read(path)


def selected(crowd_part: parts.Part, tree: dict[str, Any], zone: tzinfo) -> set[int]:
    mask = evaluate(crowd_part, segments.parse(tree), now=NOW, zone=zone).selected
    return set(mask.nonzero()[0].tolist())


@_SETTINGS
@given(
    seed=st.integers(0, 2**32),
    rules=st.lists(st.one_of(conditions(USED), trees(USED)), min_size=5, max_size=10),
    zone=ZONES,
)
def test_the_columns_select_whom_the_oracle_does(seed: int, rules: list[dict[str, Any]], zone: tzinfo):
    people = crowd(seed, USED)
    columns = part(people)
    for tree in rules:
        expected = {number for number, one in enumerate(people) if matches(tree, one, NOW, zone)}
        found = selected(columns, tree, zone)
        difference = [people[number] for number in sorted(found ^ expected)]
        assert difference == [], (tree, segments.describe(segments.parse(tree)))


_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@_SETTINGS
@given(texts=st.lists(_TEXTS.filter(str.strip), min_size=1, max_size=10))
def test_text_matches_itself_literally(texts: list[str]):
    columns = part([{"name": text} for text in texts])
    for number, text in enumerate(texts):
        for operator in ("equals", "contains", "startsWith", "endsWith"):
            tree = {"type": "condition", "field": "name", "operator": operator, "value": text}
            assert number in selected(columns, tree, NOW.tzinfo), operator
