"""Reading streams as one of a group of workers: take, hold, claim, acknowledge, bury, trim.

An entry that was taken is *pending* on its consumer until it is acknowledged. A consumer proves that it
lives by a key that expires; the entries of one whose key is gone can be claimed at once, and any entry
that nobody has held for long enough can be claimed too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from crm.stores import streams
from crm.stores.connection import Stores

_FRESH_CLAIM_MS = 500  # two workers that see the same dead consumer must not both take its entries
_SCAN = 1000

# A consumer is forgotten only while it is dead and owns nothing, both looked at in one step: forgetting one
# that owns entries would lose them.
_FORGET = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  if consumer[2] == ARGV[2] and consumer[4] == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0
"""

# Asked twice, because the first answer was lost, it finds the entry acknowledged and does nothing.
_BURY = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
for place = 4, #ARGV, 2 do
  local letter, reason = ARGV[place], ARGV[place + 1]
  redis.call('XADD', KEYS[2], '*', 'd', letter, 'id', ARGV[2], 'deliveries', ARGV[3], 'reason', reason)
end
return 1
"""

_NEWEST = """
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return newest[1] and newest[1][1]
"""


@dataclass(slots=True)
class Entry:
    """One entry of a stream in our hands. `deliveries` counts how often it was given to a worker."""

    stream: str
    id: str
    fields: dict[bytes, bytes]
    deliveries: int = 1


def join(stores: Stores, names: Iterable[str]) -> None:
    """Create the group on each stream that lacks it; it starts at the stream's first entry."""
    for name in names:
        try:
            stores.redis.xgroup_create(streams.key(stores, name), streams.GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise


def take(
    stores: Stores, consumer: str, names: Sequence[str], count: int, wait_ms: int
) -> dict[str, list[Entry]]:
    """Up to `count` new entries of each stream, waiting up to `wait_ms` for the first one."""
    keys = {streams.key(stores, name).encode(): name for name in names}
    try:
        answer: Any = stores.redis.xreadgroup(
            streams.GROUP, consumer, dict.fromkeys(keys, ">"), count=count, block=max(wait_ms, 1)
        )
    except ResponseError as error:
        if not str(error).startswith("NOGROUP"):
            raise
        join(stores, names)  # a stream was removed under us
        return {}
    return {keys[key]: _entries(keys[key], found) for key, found in answer or []}


def _entries(stream: str, found: Iterable[Any]) -> list[Entry]:
    # A deleted entry comes without fields: there is nothing left to do for it but to acknowledge it.
    return [Entry(stream, entry.decode(), fields or {}) for entry, fields in found]


def claim(stores: Stores, consumer: str, stream: str, idle_ms: int, count: int) -> list[Entry]:
    """Take over entries of dead consumers, and entries that nobody has held for `idle_ms`."""
    key = streams.key(stores, stream)
    found: list[Any] = []
    for name in _dead(stores, consumer, stream):
        pending: Any = stores.redis.xpending_range(
            key, streams.GROUP, "-", "+", count - len(found), consumername=name
        )
        if ids := [item["message_id"] for item in pending]:
            answer: Any = stores.redis.xclaim(key, streams.GROUP, consumer, _FRESH_CLAIM_MS, ids)
            found += answer
        else:
            _forget(stores, stream, name)
        if len(found) >= count:
            break
    if len(found) < count:
        swept: Any = stores.redis.xautoclaim(
            key, streams.GROUP, consumer, idle_ms, "0-0", count=count - len(found)
        )
        found += swept[1]
    entries = _entries(stream, found)
    for entry in entries:
        entry.deliveries = _deliveries(stores, key, entry.id)
    return entries


def _dead(stores: Stores, consumer: str, stream: str) -> list[str]:
    known: Any = stores.redis.xinfo_consumers(streams.key(stores, stream), streams.GROUP)
    others = [name for item in known if (name := item["name"].decode()) != consumer]
    if not others:
        return []
    beats: Any = stores.redis.mget([_beat_key(stores, name) for name in others])
    return [name for name, beat in zip(others, beats, strict=True) if beat is None]


def _forget(stores: Stores, stream: str, consumer: str) -> None:
    stores.redis.eval(
        _FORGET, 2, streams.key(stores, stream), _beat_key(stores, consumer), streams.GROUP, consumer
    )


def _deliveries(stores: Stores, key: str, entry: str) -> int:
    pending: Any = stores.redis.xpending_range(key, streams.GROUP, entry, entry, 1)
    return int(pending[0]["times_delivered"]) if pending else 1


def hold(stores: Stores, consumer: str, stream: str, ids: Sequence[str]) -> None:
    """Say that these entries are still in work, so that nobody claims them."""
    if ids:
        stores.redis.xclaim(
            streams.key(stores, stream), streams.GROUP, consumer, 0, list(ids), idle=0, justid=True
        )


def release(stores: Stores, consumer: str, stream: str, ids: Sequence[str]) -> None:
    """Give entries back untried: whoever looks next takes them, and the delivery counts from nought."""
    if ids:
        stores.redis.xclaim(
            streams.key(stores, stream), streams.GROUP, consumer, 0, list(ids),
            idle=86_400_000, retrycount=0, justid=True,
        )  # fmt: skip


def acknowledge(stores: Stores, stream: str, ids: Sequence[str]) -> None:
    if ids:
        stores.redis.xack(streams.key(stores, stream), streams.GROUP, *ids)


def bury(stores: Stores, entry: Entry, reason: str, parts: Sequence[tuple[bytes, str]] | None = None) -> None:
    """Move an entry to its stream's dead letters and acknowledge it, both or neither.

    With `parts`, these payloads are put aside in its place, each for its own reason.
    """
    letters: list[tuple[bytes, str]] = (
        [(entry.fields.get(b"d", b""), reason)] if parts is None else list(parts)
    )
    keys = streams.key(stores, entry.stream), streams.dead_key(stores, entry.stream)
    place = streams.GROUP, entry.id, entry.deliveries
    stores.redis.eval(_BURY, 2, *keys, *place, *(word for letter in letters for word in letter))


def trim(stores: Stores, stream: str) -> int:
    """Drop the entries that every group has acknowledged. Returns how many went."""
    key = streams.key(stores, stream)
    groups: Any = stores.redis.xinfo_groups(key)
    oldest = [_oldest_unfinished(stores, key, group) for group in groups]
    if not oldest:
        return 0
    return int(stores.redis.xtrim(key, minid="{}-{}".format(*min(oldest)), approximate=False))


def _oldest_unfinished(stores: Stores, key: str, group: dict[str, Any]) -> tuple[int, int]:
    if group["pending"]:
        summary: Any = stores.redis.xpending(key, group["name"])
        if summary["min"]:
            return _number(summary["min"])
    time, sequence = _number(group["last-delivered-id"])
    return time, sequence + 1


def _number(entry: bytes) -> tuple[int, int]:
    time, _, sequence = entry.decode().partition("-")
    return int(time), int(sequence)


def newest(stores: Stores, names: Sequence[str]) -> dict[str, str]:
    """Stream → the id of its newest entry, to be given to `finished`; an empty stream is left out."""
    pipe = stores.redis.pipeline(transaction=False)
    for name in names:
        pipe.eval(_NEWEST, 1, streams.key(stores, name))  # the id alone, without its 500 records
    answers: Any = pipe.execute()
    return {name: entry.decode() for name, entry in zip(names, answers, strict=True) if entry}


def finished(stores: Stores, stream: str, entry: str) -> bool:
    """Whether everything up to this entry of a stream has been acknowledged."""
    key = streams.key(stores, stream)
    if not stores.redis.exists(key):
        return True
    groups: Any = stores.redis.xinfo_groups(key)
    oldest = [_oldest_unfinished(stores, key, group) for group in groups]
    return bool(oldest) and min(oldest) > _number(entry.encode())


def beat(stores: Stores, consumer: str, seconds: float) -> None:
    """Say that this consumer lives, for so long."""
    stores.redis.set(_beat_key(stores, consumer), b"1", px=max(int(seconds * 1000), 1))


def leave(stores: Stores, consumer: str) -> None:
    """Say that this consumer is gone, so that what it still holds is claimed at once."""
    stores.redis.delete(_beat_key(stores, consumer))


def alive(stores: Stores) -> list[str]:
    """The consumers that have said lately that they live."""
    prefix = _beat_key(stores, "")
    found = stores.redis.scan_iter(match=prefix.replace("[", r"\[") + "*", count=_SCAN)
    return sorted(key.decode().removeprefix(prefix) for key in found)


def _beat_key(stores: Stores, consumer: str) -> str:
    return stores.key("worker", consumer)
