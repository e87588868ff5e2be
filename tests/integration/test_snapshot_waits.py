"""The snapshot waits while many records come in and nobody looks, and catches up once they are there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crm import giving_way
from crm.columnar.shelf import Shelf
from crm.snapshot import Keeper
from crm.stores import groups, streams
from crm.stores.connection import Stores
from tests.crowd import crowd
from tests.snapshot_content import content, truth
from tests.waiting import until

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@contextmanager
def waiting(stores: Stores, shelf: Shelf) -> Iterator[threading.Event]:
    """A keeper that follows and was told to wait; it goes on when the event is set."""
    go_on, stop, asked = threading.Event(), threading.Event(), threading.Semaphore(0)

    def waits() -> bool:
        asked.release()
        return not go_on.is_set()

    keeper = Keeper(stores, shelf, waits=waits)
    keeper.catch_up()
    thread = threading.Thread(target=keeper.follow, args=(stop,))
    thread.start()
    try:
        for _ in range(2):  # the second time it asks, it waits
            asked.acquire()
        yield go_on
    finally:
        go_on.set()
        stop.set()
        thread.join()


def numbers(shelf: Shelf) -> list[int]:
    """Those of the parts."""
    manifest = shelf.manifest()
    return [placed.number for placed in manifest.parts] if manifest else []


def test_what_came_while_it_waited_arrives_once_it_goes_on(stores: Stores, shelf: Shelf, tmp_path: Path):
    crowd(stores, 20)
    with waiting(stores, shelf) as go_on:
        (before,) = numbers(shelf)
        crowd(stores, 3)
        assert numbers(shelf) == [before]
        go_on.set()
        until(lambda: content(shelf) == truth(stores, tmp_path / "anew"))
        assert before in numbers(shelf)


def test_where_a_fifth_came_all_is_read_anew(stores: Stores, shelf: Shelf, tmp_path: Path):
    crowd(stores, 20)
    with waiting(stores, shelf) as go_on:
        (before,) = numbers(shelf)
        crowd(stores, 5)
        go_on.set()
        until(lambda: content(shelf) == truth(stores, tmp_path / "anew"))
        assert before not in numbers(shelf)


def test_whoever_asks_is_seen_by_another_process(shelf: Shelf):
    other = Shelf(shelf.folder)
    assert not other.asked(MINUTE)
    shelf.ask()
    assert other.asked(MINUTE)
    assert not other.asked(timedelta(0))


def test_it_waits_for_many_entries_of_orders(stores: Stores, shelf: Shelf):
    streams.publish_all(stores, {name: [{}, {}] for name in streams.ORDERS})
    assert giving_way.now(stores, shelf)


def test_it_does_not_wait_for_a_few(stores: Stores, shelf: Shelf):
    streams.publish_all(stores, {name: [{}] for name in streams.ORDERS})
    assert not giving_way.now(stores, shelf)


def test_it_waits_while_a_file_is_read(stores: Stores, shelf: Shelf):
    (entry,) = streams.publish(stores, streams.IMPORTS, [{"importId": "i"}])
    assert giving_way.now(stores, shelf)
    groups.join(stores, [streams.IMPORTS])
    groups.take(stores, "me", [streams.IMPORTS], count=1, wait_ms=1)
    assert giving_way.now(stores, shelf)
    groups.acknowledge(stores, streams.IMPORTS, [entry])
    assert not giving_way.now(stores, shelf)


def test_it_does_not_wait_while_somebody_looks(stores: Stores, shelf: Shelf):
    streams.publish(stores, streams.IMPORTS, [{"importId": "i"}])
    shelf.ask()
    assert not giving_way.now(stores, shelf)
