"""The loop of every worker: nothing lost, nothing left, poison put aside."""

import threading
from itertools import pairwise
from typing import Any

from crm.errors import NotYet
from crm.stores import groups, streams
from crm.stores.connection import Stores
from tests.integration.working import working
from tests.waiting import until
from workers.consumer import Policy, Role, pause
from workers.process import Worker


class Handler:
    """Notes what it was given; fails on what the test says, as often as it says."""

    def __init__(self, failing: dict[int, Exception] | None = None, times: int = 10**9) -> None:
        self.seen: list[int] = []
        self.calls: list[list[int]] = []
        self._failing = failing or {}
        self._left = dict.fromkeys(self._failing, times)

    def __call__(self, stores: Stores, payloads: list[Any]) -> None:
        self.calls.append(payloads)
        for payload in payloads:
            if self._left.get(payload):
                self._left[payload] -= 1
                raise self._failing[payload]
        self.seen += payloads


def role(handle: Any, count: int = 4, **more: Any) -> Role:
    return Role("test", ("a", "b"), handle, count, **more)


def pending(stores: Stores, stream: str = "a") -> int:
    return int(stores.redis.xpending(streams.key(stores, stream), streams.GROUP)["pending"])


def settled(stores: Stores) -> bool:
    return all(streams.backlog(stores, name) == 0 for name in ("a", "b"))


def test_every_entry_of_every_stream_is_handled_and_acknowledged(stores: Stores) -> None:
    streams.publish(stores, "a", range(50))
    streams.publish(stores, "b", range(50, 60))
    handler = Handler()
    with working(stores, [role(handler)]):
        until(lambda: len(handler.seen) == 60 and settled(stores))
    assert sorted(handler.seen) == list(range(60))
    assert max(len(call) for call in handler.calls) <= 4


def test_a_poison_entry_goes_to_the_dead_letters_with_its_reason_and_holds_nobody_up(stores: Stores) -> None:
    streams.publish(stores, "a", range(10))
    handler = Handler({3: ValueError("three is bad")})
    buried: list[tuple[Any, str]] = []
    with working(stores, [role(handler, buried=lambda _, payload, reason: buried.append((payload, reason)))]):
        until(lambda: stores.redis.xlen(streams.dead_key(stores, "a")) == 1 and settled(stores))
    assert sorted(handler.seen) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert buried == [(3, "ValueError: three is bad")]
    [(_, letter)] = stores.redis.xrange(streams.dead_key(stores, "a"))
    assert letter[b"d"] == b"3"
    assert letter[b"reason"] == b"ValueError: three is bad"


def test_an_entry_that_is_no_json_is_put_aside_too(stores: Stores) -> None:
    stores.redis.xadd(streams.key(stores, "a"), {"d": b"{"})
    stores.redis.xadd(streams.key(stores, "a"), {"other": b"1"})
    streams.publish(stores, "a", [1])
    handler = Handler()
    with working(stores, [role(handler)]):
        until(lambda: stores.redis.xlen(streams.dead_key(stores, "a")) == 2 and settled(stores))
    assert handler.seen == [1]


def test_an_entry_that_fails_once_is_handled_in_the_end(stores: Stores) -> None:
    streams.publish(stores, "a", range(3))
    handler = Handler({1: ValueError("not today")}, times=2)
    with working(stores, [role(handler)]):
        until(lambda: len(handler.seen) == 3 and settled(stores))
    assert not stores.redis.exists(streams.dead_key(stores, "a"))


def test_entries_of_two_streams_with_one_id_are_two(stores: Stores) -> None:
    for name, value in (("a", 1), ("b", 2)):
        stores.redis.xadd(streams.key(stores, name), {"d": str(value)}, id="5-0")
    handler = Handler({1: ValueError("not now"), 2: ValueError("nor now")}, times=2)
    with working(stores, [role(handler)]):
        until(lambda: sorted(handler.seen) == [1, 2] and settled(stores))


def test_not_yet_is_no_failure_and_does_not_hold_up_the_others(stores: Stores) -> None:
    streams.publish(stores, "a", [0])
    handler = Handler({0: NotYet("later")}, times=12)
    with working(stores, [role(handler, count=1)]):
        until(lambda: [0] in handler.calls)
        streams.publish(stores, "a", range(1, 20))
        until(lambda: len(handler.seen) == 20 and settled(stores))
    assert handler.seen[-1] == 0
    assert not stores.redis.exists(streams.dead_key(stores, "a"))


