"""Who buys in the sample shop, and when: columns of chance, a chunk of customers at a time.

Each chunk has its own random streams, derived from the seed and its number, so that a shop of millions is
made in the memory of one chunk and any chunk comes out the same whenever it is made.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crm.sample_names import LANGUAGES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAYS = 730  # two years up to now
DAY = 86_400
CHUNK = 10_000
_INDIA = 5 * 3600 + 1800  # the shop's customers order by their own clocks
_NEVER_ORDERED = 0.08
_LAPSED = 0.35
_JOINED_BEFORE = 0.35
_NEWCOMERS = 0.08  # joined within the last 60 days
_HOURS = (1, 1, 0, 0, 0, 1, 2, 3, 4, 6, 7, 7, 8, 7, 6, 6, 6, 7, 9, 11, 13, 13, 9, 4)
# The evening of Diwali, by which the shop's best weeks move from year to year.
_DIWALI = {
    2019: (10, 27), 2020: (11, 14), 2021: (11, 4), 2022: (10, 24), 2023: (11, 12), 2024: (10, 31),
    2025: (10, 20), 2026: (11, 8), 2027: (10, 29), 2028: (10, 17), 2029: (11, 5), 2030: (10, 26),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chunk:
    """Customers `first` … `first + size` of the shop and the moments of their `orders` orders.

    Per customer: language, sex (0 female, 1 male), affluence (standard normal), wholesale, joined
    (seconds since 1970), active_until (day of the shop, 0 … DAYS), last_order (seconds, 0 for none).
    Per order, by time: buyer (index into the customers), at (seconds since 1970).
    """

    number: int
    first: int
    language: Ints
    sex: Ints
    affluence: Floats
    wholesale: NDArray[np.bool_]
    joined: Ints
    active_until: Ints
    last_order: Ints
    buyer: Ints
    at: Ints

    @property
    def size(self) -> int:
        return len(self.language)


def stream(seed: int, chunk: int, purpose: int) -> np.random.Generator:
    """The random numbers of one purpose in one chunk."""
    return np.random.default_rng((seed, chunk, purpose))


def first_day(now: datetime) -> datetime:
    """Midnight UTC of the shop's day 0."""
    return datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=DAYS)


def chunk_of(seed: int, number: int, *, customers: int, orders: int, now: datetime) -> Chunk:
    """Chunk `number` of a shop with so many customers and orders in all."""
    first, last = number * CHUNK, min((number + 1) * CHUNK, customers)
    size = last - first
    rng = stream(seed, number, 0)
    start = int(first_day(now).timestamp())
    joined_day = _joined(rng, size)
    active_until = _active_until(rng, joined_day)
    affluence = rng.standard_normal(size)
    wholesale = rng.random(size) < 0.03
    weight = _appetite(rng, joined_day, active_until, wholesale)
    share = orders * last // customers - orders * first // customers
    buyer = np.repeat(np.arange(size), rng.multinomial(share, weight / weight.sum()))
    at = _moments(rng, np.maximum(joined_day[buyer], 0), active_until[buyer], now)
    order = np.argsort(at, kind="stable")
    buyer, at = buyer[order], at[order]
    first_order = np.full(size, np.iinfo(np.int64).max)
    last_order = np.zeros(size, dtype=np.int64)
    np.minimum.at(first_order, buyer, at)
    np.maximum.at(last_order, buyer, at)
    signed_up = start + joined_day * DAY + rng.integers(0, DAY, size)
    joined = np.minimum(np.minimum(signed_up, first_order - 600), int(now.timestamp()) - 60)
    shares = np.array([language.share for language in LANGUAGES])
    return Chunk(
        number=number, first=first, affluence=affluence, wholesale=wholesale, joined=joined,
        active_until=active_until, last_order=last_order, buyer=buyer, at=at,
        language=rng.choice(len(LANGUAGES), size, p=shares / shares.sum()),
        sex=rng.integers(0, 2, size),
    )  # fmt: skip


def _joined(rng: np.random.Generator, size: int) -> Ints:
    """The day of the shop on which each signed up; before 0 for old customers, denser towards now."""
    kind = rng.random(size)
    grown = (np.sqrt(rng.random(size)) * DAYS).astype(np.int64)
    before = -(rng.random(size) ** 1.5 * 1000).astype(np.int64) - 1
    new = DAYS - rng.integers(0, 60, size)
    return np.where(kind < _JOINED_BEFORE, before, np.where(kind < 1 - _NEWCOMERS, grown, new))


def _active_until(rng: np.random.Generator, joined_day: Ints) -> Ints:
    """The last day on which each buys: most are still with us, the lapsed left at least four months ago."""
    from_day = np.maximum(joined_day, 0)
    left = from_day + (rng.random(len(joined_day)) * np.maximum(DAYS - 120 - from_day, 0)).astype(np.int64)
    lapsed = (rng.random(len(joined_day)) < _LAPSED) & (from_day < DAYS - 120)
    return np.where(lapsed, left, DAYS)


def _appetite(
    rng: np.random.Generator, joined_day: Ints, active_until: Ints, wholesale: NDArray[np.bool_]
) -> Floats:
    """How likely an order is each one's: skewed, more for the long and the wholesale, nothing for some."""
    stay = (active_until - np.maximum(joined_day, 0) + 14) / DAYS
    weight = rng.gamma(1.8, 1.0, len(joined_day)) * stay**0.6 * np.where(wholesale, 2.5, 1.0)
    weight[rng.random(len(joined_day)) < _NEVER_ORDERED] = 0
    if not weight.any():
        weight[0] = 1.0
    return weight


def _moments(rng: np.random.Generator, from_day: Ints, to_day: Ints, now: datetime) -> Ints:
    """A moment of purchase for each order between its customer's days, by season, weekday and hour."""
    below = np.concatenate(([0.0], np.cumsum(_seasons(first_day(now).date()))))
    low, high = below[from_day], below[to_day + 1]
    day = np.searchsorted(below, low + rng.random(len(from_day)) * (high - low), side="right") - 1
    hour = rng.choice(24, len(from_day), p=np.array(_HOURS) / sum(_HOURS))
    second = hour * 3600 + rng.integers(0, 3600, len(from_day)) - _INDIA
    start, end = int(first_day(now).timestamp()), int(now.timestamp())
    at = start + np.clip(day, from_day, to_day) * DAY + second
    late = at > end - 60
    at[late] = end - 60 - rng.integers(0, DAY // 2, int(late.sum()))
    return np.maximum(at, start)


@lru_cache(maxsize=4)
def _seasons(start: date) -> Floats:
    """How busy each day of the shop is: growth, weekends, Diwali, the end of the year."""
    busy = np.empty(DAYS + 1)
    for index in range(DAYS + 1):
        day = start + timedelta(days=index)
        weekend = 1.25 if day.weekday() >= 5 else 1.0
        to_diwali = (date(day.year, *_DIWALI.get(day.year, (10, 30))) - day).days
        festive = 2.6 * np.exp(-(((to_diwali - 8) / 8.0) ** 2)) if to_diwali >= -2 else 0.0
        year_end = 1.2 if day.month == 12 and day.day >= 17 else 0.0
        busy[index] = (1 + 0.5 * index / DAYS) * weekend * (1 + festive + year_end)
    return busy
