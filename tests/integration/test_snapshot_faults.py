"""Whatever happens to the stores, the files or the clock: the snapshot ends equal to MongoDB, row by row."""

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm import snapshot
from crm.columnar import lock
from crm.columnar.shelf import Shelf
from crm.fields import folded_document
from crm.ingestion.records import folded_line
from crm.moment import utc_now
from crm.settings import Endpoints, Settings
from crm.snapshot import Keeper
from crm.stores import changes, indexes
from crm.stores.connection import Stores, connect
from embedded import ports
from embedded.mongod import Mongod
from embedded.process import launch
from tests.snapshot_content import content, content_of, kept, truth
from tests.waiting import until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def person(number: int, chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {
        "_id": f"{number:024x}", "name": f"Person {number}", "city": chance.choice(["Pune", "Delhi", "Łódź"]),
        "tags": chance.sample(["vip", "app", "new"], 2), "totalSpent": chance.randrange(4000) / 4,
        "orderCount": chance.randrange(9), "lastOrdered": NOW - timedelta(days=chance.randrange(300)),
        "isInactive": chance.random() < 0.5, "bucket": chance.randrange(10_000),
    }  # fmt: skip
    return {**found, "folded": folded_document(found)}


def order(number: int, customer: int, chance: random.Random) -> dict[str, Any]:
    lines = [
        {
            "productId": f"p{chance.randrange(5)}",
            "name": chance.choice(["Mug", "TEA "]),
            "quantity": 1,
            "price": chance.randrange(9) / 4,
        }
        for _ in range(chance.randrange(3))
    ]
    return {
        "_id": f"o{number}", "customerId": f"{customer:024x}", "createdAt": NOW - timedelta(days=number % 90),
        "total": chance.randrange(400) / 4, "status": chance.choice(["paid", "cancelled"]),
        "products": [{**line, "folded": folded_line(line)} for line in lines],
        **chance.choice([{}, {"refunded": chance.randrange(200) / 8}, {"status": "refunded"}]),
    }  # fmt: skip


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
def shop(stores: Stores, chance: random.Random) -> Stores:
    """Forty customers with a hundred orders."""
    stores.db.customers.insert_many([person(number, chance) for number in range(40)])
    stores.db.orders.insert_many([order(number, chance.randrange(40), chance) for number in range(100)])
    return stores


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "snapshot")


def ends_equal(stores: Stores, shelf: Shelf, tmp_path: Path) -> None:
    expected = truth(stores, tmp_path / "anew")
    until(lambda: content(shelf) == expected)


def some_changes(stores: Stores, chance: random.Random, steps: int) -> None:
    """Of every kind, and none of them tells of what it does to the other collection."""
    people, orders = stores.db.customers, stores.db.orders
    for step in range(steps):
        customer, number = chance.randrange(50), chance.randrange(150)
        key, reference = f"{customer:024x}", f"o{number}"
        match step % 9:
            case 0:
                people.replace_one({"_id": key}, person(customer, chance), upsert=True)
            case 1:
                people.update_one({"_id": key}, {"$set": {"totalSpent": step, "city": 7, "tags": []}})
            case 2:
                people.delete_one({"_id": key})
            case 3:
                orders.replace_one({"_id": reference}, order(number, customer, chance), upsert=True)
            case 4:
                orders.update_one({"_id": reference}, {"$set": {"total": step, "products": []}})
            case 5:
                orders.update_one({"_id": reference}, {"$set": {"customerId": key}})
            case 6:
                orders.delete_one({"_id": reference})
            case 7:
                orders.delete_many({"customerId": key})
            case 8:
                people.update_many({"city": "Pune"}, {"$unset": {"city": "", "folded.city": ""}})


@pytest.mark.parametrize(
    "how",
    [{}, {"most": 3}, {"most": 3, "hopeless": 0.0}],
    ids=["taken in together", "a few at once", "read anew for being behind"],
)
def test_changes_of_every_kind(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random, how: dict[str, Any]
) -> None:
    with kept(shop, shelf, **how):
        some_changes(shop, chance, 180)
        ends_equal(shop, shelf, tmp_path)


def test_a_transaction_that_commits_after_one_that_began_later(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random
) -> None:
    with kept(shop, shelf), shop.session() as early, shop.session() as late:
        early.start_transaction()
        shop.db.customers.insert_one(person(100, chance), session=early)
        shop.db.orders.insert_one(order(900, 100, chance), session=early)
        shop.db.orders.delete_many({"customerId": f"{3:024x}"}, session=early)
        late.start_transaction()
        shop.db.customers.insert_one(person(101, chance), session=late)
        late.commit_transaction()
        until(lambda: f"{101:024x}" in content(shelf))
        early.commit_transaction()
        ends_equal(shop, shelf, tmp_path)


