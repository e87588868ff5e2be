"""The snapshot follows MongoDB: changes, deletions, late commits, a lost feed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm import attributes, rulebook, segments
from crm.attributes import Found
from crm.columnar import encode, parts
from crm.columnar.bins import Bins
from crm.columnar.encode import order_keys
from crm.columnar.evaluate import evaluate
from crm.columnar.shelf import Shelf
from crm.fields import FieldType, folded_document
from crm.snapshot import Keeper
from crm.stores import changes
from crm.stores.connection import Stores
from tests.columnar_world import ids
from tests.snapshot_content import content, kept, truth
from tests.waiting import until

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RICH = {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}


def person(key: str, spent: float) -> dict[str, object]:
    found = {"_id": key, "name": f"Person {key}", "totalSpent": spent, "orderCount": 0}
    return {**found, "folded": folded_document(found)}


def rich(shelf: Shelf) -> set[str]:
    state = shelf.state()
    if state is None:
        return set()
    return ids(state, evaluate(state, segments.parse(RICH), now=NOW, zone=UTC).selected)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_changes_and_deletions_arrive(stores: Stores, shelf: Shelf):
    people = stores.collection("customers")
    people.insert_many([person("a", 2000), person("b", 10), person("c", 3000)])
    with kept(stores, shelf):
        assert rich(shelf) == {"a", "c"}
        people.update_one({"_id": "b"}, {"$set": {"totalSpent": 5000}})
        people.delete_one({"_id": "c"})
        people.insert_one(person("d", 9000))
        until(lambda: rich(shelf) == {"a", "b", "d"})


def test_a_late_commit_arrives(stores: Stores, shelf: Shelf):
    """A transaction that began before the others were seen and commits after them."""
    people = stores.collection("customers")
    with kept(stores, shelf), stores.session() as session:
        session.start_transaction()
        people.insert_one(person("late", 2000), session=session)
        people.insert_one(person("early", 2000))
        until(lambda: rich(shelf) == {"early"})
        session.commit_transaction()
        until(lambda: rich(shelf) == {"early", "late"})


def bought(key: str, total: float) -> dict[str, object]:
    fixed = {"customerId": "a", "status": "placed", "createdAt": NOW, "products": []}
    return {"_id": key, "total": total, **fixed}


def amounts(shelf: Shelf) -> list[float]:
    """What the orders of everybody came to, ascending."""
    state = shelf.state()
    return sorted(
        total
        for part, live in (state.parts if state else ())
        for row, total in zip(part.orders["customer"], part.orders["total"], strict=True)
        if live is None or live[row]
    )


def test_an_order_brings_its_customer_up_to_date(stores: Stores, shelf: Shelf):
    stores.collection("customers").insert_one(person("a", 0))
    with kept(stores, shelf):
        stores.collection("orders").insert_one(bought("o1", 12.5))
        until(lambda: amounts(shelf) == [12.5])
        stores.collection("orders").update_one({"_id": "o1"}, {"$set": {"total": 20.0}})
        until(lambda: amounts(shelf) == [20.0])
        stores.collection("orders").insert_one(bought("o2", 30.0))
        until(lambda: amounts(shelf) == [20.0, 30.0])


def test_orders_that_are_told_of_twice_are_there_once(stores: Stores, shelf: Shelf):
    stores.collection("customers").insert_one(person("a", 0))
    with kept(stores, shelf):
        before = changes.position(stores)
        stores.collection("orders").insert_many([bought("o1", 10.0), bought("o2", 20.0)])
        until(lambda: amounts(shelf) == [10.0, 20.0])
    shelf.touch(as_of=NOW, token=before)
    stores.collection("orders").insert_one(bought("o3", 30.0))
    with kept(stores, shelf):
        until(lambda: amounts(shelf) == [10.0, 20.0, 30.0])


def test_two_orders_whose_numbers_are_the_same_are_both_there(stores: Stores, shelf: Shelf):
    """The number that finds an order again is one of four billion."""
    one, other = "plumless", "buckeroo"
    assert order_keys([one])[0] == order_keys([other])[0]
    stores.collection("customers").insert_one(person("a", 0))
    with kept(stores, shelf):
        stores.collection("orders").insert_one(bought(one, 10.0))
        until(lambda: amounts(shelf) == [10.0])
        stores.collection("orders").insert_one(bought(other, 20.0))
        until(lambda: amounts(shelf) == [10.0, 20.0])


def test_a_feed_goes_on_after_its_cursor_was_killed(stores: Stores):
    with changes.feed(stores, changes.position(stores)) as feed:
        feed.read(10, 1.0)
        stores.db.command({"killCursors": "$cmd.aggregate", "cursors": [feed._cursor]})
        stores.collection("customers").insert_one(person("a", 0))
        assert feed.read(10, 1.0).customer_ids == {"a"}


def test_totals_that_orders_move_arrive_and_the_rest_stays(stores: Stores, shelf: Shelf):
    people, orders = stores.collection("customers"), stores.collection("orders")
    people.insert_many([person("a", 0), person("b", 2000)])
    order = {"_id": "o1", "customerId": "a", "total": 1500.0, "status": "placed", "createdAt": NOW}
    with kept(stores, shelf):
        assert rich(shelf) == {"b"}
        with stores.session() as session, session.start_transaction():
            orders.insert_one({**order, "products": []}, session=session)
            moved = {"orderCount": 1, "totalSpent": 1500.0, "lastOrdered": NOW}
            people.update_one({"_id": "a"}, {"$set": moved}, session=session)
        until(lambda: rich(shelf) == {"a", "b"})
    state = shelf.state()
    assert state is not None
    names = {"type": "condition", "field": "name", "operator": "equals", "value": "person a"}
    chosen = evaluate(state, segments.parse(names), now=NOW, zone=UTC).selected
    assert ids(state, chosen) == {"a"}


def test_an_opening_balance_that_changes_arrives(stores: Stores, shelf: Shelf):
    people = stores.collection("customers")
    people.insert_one(person("a", 0))
    with kept(stores, shelf):
        balance = {"at": NOW, "orderCount": 3, "totalSpent": 1500.0}
        opened = {"opening": balance, "orderCount": 3, "totalSpent": 1500.0}
        people.update_one({"_id": "a"}, {"$set": opened})
        until(lambda: rich(shelf) == {"a"})


def test_what_changed_while_nobody_watched_arrives_later(stores: Stores, shelf: Shelf):
    people = stores.collection("customers")
    people.insert_one(person("a", 2000))
    with kept(stores, shelf):
        pass
    people.insert_one(person("b", 2000))
    with kept(stores, shelf):
        until(lambda: rich(shelf) == {"a", "b"})


def test_a_lost_feed_is_read_anew(stores: Stores, shelf: Shelf):
    people = stores.collection("customers")
    people.insert_one(person("a", 2000))
    with kept(stores, shelf):
        pass
    manifest = shelf.manifest()
    assert manifest is not None
    shelf.touch(as_of=manifest.as_of, token=_long_gone())
    people.insert_one(person("b", 2000))
    with kept(stores, shelf):
        until(lambda: rich(shelf) == {"a", "b"})


def _long_gone() -> str:
    """A position from before the oplog began."""
    from bson import Timestamp

    return changes._encode({"at": Timestamp(1_000_000_000, 1)})


COLOURED = {"type": "condition", "field": "colour", "operator": "equals", "value": "RED"}
FLAGGED = {"type": "condition", "field": "is vip", "operator": "notEquals", "value": True}


def test_an_attribute_that_was_discovered_later_arrives(stores: Stores, shelf: Shelf):
    people = stores.collection("customers")
    people.insert_many([person("a", 2000), person("b", 10)])
    with kept(stores, shelf):
        found = attributes.discover(
            stores, [Found("colour", FieldType.TEXT), Found("is vip", FieldType.BOOLEAN)], now=NOW
        )
        colour, vip = found["colour"], found["isvip"]
        mine = {"_id": "c", "attributes": {colour.key: "Red ", vip.key: True}, "tags": []}
        people.insert_one({**mine, "folded": folded_document(mine, found.values())})

        def selected(tree: dict[str, object]) -> set[str]:
            state = shelf.state()
            rule = rulebook.parse(stores, tree)
            return ids(state, evaluate(state, rule, now=NOW, zone=UTC).selected) if state else set()

        until(lambda: selected(COLOURED) == {"c"})
        assert selected(FLAGGED) == {"a", "b"}
    Keeper(stores, shelf).rebuild()
    assert selected(COLOURED) == {"c"}
    assert selected(FLAGGED) == {"a", "b"}


def test_a_shop_of_several_parts_is_read_whole(stores: Stores, shelf: Shelf, tmp_path: Path):
    stores.collection("customers").insert_many([person(key, 2000) for key in "abcdefg"])
    lines = [{"productId": "P1", "name": "Tea", "quantity": 2, "price": 1.5}]
    stores.collection("orders").insert_many(
        [bought(f"o{number}", number) | {"customerId": key, "products": lines * (number % 3)}
         for number, key in enumerate("gabcdefgzab")]
    )  # fmt: skip
    whole = truth(stores, tmp_path / "whole")
    (tmp_path / "aside").mkdir()
    (tmp_path / "aside" / "left by one that was killed").touch()
    Keeper(stores, shelf, at_once=3).rebuild()
    manifest = shelf.manifest()
    assert [one.rows for one in manifest.parts] == [3, 3, 1]
    assert content(shelf) == whole
    assert not (tmp_path / "aside").exists()


def test_orders_that_no_customer_has_are_dropped_and_the_others_wait_in_their_bin(tmp_path: Path):
    bins = Bins(tmp_path, ["b", "d"], most=2)
    for key in "adzcb":
        bins.add(*encode.orders([bought(f"o-{key}", 1.0) | {"customerId": key, "products": [{"name": key}]}]))
    found = [parts.bought_together(bins.take(number)) for number in (0, 1)]
    assert [orders["customerId"].to_list() for orders, _ in found] == [["a", "b"], ["d", "c"]]
    assert [lines["product"].to_list() for _, lines in found] == [["a", "b"], ["d", "c"]]
    assert [lines["order"].to_list() for _, lines in found] == [[0, 1], [0, 1]]
    assert list(tmp_path.iterdir()) == []
