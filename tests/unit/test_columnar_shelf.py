"""The shelf of parts: what was put there last is what is read, however it got there."""

import random
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from crm import segments
from crm.audience_charts import asked as charted
from crm.columnar import encode
from crm.columnar.evaluate import evaluate
from crm.columnar.facts import gather
from crm.columnar.shelf import Shelf
from crm.distributions import Values
from crm.fields import FIELDS, Field, FieldType, folded_document
from tests.columnar_world import ids

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {field.name: field.type.value for field in FIELDS.values()}


def person(number: int, spent: float) -> dict[str, object]:
    found = {
        "_id": f"{number:024x}",
        "name": f"Person {number}",
        "city": f"City {number % 3}",
        "totalSpent": spent,
    }
    return {**found, "folded": folded_document(found)}


def order(number: int, customer: int, total: float) -> dict[str, object]:
    lines = [{"productId": f"p{number % 4}", "name": f"Mug {number % 4}", "quantity": 1}]
    return {"_id": f"o{number}", "customerId": f"{customer:024x}", "total": total, "status": "paid",
            "createdAt": NOW, "products": lines}  # fmt: skip


def wide(people: list[dict[str, object]], orders: list[dict[str, object]]):
    return encode.customers(people, FIELDS.values()), *encode.orders(orders)