def test_a_state_holds_all_that_was_acknowledged_before_its_as_of(
    shop: Stores, shelf: Shelf, chance: random.Random
) -> None:
    """While more changes come than are taken in at once, too."""
    acknowledged: list[tuple[datetime, str]] = []

    def write() -> None:
        for number in range(1000, 1200):
            shop.db.customers.insert_one(person(number, chance))
            acknowledged.append((utc_now(), f"{number:024x}"))

    writer = threading.Thread(target=write)
    seen = 0
    with kept(shop, shelf, most=5):
        writer.start()
        while seen < 5 or len(content(shelf)) < 240:
            state = shelf.state()
            assert state is not None
            known = list(acknowledged)
            there = content_of(state)
            assert {key for at, key in known if at < state.as_of} <= set(there)
            seen += len(there) not in (40, 240)
            if len(there) == 240:
                break
        writer.join()
    assert seen  # states in the middle of it


@pytest.mark.parametrize(
    "lose",
    [
        lambda stores: stores.db.drop_collection("customers"),
        lambda stores: stores.client.drop_database(stores.db.name),
        lambda stores: stores.db.customers.rename("elsewhere"),
        lambda stores: list(stores.db.customers.aggregate([{"$limit": 9}, {"$out": "customers"}])),
    ],
    ids=["dropped", "database dropped", "renamed", "replaced by another"],
)
def test_a_collection_that_goes(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random, lose: Callable[[Stores], object]
) -> None:
    with kept(shop, shelf):
        until(lambda: len(content(shelf)) == 40)
        lose(shop)
        indexes.ensure(shop)
        shop.db.customers.insert_one(person(500, chance))
        ends_equal(shop, shelf, tmp_path)


@pytest.fixture
def short_memory(tmp_path: Path) -> Iterator[Stores]:
    """Stores of their own whose oplog holds next to nothing."""

    class Forgetful(Mongod):
        def command(self) -> list[str]:
            words = Mongod.command(self)
            words[words.index("--oplogSize") + 1] = "1"
            return [*words, "--syncdelay", "1"]  # what no checkpoint holds is never cut off

    mongod = Forgetful(tmp_path / "mongod", ports.free(), cache_gb=0.25)
    process = launch(mongod.command(), tmp_path / "mongod.log", grace=mongod.grace)
    try:
        mongod.await_ready(process)
        stores = connect(Endpoints(mongod.address, "redis://127.0.0.1:1"), "shop", "shop:")
        yield stores
        stores.close()
    finally:
        process.stop()


def test_a_gap_in_the_oplog(
    short_memory: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random
) -> None:
    stores = short_memory
    stores.db.customers.insert_many([person(number, chance) for number in range(40)])
    with kept(stores, shelf):
        until(lambda: len(content(shelf)) == 40)
    some_changes(stores, chance, 20)
    before = _oldest_kept(stores)
    until(lambda: _push_out(stores) and _oldest_kept(stores) > before, interval=0.2)
    with kept(stores, shelf):
        ends_equal(stores, shelf, tmp_path)


def _push_out(stores: Stores) -> bool:
    stores.db.noise.insert_many([{"text": "x" * 100_000} for _ in range(20)])
    return True


def _oldest_kept(stores: Stores) -> datetime:
    first = stores.client.local["oplog.rs"].find_one(sort=[("$natural", 1)])
    assert first is not None
    return first["wall"]


# Files


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x55
    path.write_bytes(bytes(content))


def _part(folder: Path) -> Path:
    return max(folder.glob("part-*"), key=lambda part: (part / "customers.arrow").stat().st_size)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a column cut short": lambda folder: _cut(_part(folder) / "customers.arrow"),
    "an empty file": lambda folder: (_part(folder) / "orders.arrow").write_bytes(b""),
    "one bit of an order": lambda folder: _flip(_part(folder) / "orders.arrow"),
    "a file that is gone": lambda folder: (_part(folder) / "values-city.arrow").unlink(),
    "a part that is gone": lambda folder: shutil.rmtree(_part(folder)),
    "a bit of a mask": lambda folder: _flip(next(folder.glob("live-*.npy"))),
    "a mask that is gone": lambda folder: next(folder.glob("live-*.npy")).unlink(),
    "half a manifest": lambda folder: _cut(folder / "manifest.json"),
    "another manifest": lambda folder: (folder / "manifest.json").write_bytes(b'{"format": 3, "parts": [1]}'),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "nothing at all": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_files(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random, damage: Callable[[Path], object]
) -> None:
    with kept(shop, shelf):
        shop.db.customers.delete_one({"_id": f"{1:024x}"})
        until(lambda: len(content(shelf)) == 39)
    reader = Shelf(shelf.folder)
    assert len(content(reader)) == 39
    damage(shelf.folder)
    some_changes(shop, chance, 18)
    with kept(shop, Shelf(shelf.folder)):
        ends_equal(shop, reader, tmp_path)


