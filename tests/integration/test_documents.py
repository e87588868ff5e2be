"""Documents by the thousand: read as the driver reads them, written all or none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from crm.stores import documents
from crm.stores.connection import Stores
from crm.stores.transactions import transact

SOME = [
    datetime(2025, 1, 31, 23, 59, 59, 999000, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 1000, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
]


def _insert(stores: Stores, found: list[dict[str, Any]]) -> None:
    def work(session: Any) -> None:
        assert documents.read(stores, session, "orders", {"_id": "none"}) == []
        documents.insert(stores, session, "orders", found)

    transact(stores, work)


def test_what_is_read_is_what_the_driver_reads(stores: Stores) -> None:
    deep = {"at": SOME[0], "list": [*SOME, "text", {"at": SOME[1], "list": [[SOME[2]]]}], "none": None}
    stores.db.orders.insert_many(
        [{"_id": f"{number}", "at": at, "deep": deep} for number, at in enumerate(SOME)]
    )
    stores.db.orders.insert_many([{"_id": f"x{number}", "number": number} for number in range(300)])

    read = documents.read(stores, None, "orders", {})

    assert sorted(read, key=str) == sorted(stores.db.orders.find(), key=str)
    assert {one["at"].tzinfo for one in read if "at" in one} == {UTC}


def test_more_than_one_command_takes_is_written_all_the_same(stores: Stores) -> None:
    text = "x" * 1_000_000
    _insert(stores, [{"_id": f"{number}", "text": text} for number in range(60)])
    assert stores.db.orders.count_documents({"text": text}) == 60


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_key_that_is_there_is_an_error_and_nothing_is_written(stores: Stores, size: int) -> None:
    stores.db.orders.insert_one({"_id": "29"})
    with pytest.raises(OperationFailure):
        _insert(stores, [{"_id": f"{number}", "text": "x" * size} for number in range(30)])
    assert stores.db.orders.count_documents({}) == 1


def test_a_key_that_came_since_is_looked_for_again(stores: Stores) -> None:
    looks: list[set[str]] = []

    def work(session: Any) -> None:
        there = {one["_id"] for one in documents.read(stores, session, "orders", {})}
        looks.append(there)
        if len(looks) == 1:
            stores.db.orders.insert_one({"_id": "1"})  # somebody else, after the look
        new = [{"_id": number} for number in ("0", "1", "2") if number not in there]
        documents.insert(stores, session, "orders", new)

    transact(stores, work, look_again=True)

    assert looks == [set(), {"1"}]
    assert stores.db.orders.count_documents({}) == 3