def spent_over(shelf: Shelf, amount: float) -> set[str]:
    rule = segments.parse(
        {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": amount}
    )
    state = shelf.state()
    assert state is not None
    return ids(state, evaluate(state, rule, now=NOW, zone=UTC).selected)


def order_totals(shelf: Shelf) -> dict[str, float]:
    """Per customer, the sum of the totals of the orders that still count."""
    sums: dict[str, float] = {}
    state = shelf.state()
    assert state is not None
    for part, live in state.parts:
        ids = part.ids()
        for row, total in zip(part.orders["customer"], part.orders["total"], strict=True):
            if live is None or live[row]:
                sums[ids[row]] = sums.get(ids[row], 0) + total
    return sums


def test_an_empty_shelf_has_no_state(tmp_path: Path):
    assert Shelf(tmp_path / "none").state() is None


def test_a_changed_customer_counts_once_and_a_deleted_one_no_more(tmp_path: Path):
    shelf = Shelf(tmp_path)
    shelf.replace(
        [wide([person(n, n) for n in range(10)], [])], as_of=NOW, token=None, fields=KINDS, source="test"
    )
    changed = pl.Series("_id", [f"{n:024x}" for n in (3, 9, 77)])
    shelf.change(changed, wide([person(3, 100), person(77, 100)], []), as_of=NOW, token="t")
    assert spent_over(shelf, 7) == {f"{n:024x}" for n in (3, 8, 77)}
    assert shelf.state().total == 10
    assert shelf.manifest().token == "t"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_changes_end_as_if_all_had_been_written_at_once(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    shelf = Shelf(tmp_path)
    people = {n: person(n, n) for n in range(50)}
    orders = {n: [order(n, n, 5.5)] for n in range(0, 50, 2)}
    flat = [one for each in orders.values() for one in each]
    shelf.replace([wide(list(people.values()), flat)], as_of=NOW, token=None, fields=KINDS, source="test")
    for step in range(30):
        ids = chance.sample(range(80), chance.randrange(1, 12))
        for n in ids:
            if chance.random() < 0.3:
                people.pop(n, None)
                orders.pop(n, None)
            else:
                people[n] = person(n, chance.randrange(100))
                orders[n] = [order(step, n, chance.randrange(50)) for _ in range(chance.randrange(4))]
        fresh = [people[n] for n in ids if n in people]
        bought = [one for n in ids for one in orders.get(n, [])]
        changed = pl.Series("_id", [f"{n:024x}" for n in ids])
        shelf.change(changed, wide(fresh, bought), as_of=NOW, token=None)
    assert spent_over(shelf, 50) == {one["_id"] for one in people.values() if one["totalSpent"] > 50}
    expected = {f"{n:024x}": sum(o["total"] for o in found) for n, found in orders.items() if found}
    assert order_totals(shelf) == expected
    assert len(shelf.manifest().parts) <= 7
    assert len(list(tmp_path.glob("part-*"))) == len(shelf.manifest().parts)


def refunds_and_lines(shelf: Shelf) -> dict[int, tuple[float | None, list[tuple[object, ...]]]]:
    """By order key: what was given back, and the lines with their prices."""
    found: dict[int, tuple[float | None, list[tuple[object, ...]]]] = {}
    state = shelf.state()
    assert state is not None
    for part, live in state.parts:
        _, orders, lines = part.wide(np.ones(len(part), bool) if live is None else np.array(live))
        kept = orders.select("key", pl.col("refund").fill_nan(None)).rows()
        for number, (key, refund) in enumerate(kept):
            mine = lines.filter(pl.col("order") == number).select("product", "category", "price")
            found[key] = refund, mine.fill_nan(None).rows()
    return found


def test_refunds_prices_and_names_as_written_stay_with_their_orders(tmp_path: Path):
    chance = random.Random(4)
    names, spelled = ["Mug", "mug ", "Tea", None], ["Kitchen", "KITCHEN", None]
    shelf = Shelf(tmp_path)
    shelf.replace([wide([person(0, 0)], [])], as_of=NOW, token=None, fields=KINDS, source="test")
    expected = {}
    for n in range(40):
        lines = [
            {"name": chance.choice(names), "category": chance.choice(spelled), "quantity": 1,
             "price": chance.choice([2.5, 2.55, 0, None])}
            for _ in range(chance.randrange(3))
        ]  # fmt: skip
        refund = chance.choice([None, 0, 1.5, 0.1])
        bought = {**order(n, n, 9.99), "products": lines, "refunded": refund}
        changed = pl.Series("_id", [f"{n:024x}"])
        shelf.change(changed, wide([person(n, n)], [bought]), as_of=NOW, token=None)
        (key,) = encode.order_keys([bought["_id"]])
        rows = [(line["name"], line["category"], line["price"]) for line in lines]
        expected[key] = refund or None, rows
    assert refunds_and_lines(shelf) == expected


def test_an_order_marked_as_refunded_without_an_amount_was_refunded_in_full():
    refunded, partly = ({**order(n, 1, 12.5), "status": "refunded"} for n in range(2))
    frame, _ = encode.orders([refunded, {**partly, "refunded": 2.0}])
    assert frame["refund"].to_list() == [12.5, 2.0]


def test_two_readers_share_what_one_writes(tmp_path: Path):
    writer, reader = Shelf(tmp_path), Shelf(tmp_path)
    writer.replace([wide([person(1, 10)], [])], as_of=NOW, token=None, fields=KINDS, source="test")
    assert spent_over(reader, 5) == {f"{1:024x}"}
    writer.replace([wide([person(2, 10)], [])], as_of=NOW, token=None, fields=KINDS, source="test")
    assert spent_over(reader, 5) == {f"{2:024x}"}


COLOUR = Field("colour", FieldType.TEXT, "colour", key="a1")
SCORE = Field("$score", FieldType.NUMBER, "$score", key="a2")
SINCE = Field("since", FieldType.DATE, "since", key="a3")
LOYAL = Field("loyal", FieldType.BOOLEAN, "loyal", key="a4")
LIKES = Field("../likes", FieldType.TAGS, "likes", key="a5")
ATTRIBUTES = (COLOUR, SCORE, SINCE, LOYAL, LIKES)
ALL = {**FIELDS, **{field.name: field for field in ATTRIBUTES}}


def with_attributes(number: int) -> dict[str, object]:
    found = person(number, number)
    found["attributes"] = {"a1": "Red", "a2": number, "a3": NOW, "a4": False, "a5": ["Tea", "Go"]}
    return {**found, "folded": folded_document(found, ATTRIBUTES)}


def asked(shelf: Shelf, name: str, operator: str, value: object = None) -> set[str]:
    tree = {"type": "condition", "field": name, "operator": operator, "value": value}
    state = shelf.state()
    assert state is not None
    return ids(state, evaluate(state, segments.parse(tree, ALL), now=NOW, zone=UTC).selected)


@pytest.mark.parametrize("changes", [1, 12])  # a part beside the old one, and parts that were merged with it
def test_parts_with_an_attribute_and_without_it_answer_together(tmp_path: Path, changes: int):
    shelf = Shelf(tmp_path)
    before = wide([person(n, n) for n in range(40, 45)], [])
    shelf.replace([before], as_of=NOW, token=None, fields=KINDS, source="test")
    for n in range(changes):
        people = encode.customers([with_attributes(n)], ALL.values())
        changed = pl.Series("_id", [f"{n:024x}"])
        shelf.change(changed, (people, *encode.orders([])), as_of=NOW, token=None)
    later, earlier = ({f"{n:024x}" for n in some} for some in (range(changes), range(40, 45)))
    positive = [("colour", "equals", "RED"), ("$score", "lessThan", 40), ("since", "monthIs", [1]),
                ("loyal", "equals", False), ("../likes", "containsAny", ["tea"])]  # fmt: skip
    for name, operator, value in positive:
        assert asked(shelf, name, operator, value) == later, name
        assert asked(shelf, name, "isNotSet") == earlier, name
    assert not list(tmp_path.rglob("*likes*"))  # no name of an attribute names a file


def test_an_attribute_that_nobody_has_takes_no_column(tmp_path: Path):
    shelf = Shelf(tmp_path)
    people = encode.customers([person(1, 1)], ALL.values())
    shelf.replace([(people, *encode.orders([]))], as_of=NOW, token=None, fields=KINDS, source="test")
    state = shelf.state()
    assert state is not None
    part = state.parts[0][0]
    assert not [name for name in part.customers.columns if name.startswith("a1")]
    facts = gather(
        state, segments.parse({"type": "top", "n": 3, "by": "$score", "of": {"type": "everyone"}}, ALL),
        now=NOW, zone=UTC, distributions=[charted(field, ZoneInfo("UTC")) for field in ATTRIBUTES],
    )  # fmt: skip
    assert facts.size == 0


def test_a_chart_of_text_that_hardly_repeats_counts_every_value(tmp_path: Path):
    shelf = Shelf(tmp_path)
    people = [person(n % 5000, n) | {"_id": f"{n:024x}"} for n in range(5001)]
    shelf.replace([wide(people, [])], as_of=NOW, token=None, fields=KINDS, source="test")
    state = shelf.state()
    assert state is not None
    facts = gather(
        state, segments.parse({"type": "everyone"}), now=NOW, zone=UTC, distributions=[Values("name")]
    )
    counts = facts.bars[Values("name")]
    assert (len(counts), counts["person 0"], counts["person 1"]) == (5000, 2, 1)


def test_no_merge_takes_more_customers_at_once_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("crm.columnar.shelf._AT_ONCE", 10)
    shelf = Shelf(tmp_path)
    many = wide([person(n, n) for n in range(35)], [])
    shelf.replace([many], as_of=NOW, token=None, fields=KINDS, source="test")
    gone = pl.Series("_id", [f"{n:024x}" for n in range(0, 35, 3)])  # so many that the part is written anew
    shelf.change(gone, wide([], []), as_of=NOW, token=None)
    for n in range(40, 70):
        added = pl.Series("_id", [f"{n:024x}"])
        shelf.change(added, wide([person(n, n)], []), as_of=NOW, token=None)
    state = shelf.state()
    assert state is not None
    expected = {f"{n:024x}" for n in (*(n for n in range(35) if n % 3), *range(40, 70))}
    assert asked(shelf, "name", "isSet") == expected
    assert max(len(part) for part, _ in state.parts) == 10
    assert len(state.parts) < 15