def test_what_a_killed_writer_left_in_the_middle_of_a_change(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random
) -> None:
    with kept(shop, shelf):
        until(lambda: len(content(shelf)) == 40)
    manifest = shelf.manifest()
    assert manifest is not None
    for number in range(manifest.next, manifest.next + 3):
        shutil.copytree(_part(shelf.folder), shelf.folder / f"part-{number}")
        _cut(shelf.folder / f"part-{number}" / "lines.arrow")
        (shelf.folder / f"live-{number}.npy").write_bytes(b"half")
    (shelf.folder / "manifest.json.new").write_bytes(b"half")
    some_changes(shop, chance, 36)
    with kept(shop, Shelf(shelf.folder)):
        ends_equal(shop, shelf, tmp_path)


# Writers, versions, clocks


def test_one_of_two_writers_writes(shop: Stores, shelf: Shelf) -> None:
    with lock.held(shelf.folder / "lock") as first:
        assert first()
        with lock.held(shelf.folder / "lock") as second:
            assert not second()
    with lock.held(shelf.folder / "lock") as third:
        assert third()


def test_whoever_lost_the_lock_with_its_folder_writes_no_more(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random
) -> None:
    with lock.held(shelf.folder / "lock") as first, kept(shop, shelf, ours=first) as keeper:
        shutil.rmtree(shelf.folder)
        with lock.held(shelf.folder / "lock") as second, kept(shop, Shelf(shelf.folder), ours=second):
            assert second() and not first()
            some_changes(shop, chance, 18)
            keeper.follow(threading.Event())  # returns by itself
            ends_equal(shop, shelf, tmp_path)


def test_columns_of_another_version_are_made_anew(shop: Stores, shelf: Shelf, tmp_path: Path) -> None:
    keeper = Keeper(shop, shelf)
    assert keeper.catch_up()
    assert not keeper.catch_up()
    manifest = shelf.manifest()
    assert manifest is not None
    fewer = dict(list(manifest.fields.items())[:-1])
    shelf.replace([], as_of=utc_now(), token=manifest.token, fields=fewer, source=manifest.source)
    assert keeper.catch_up()
    assert content(shelf) == truth(shop, tmp_path / "anew")


def test_a_clock_that_is_put_back(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Settings(data_dir=tmp_path)
    Keeper(shop, snapshot.shelf_of(config)).catch_up()
    shelf = snapshot.shelf_of(config)
    manifest = shelf.manifest()
    assert manifest is not None
    shelf.touch(as_of=utc_now() + timedelta(hours=1), token=manifest.token)  # before it was put back
    assert snapshot.fresh(shop, config, now=utc_now()) is None
    some_changes(shop, chance, 18)
    with kept(shop, shelf):
        ends_equal(shop, shelf, tmp_path)
        until(lambda: snapshot.fresh(shop, config, now=utc_now()))
        assert snapshot.fresh(shop, config, now=utc_now() - timedelta(minutes=5)) is None


_ONE = "461E5F6964002B020004"  # the end of a token of a change of `{_id: 1}`


@pytest.mark.parametrize(
    "position",
    [
        {"_data": "826B088696000000132B022C0100296E5A1004" + "D4F746157A9F4EBCA5D541DC7B57EEF0" + _ONE},
        {"_data": "826B088696000000132B022C0100296E5A1004D4F746157A9F4EBCA5D541DC7B57EEF0461E5F6964002B0004"},
        {"_data": "82FFFFFFFF000000132B0229296E04"},
        {"_data": "8200"},
        {},
        None,
    ],
    ids=["of another oplog", "of no make", "of a later oplog", "cut short", "empty", "unreadable"],
)
def test_a_position_that_no_feed_can_go_on_from(
    shop: Stores, shelf: Shelf, tmp_path: Path, chance: random.Random, position: dict[str, Any] | None
) -> None:
    with kept(shop, shelf):
        pass
    token = "neither base64 nor BSON" if position is None else changes._encode(position)
    shelf.touch(as_of=utc_now(), token=token)
    some_changes(shop, chance, 18)
    with kept(shop, shelf):
        ends_equal(shop, shelf, tmp_path)
