"""A made-up shop of any size: its products, customers and orders, as records that the API would take.

Pure: the same `Shop` gives the same records every time. Half of all spending comes from a small part of the
customers, and in a shop of the default proportions about one in five has spent more than ₹10,000.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.sample_catalogue import CATALOGUE
from crm.sample_names import LANGUAGES, Name, country_of
from crm.sample_people import CHUNK, DAY, Chunk, Floats, Ints, chunk_of, first_day, stream

Record = dict[str, Any]

DEFAULT_CUSTOMERS = 5_000
DEFAULT_ORDERS = 20_000
DEFAULT_SEED = 1
CURRENCY = "INR"
# How far choice leans to dear goods. At four orders a customer, −0.82 makes about one in five spend more than
# ₹10,000 in all; an order's mean value changes by e^0.93 a unit, which evens out other proportions.
_LEANING = -0.82
_LEANING_EFFECT = 0.93
_TAGS = (("newsletter", 0.45), ("app", 0.30), ("referral", 0.10), ("festive", 0.12))
_PRICES = np.array([product.price for product in CATALOGUE])
_GOODS: tuple[Record, ...] = tuple(
    {"productId": item.product_id, "name": item.name, "category": item.category, "price": item.price}
    for item in CATALOGUE
)
_LEVELS = np.linspace(-2.5, 2.5, 21)  # of affluence; each has its own table of what such people buy


@dataclass(frozen=True, slots=True)
class Shop:
    """`customers` and `orders` in all, over the two years up to `now`. Shops that differ in seed or size
    share no customer and no order, only the catalogue."""

    customers: int = DEFAULT_CUSTOMERS
    orders: int = DEFAULT_ORDERS
    seed: int = DEFAULT_SEED
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def key(self) -> str:
        """What every key of this shop starts with."""
        usual = (self.customers, self.orders) == (DEFAULT_CUSTOMERS, DEFAULT_ORDERS)
        return f"S{self.seed}" if usual else f"S{self.seed}x{self.customers}x{self.orders}"


def products() -> Iterator[Record]:
    """The catalogue, the same in every shop."""
    for goods in _GOODS:
        yield dict(goods)


def customers(shop: Shop) -> Iterator[Record]:
    """Every customer of the shop. Fields that a customer never gave are missing."""
    for chunk in _chunks(shop):
        yield from _customers_of(shop, chunk)


def orders(shop: Shop) -> Iterator[Record]:
    """Every order of the shop, by time within each chunk of customers."""
    if not shop.customers:
        return
    for chunk in _chunks(shop):
        yield from _orders_of(shop, chunk)


def _chunks(shop: Shop) -> Iterator[Chunk]:
    for number in range(-(-shop.customers // CHUNK)):
        yield chunk_of(shop.seed, number, customers=shop.customers, orders=shop.orders, now=shop.now)


# Customers


def external_id(shop: Shop, index: int) -> str:
    return f"{shop.key}-C{index + 1:06}"


def _email(shop: Shop, index: int, given: Name, family: Name) -> str:
    return f"{given.latin}.{family.latin}.{index + 1}@{shop.key.lower()}.example"


def _people(shop: Shop, chunk: Chunk) -> list[tuple[Name, Name, str]]:
    """Given name, family name and city of each customer of the chunk."""
    draws = stream(shop.seed, chunk.number, 1).random((chunk.size, 3))
    shares = [np.cumsum([weight for _, weight in language.cities]) for language in LANGUAGES]
    people = []
    for spoken, sex, (a, b, c) in zip(chunk.language.tolist(), chunk.sex.tolist(), draws, strict=True):
        language = LANGUAGES[spoken]
        given = language.male if sex else language.female
        city = int(np.searchsorted(shares[spoken], c * shares[spoken][-1], side="right"))
        people.append(
            (given[int(a * len(given))], language.family[int(b * len(language.family))],
             language.cities[city][0])
        )  # fmt: skip
    return people


def _customers_of(shop: Shop, chunk: Chunk) -> Iterator[Record]:
    rng = stream(shop.seed, chunk.number, 2)
    now = int(shop.now.timestamp())
    seen = _last_seen(rng, chunk, now)
    counts = np.bincount(chunk.buyer, minlength=chunk.size)
    visits = counts * rng.integers(2, 9, chunk.size) + rng.poisson(3, chunk.size)
    columns = (
        seen.tolist(), _isos(seen), _isos(chunk.joined), visits.tolist(), rng.binomial(visits, 0.6).tolist(),
        rng.random(chunk.size).tolist(), _ages(rng, chunk.size).tolist(),
        rng.integers(0, 365, chunk.size).tolist(), rng.random((chunk.size, len(_TAGS))).tolist(),
    )  # fmt: skip
    for index, (person, row) in enumerate(zip(_people(shop, chunk), zip(*columns, strict=True), strict=True)):
        given, family, city = person
        last, seen_at, joined, visited, logged_in, chance, age, birthday, draws = row
        record: Record = {
            "externalId": external_id(shop, chunk.first + index),
            "name": f"{given.text} {family.text}",
            "email": _email(shop, chunk.first + index, given, family),
            "city": city,
            "country": country_of(city),
            "accountCreated": joined,
            "visitCount": visited,
            "loginCount": logged_in,
        }
        if last:
            record["lastActive"] = seen_at
            record["isInactive"] = now - last > 365 * DAY
        record |= _personal(shop.now, int(chunk.sex[index]), chance, age, birthday, country_of(city))
        if tags := _tags(draws, chunk, index):
            record["tags"] = tags
        yield record


def _last_seen(rng: np.random.Generator, chunk: Chunk, now: int) -> Ints:
    """When each was last active: never before the last order; 0 for some who never came back."""
    stay = rng.exponential(20 * DAY, chunk.size).astype(np.int64)
    seen = np.minimum(np.maximum(chunk.last_order, chunk.joined) + stay, now - 60)
    return np.where((chunk.last_order == 0) & (rng.random(chunk.size) < 0.3), 0, seen)


def _ages(rng: np.random.Generator, size: int) -> Ints:
    return np.clip(rng.normal(36, 12, size), 18, 84).astype(np.int64)


def _personal(now: datetime, sex: int, chance: float, age: int, birthday: int, country: str) -> Record:
    """What people tell about themselves, or don't: gender, birth date or age, phone."""
    given: Record = {}
    if chance < 0.9:
        given["gender"] = "other" if chance < 0.015 else ("male" if sex else "female")
    if chance < 0.6:
        given["birthDate"] = (now - timedelta(days=age * 365.25 + birthday)).date().isoformat()
    elif chance < 0.8:
        given["age"] = age
    if chance > 0.15:
        digits = int(chance * 1e10)
        given["phone"] = _phone(country, digits)
    return given


