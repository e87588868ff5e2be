"""Entries that were given up on: looked at, put back on their streams, thrown away.

A letter's id is its stream and its entry there: `orders:3:1764190000000-0`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import Any

from redis.exceptions import ResponseError

from crm.stores import streams
from crm.stores.connection import Stores

_PAGE = 50

# Back onto the stream only if the letter is still there: of two who do it at once, one does.
_PUT_BACK = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local fields = found[1][2]
for number = 1, #fields, 2 do
  if fields[number] == 'd' then redis.call('XADD', KEYS[2], '*', 'd', fields[number + 1]) end
end
return redis.call('XDEL', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One entry that was given up on: its bytes, why, when, and how often it was tried before."""

    id: str
    stream: str
    data: bytes
    reason: str
    at: datetime
    deliveries: int


def newest(stores: Stores, names: Iterable[str], *, before: str | None, limit: int) -> list[Letter]:
    """Letters of these streams, the latest first; those that come after the letter `before`."""
    each = [_of(stores, name, _end(name, before)) for name in names]
    return list(islice(merge(*each, key=_position, reverse=True), limit))


def _end(name: str, before: str | None) -> str:
    if before is None:
        return "+"
    stream, _, entry = before.rpartition(":")
    return entry if name < stream else f"({entry}"  # entries of two streams may have one id


def _of(stores: Stores, name: str, end: str) -> Iterator[Letter]:
    while True:
        found: Any = stores.redis.xrevrange(streams.dead_key(stores, name), end, "-", count=_PAGE)
        yield from (_letter(name, entry, fields) for entry, fields in found)
        if len(found) < _PAGE:
            return
        end = f"({found[-1][0].decode()}"


def _position(letter: Letter) -> tuple[int, int, str]:
    time, _, sequence = letter.id.rpartition(":")[2].partition("-")
    return int(time), int(sequence), letter.stream


def get(stores: Stores, letter_id: str) -> Letter | None:
    """The letter of this id (`stream:entry`); None where there is none, or it is no such id."""
    name, _, entry = letter_id.rpartition(":")
    try:
        found: Any = stores.redis.xrange(streams.dead_key(stores, name), entry, entry)
    except ResponseError:
        return None  # no entry's id
    return _letter(name, *found[0]) if found else None


def _letter(name: str, entry: bytes, fields: dict[bytes, bytes]) -> Letter:
    entry_id = entry.decode()
    return Letter(
        id=f"{name}:{entry_id}",
        stream=name,
        data=fields.get(b"d", b""),
        reason=fields.get(b"reason", b"").decode(errors="replace"),
        at=datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, UTC),
        deliveries=int(fields.get(b"deliveries", b"0")),
    )


def put_back(stores: Stores, letter: Letter) -> bool:
    """Move a letter to the end of its stream as it is; False where somebody else was first."""
    keys = streams.dead_key(stores, letter.stream), streams.key(stores, letter.stream)
    entry = letter.id.rpartition(":")[2]
    return bool(stores.redis.eval(_PUT_BACK, 2, *keys, entry))


def remove(stores: Stores, letter: Letter) -> bool:
    """Throw a letter away; False where it is gone already."""
    entry = letter.id.rpartition(":")[2]
    return bool(stores.redis.xdel(streams.dead_key(stores, letter.stream), entry))


def count(stores: Stores, names: Iterable[str]) -> int:
    """How many letters there are."""
    pipe = stores.redis.pipeline(transaction=False)
    for name in names:
        pipe.xlen(streams.dead_key(stores, name))
    return sum(int(length) for length in pipe.execute())