def test_what_a_dead_worker_held_is_taken_over(stores: Stores) -> None:
    streams.publish(stores, "a", range(3))
    groups.join(stores, ["a", "b"])
    groups.take(stores, "dead-worker", ["a"], count=3, wait_ms=10)  # and it never shows life
    handler = Handler()
    with working(stores, [role(handler)], Policy(claim_after=60)):
        until(lambda: sorted(handler.seen) == [0, 1, 2] and settled(stores))
        until(
            lambda: (
                [one["name"] for one in stores.redis.xinfo_consumers(streams.key(stores, "a"), streams.GROUP)]
                != [b"dead-worker"]
            ),
        )


def test_what_a_live_worker_holds_is_not_taken_over_however_long_it_works(stores: Stores) -> None:
    streams.publish(stores, "a", [7])
    release, calls = threading.Event(), []

    def slow(_: Stores, payloads: list[Any]) -> None:
        calls.append(payloads)
        release.wait()

    policy = Policy(claim_after=0.6)
    with working(stores, [role(slow)], policy) as slow_worker:
        until(lambda: calls)
        other = Handler()
        with working(stores, [role(other)], policy):
            streams.publish(stores, "b", range(3))
            until(lambda: len(other.seen) == 3)
            idle_times: list[int] = []

            def shown_life_thrice() -> bool:
                key = streams.key(stores, "a")
                [entry] = stores.redis.xpending_range(key, streams.GROUP, "-", "+", 1)
                assert entry["consumer"].decode() == slow_worker.consumer
                idle_times.append(entry["time_since_delivered"])
                return sum(later < earlier for earlier, later in pairwise(idle_times)) >= 3

            until(shown_life_thrice)
        release.set()
        until(lambda: settled(stores))
    assert calls == [[7]]
    assert 7 not in other.seen


def test_a_stopped_worker_gives_back_what_it_did_not_finish_at_once(stores: Stores) -> None:
    streams.publish(stores, "a", [1])
    started = threading.Event()

    def endless(_: Stores, payloads: list[Any]) -> None:
        started.set()
        while True:
            pause(0.01)

    with working(stores, [role(endless)], Policy(claim_after=60)) as worker:
        started.wait()
        assert groups.alive(stores) == [worker.consumer]
    assert groups.alive(stores) == []
    assert pending(stores) == 1
    handler = Handler()
    with working(stores, [role(handler)], Policy(claim_after=60)):
        until(lambda: handler.seen == [1] and settled(stores))


def test_finished_entries_are_trimmed_and_unfinished_ones_stay(stores: Stores) -> None:
    streams.publish(stores, "a", range(10))
    groups.join(stores, ["a"])
    entries = groups.take(stores, "me", ["a"], count=6, wait_ms=10)["a"]
    assert groups.trim(stores, "a") == 0
    groups.acknowledge(stores, "a", [entry.id for entry in entries if entry.id != entries[2].id])
    assert groups.trim(stores, "a") == 2
    assert stores.redis.xlen(streams.key(stores, "a")) == 8
    groups.acknowledge(stores, "a", [entries[2].id])
    assert groups.trim(stores, "a") == 4


def test_finished_says_whether_everything_up_to_an_entry_is_acknowledged(stores: Stores) -> None:
    assert groups.newest(stores, ["a", "b"]) == {}
    streams.publish(stores, "a", [1, 2])
    middle = groups.newest(stores, ["a", "b"])["a"]
    streams.publish(stores, "a", [3])
    assert not groups.finished(stores, "a", middle)
    groups.join(stores, ["a"])
    entries = groups.take(stores, "me", ["a"], count=3, wait_ms=10)["a"]
    groups.acknowledge(stores, "a", [entries[0].id])
    assert not groups.finished(stores, "a", middle)
    groups.acknowledge(stores, "a", [entries[1].id])
    assert groups.finished(stores, "a", middle)
    assert not groups.finished(stores, "a", groups.newest(stores, ["a"])["a"])


def test_a_worker_with_a_broken_loop_ends_and_says_so(stores: Stores) -> None:
    stores.redis.set(streams.key(stores, "a"), "no stream")
    assert Worker(stores, [role(Handler())]).run() is False


def test_what_trickles_in_is_handled_together_from_all_streams_of_a_leased_role(stores: Stores) -> None:
    handler = Handler()
    with working(stores, [role(handler, leased=True, linger=0.5)]):
        streams.publish(stores, "a", [1])
        streams.publish_all(stores, {"a": [2], "b": [3]})
        until(lambda: len(handler.seen) == 3 and settled(stores))
    assert handler.calls == [[1, 2, 3]]