def _phone(country: str, digits: int) -> str:
    """A number that can't be anybody's: kept for fiction where there is such a range, else led by a 0,
    with which no number begins after a country's code."""
    match country:
        case "United Kingdom":
            return f"+44 7700 900{digits % 1000:03}"
        case "United States":
            return f"+1 202 555 01{digits % 100:02}"
        case "India":
            return f"+91 0{digits % 10_000:04} {digits // 10_000 % 100_000:05}"
    return f"+888 0{digits % 10_000_000:07}"


def _tags(draws: list[float], chunk: Chunk, index: int) -> list[str]:
    tags = [tag for (tag, share), draw in zip(_TAGS, draws, strict=True) if draw < share]
    if chunk.affluence[index] > 1.55:
        tags.append("vip")
    if chunk.wholesale[index]:
        tags.append("wholesale")
    return tags


# Orders


def _orders_of(shop: Shop, chunk: Chunk) -> Iterator[Record]:
    size = len(chunk.buyer)
    if not size:
        return
    rng = stream(shop.seed, chunk.number, 3)
    lines = np.minimum(rng.geometric(0.62, size), 5)
    end = np.cumsum(lines)
    level = np.abs(chunk.affluence[chunk.buyer][:, None] - _LEVELS).argmin(axis=1)
    bought = _choose(rng, np.repeat(level, lines), shop)
    quantity = _quantities(rng, bought, np.repeat(chunk.wholesale[chunk.buyer], lines))
    totals = np.add.reduceat(_PRICES[bought] * quantity, end - lines)
    emails = [
        _email(shop, chunk.first + index, given, family)
        for index, (given, family, _) in enumerate(_people(shop, chunk))
    ]
    columns = (
        (end - lines).tolist(), end.tolist(), chunk.buyer.tolist(), totals.tolist(), _isos(chunk.at),
        _statuses(rng, chunk.at, int(shop.now.timestamp())),
    )  # fmt: skip
    bought_list, quantities = bought.tolist(), quantity.tolist()
    before = shop.orders * chunk.first // shop.customers
    for number, row in enumerate(zip(*columns, strict=True), before + 1):
        start, stop, buyer, total, at, status = row
        yield {
            "orderReference": f"{shop.key}-{number:07}",
            "customerId": external_id(shop, chunk.first + buyer),
            "customerEmail": emails[buyer],
            "products": _lines(bought_list[start:stop], quantities[start:stop]),
            "totalAmount": total,
            "currency": CURRENCY,
            "status": status,
            "createdAt": at,
        }


