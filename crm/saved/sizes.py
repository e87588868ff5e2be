"""How many a segment selects, over time: counted at each save, and once a day by a worker."""

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm import audience_columns, audiences, rulebook, snapshot
from crm.errors import CrmError
from crm.segments import Rule
from crm.settings import settings
from crm.stores import segment_sizes as store
from crm.stores import segments as library
from crm.stores.connection import Stores

log = logging.getLogger(__name__)

Point = dict[str, Any]

TREND = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Size:
    """How many of how many customers, at an instant."""

    size: int
    total: int
    at: datetime

    @property
    def point(self) -> Point:
        return {"at": self.at, "size": self.size, "total": self.total}


def measure(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> Size:
    """Count on live data."""
    size = audiences.count(stores, rule, now=now, zone=zone)
    return Size(size, max(size, audiences.total(stores)), now)


def note_save(stores: Stores, segment_id: str, size: Size) -> None:
    """Keep the size that was counted for a save."""
    store.add_saved(stores, segment_id, size.point)


def trends(
    stores: Stores, segment_ids: Iterable[str], *, now: datetime, span: timedelta = TREND
) -> dict[str, list[Point]]:
    """Sizes (`at`, `size`, `total`) of each segment within the span, oldest first."""
    return store.points(stores, segment_ids, now - span)


def measure_all(stores: Stores, *, now: datetime, zone: ZoneInfo) -> int:
    """Count every segment that was not counted today (a day of the zone) yet; how many that was.

    A segment that can't be counted is left out, with its reason in the log. Several workers at once share the
    work, each in an order of its own; what two of them count at the same moment is noted once.
    """
    day = f"{now.astimezone(zone):%Y-%m-%d}"
    done = store.measured_on(stores, day)
    waiting = [segment for segment in library.everything(stores) if segment["_id"] not in done]
    counted = 0
    for segment in random.sample(waiting, len(waiting)):
        if store.is_measured(stores, segment["_id"], day):
            continue
        try:
            rule = rulebook.parse(stores, segment["rules"], own_id=segment["_id"])
        except CrmError as error:
            log.info(
                "a segment can't be counted",
                extra={"action": "segment_uncountable", "id": segment["_id"], "error": error.message},
            )
            continue
        point = quickly(stores, rule, now=now, zone=zone).point
        if store.add_daily(stores, segment["_id"], day, point):
            library.note_size(stores, segment, point)
            counted += 1
    return counted


def quickly(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> Size:
    """Count in the snapshot where there is a fresh one, else in MongoDB, which takes up to a second."""
    state = snapshot.fresh(stores, settings(), now=now)
    if state is None:
        return measure(stores, rule, now=now, zone=zone)
    found = audience_columns.facts(stores, state, rule, now=now, zone=zone)
    return Size(found.size, found.total, now)
