"""One reader a partition, shared fairly, for as long as readers say that they live."""

import threading
from typing import Any

import pytest

from crm.stores import leases, streams
from crm.stores.connection import Stores
from tests.integration.working import working
from tests.waiting import until
from workers.consumer import Role

NAMES = tuple("abcdefgh")


def share(stores: Stores, consumer: str, lasts: float = 60) -> set[str]:
    return set(leases.share(stores, "test", NAMES, consumer, lasts))


def test_a_lone_reader_has_every_partition(stores: Stores) -> None:
    assert share(stores, "one") == set(NAMES)


def test_a_newcomer_gets_his_share_and_no_partition_has_two_readers(stores: Stores) -> None:
    share(stores, "one")
    assert share(stores, "two") == set()  # nothing is free as yet
    first, second = share(stores, "one"), share(stores, "two")
    assert len(first) == len(second) == 4
    assert not first & second


def test_more_readers_than_partitions_wait_their_turn(stores: Stores) -> None:
    readers = [str(number) for number in range(10)]
    for _ in range(2):
        held = [share(stores, reader) for reader in readers]
    assert sorted(name for names in held for name in names) == sorted(NAMES)
    assert max(map(len, held)) == 1


def test_who_leaves_or_falls_silent_frees_his_partitions(stores: Stores) -> None:
    share(stores, "one", lasts=0.05)
    until(lambda: share(stores, "two") == set(NAMES))
    leases.leave(stores, "test", NAMES, "two")
    assert share(stores, "three") == set(NAMES)


@pytest.mark.parametrize("threads", [1, 2])
def test_two_leased_workers_handle_everything_once_and_never_one_stream_at_once(
    stores: Stores, threads: int
) -> None:
    busy: dict[str, threading.Thread] = {}
    seen: list[tuple[str, int]] = []
    lock = threading.Lock()

    def handle(_: Stores, payloads: list[Any]) -> None:
        mine, me = {name for name, _ in payloads}, threading.current_thread()
        with lock:
            assert all(busy.setdefault(stream, me) is me for stream in mine)
        seen.extend((name, number) for name, number in payloads)
        with lock:
            for stream in mine:
                del busy[stream]

    names = [f"test-{number}" for number in range(threads)]
    roles = [Role(name, NAMES[:4], handle, count=2, leased=True, readers="test") for name in names]
    with working(stores, roles), working(stores, roles):
        for name in NAMES[:4]:
            streams.publish(stores, name, [[name, number] for number in range(40)])
        until(lambda: len(seen) == 160)
    assert len(set(seen)) == 160