def _lines(bought: list[int], quantities: list[int]) -> list[Record]:
    basket: dict[int, int] = {}
    for product, quantity in zip(bought, quantities, strict=True):
        basket[product] = basket.get(product, 0) + quantity
    return [{**_GOODS[product], "quantity": quantity} for product, quantity in basket.items()]


def _choose(rng: np.random.Generator, level: Ints, shop: Shop) -> Ints:
    """A product for each line: the popular more often, the dear ones by those who can afford them."""
    height = (np.log(_PRICES) - np.log(_PRICES).mean()) / np.log(_PRICES).std()
    popularity = np.random.default_rng(60).gamma(2.0, 1.0, len(CATALOGUE))  # one taste for every shop
    leaning = np.clip(_LEANING - np.log(shop.orders / shop.customers / 4) / _LEANING_EFFECT, -2.5, 1.5)
    tables = popularity * np.exp((_LEVELS[:, None] * 0.8 + leaning) * height)
    tables /= tables.sum(axis=1, keepdims=True)
    below: Floats = tables.cumsum(axis=1) + np.arange(len(_LEVELS))[:, None]
    found = np.searchsorted(below.ravel(), rng.random(len(level)) + level, side="right")
    return np.minimum(found - level * len(CATALOGUE), len(CATALOGUE) - 1)


def _quantities(rng: np.random.Generator, product: Ints, wholesale: NDArray[np.bool_]) -> Ints:
    few = np.where(_PRICES[product] < 700, rng.geometric(0.6, len(product)), 1)
    return np.where(wholesale & (_PRICES[product] < 2000), few * rng.integers(2, 9, len(product)), few)


def _statuses(rng: np.random.Generator, at: Ints, now: int) -> list[str]:
    """Old orders are delivered, fresh ones on their way; some were cancelled or refunded."""
    days = (now - at) / DAY + rng.normal(0, 0.6, len(at))
    stage = np.digitize(days, (0.3, 1.5, 5.0))
    chance = rng.random(len(at))
    names = np.array(["placed", "paid", "shipped", "delivered"], dtype=object)[stage]
    names[(chance < 0.03) & (days > 5)] = "refunded"
    names[chance > 0.96] = "cancelled"
    return [str(name) for name in names]


def _isos(seconds: Ints) -> list[str]:
    return [f"{text}Z" for text in np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()]


def window(shop: Shop) -> tuple[datetime, datetime]:
    """The first and the last moment at which an order of this shop can be dated."""
    return first_day(shop.now), shop.now
