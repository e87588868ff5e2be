"""How up to five segments lie over each other: how many customers are in exactly these and in no others."""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from crm import audience_columns, audiences, rulebook, snapshot
from crm.columnar import nearness
from crm.errors import FieldError, InvalidInput, NotFound
from crm.moment import utc_now
from crm.segments import Rule
from crm.settings import settings
from crm.stores import segments as library
from crm.stores.connection import Document, Stores

MOST = 5
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Region:
    """Customers in all of these segments (by id) and in none of the others; no ids: in none of them."""

    inside: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Every region of some segments, the largest first, of `total` customers at the instant `as_of`.

    `segments` are `_id`, name and size, in the order they were asked for. The sizes of all regions add up to
    `total`, those with a segment to its size. `known_at` is the instant of the data that was asked.
    """

    segments: tuple[dict[str, Any], ...]
    regions: tuple[Region, ...]
    total: int
    as_of: datetime
    known_at: datetime
    engine: str

    def tree(self, region: Region) -> Document:
        """The rule that selects exactly this region, as JSON."""
        named = [
            {"type": "segment", "segmentId": segment["_id"], "in": segment["_id"] in region.inside}
            for segment in self.segments
        ]
        return {"type": "group", "operator": "AND", "conditions": named}


def overlap(stores: Stores, segment_ids: Sequence[str], *, now: datetime, zone: ZoneInfo) -> Overlap:
    """The regions of two to five segments: from columns where there is a fresh snapshot, else from MongoDB.

    Raises InvalidInput for fewer, more or the same twice, NotFound, and InvalidRule where one can't be
    evaluated any more.
    """
    chosen = _chosen(stores, segment_ids)
    rules = [rulebook.parse(stores, one["rules"], own_id=one["_id"]) for one in chosen]
    called = utc_now()
    state = snapshot.fresh(stores, settings(), now=called)
    if state is not None:
        sets = [audience_columns.sets(stores, rule) for rule in rules]
        sizes = nearness.regions(state, rules, now=now, zone=zone, sets=sets)
    else:
        sizes = _from_mongodb(stores, rules, now, zone)
    ids = [one["_id"] for one in chosen]
    return Overlap(
        segments=tuple(
            {"_id": one["_id"], "name": one["name"], "size": _size_of(sizes, bit)}
            for bit, one in enumerate(chosen)
        ),
        regions=_regions(ids, sizes),
        total=sum(sizes),
        as_of=now,
        known_at=state.as_of if state else called,
        engine=audiences.COLUMNS if state else audiences.MONGODB,
    )


def _chosen(stores: Stores, segment_ids: Sequence[str]) -> list[Document]:
    if not _LEAST <= len(segment_ids) <= MOST or len(set(segment_ids)) < len(segment_ids):
        reason = f"Give {_LEAST} to {MOST} different segments."
        raise InvalidInput(reason, [FieldError("segmentIds", reason)])
    found = library.find_many(stores, segment_ids)
    if len(found) < len(segment_ids):
        raise NotFound("One of these segments is not here any more.")
    return [found[one] for one in segment_ids]


def _from_mongodb(stores: Stores, rules: Sequence[Rule], now: datetime, zone: ZoneInfo) -> list[int]:
    """Sizes by bit pattern, `rules[0]` being bit 0: one ascending stream of ids a segment, merged."""
    streams = [
        _marked(audiences.customer_ids(stores, rule, now=now, zone=zone), 1 << bit)
        for bit, rule in enumerate(rules)
    ]
    sizes: Counter[int] = Counter()
    for _, marks in groupby(heapq.merge(*streams), key=lambda one: one[0]):
        sizes[sum(bit for _, bit in marks)] += 1
    sizes[0] = max(0, audiences.total(stores) - sum(sizes.values()))
    return [sizes[pattern] for pattern in range(1 << len(rules))]


def _marked(ids: Iterator[str], bit: int) -> Iterator[tuple[str, int]]:
    return ((one, bit) for one in ids)


def _size_of(sizes: Sequence[int], bit: int) -> int:
    return sum(size for pattern, size in enumerate(sizes) if pattern >> bit & 1)


def _regions(ids: Sequence[str], sizes: Sequence[int]) -> tuple[Region, ...]:
    every = [
        Region(tuple(one for bit, one in enumerate(ids) if pattern >> bit & 1), size)
        for pattern, size in enumerate(sizes)
    ]
    return tuple(sorted(every, key=lambda region: -region.size))
