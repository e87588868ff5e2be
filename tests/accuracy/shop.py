"""The shop that prompts are scored on: 500 people whose numbers and dates often lie right on an edge.

Round amounts, counts from zero, dates on the first and the last day of a period and on either side of every
length of time that prompts speak of: so that "over" and "at least" select different people.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm.fields import FIELDS
from crm.grammar.values import Values
from tests.oracle import World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
PEOPLE, SEED = 500, 6

_PLACES = (
    ("Mumbai", "India"), ("Pune", "India"), ("Delhi", "India"), ("Bengaluru", "India"), ("Chennai", "India"),
    ("Berlin", "Germany"), ("Hamburg", "Germany"), ("Madrid", "Spain"), ("Barcelona", "Spain"),
)  # fmt: skip
_TAGS = ("vip", "gold", "newsletter", "wholesale")
_GOODS = (
    ("Mug", "Kitchen"), ("Pressure cooker", "Kitchen"), ("Copper bottle", "Kitchen"), ("Yoga mat", "Sports"),
    ("Cricket bat", "Sports"), ("Smart watch", "Electronics"), ("Power bank", "Electronics"),
    ("Perfume", "Beauty"),    ("Travel guide", "Books"), ("Running shoes", "Footwear"),
)  # fmt: skip
_NAMES = ("Priya Rao", "Arjun Mehta", "Anna Schmidt", "Lucía García", "Ravi Kumar", "Sara Khan")
_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "shop.example")
_TOTALS = (100, 250, 500, 999, 1_000, 1_500, 2_000, 2_500, 5_000, 7_500, 10_000, 25_000, 60_000)
_AGES = (16, 17, 18, 20, 24, 25, 29, 30, 34, 35, 40, 45, 50, 59, 60, 64, 65, 72)
_LENGTHS = (
    1,
    3,
    7,
    10,
    14,
    15,
    20,
    21,
    28,
    30,
    31,
    45,
    60,
    61,
    90,
    91,
    92,
    100,
    120,
    180,
    181,
    184,
    270,
    365,
    366,
    540,
    730,
)

VALUES = Values.of(
    {
        "city": [city for city, _ in _PLACES],
        "country": list(dict.fromkeys(country for _, country in _PLACES)),
        "tags": _TAGS,
        "gender": FIELDS["gender"].options or ("female", "male", "other"),
        "product": [name for name, _ in _GOODS],
        "category": list(dict.fromkeys(category for _, category in _GOODS)),
    }
)


def shop() -> World:
    """The same people and orders every time."""
    rng = random.Random(SEED)
    orders = [order for number in range(PEOPLE) for order in _orders(rng, f"c{number}")]
    return World({f"c{number}": _person(rng, number, orders) for number in range(PEOPLE)}, orders)


def _moment(rng: random.Random) -> datetime:
    if rng.random() < 0.35:  # near an edge of the calendar
        year, month = rng.choice((2024, 2025, 2026)), rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
        edge = datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=rng.choice((-20, -1, 0, 1, 200)))
        return min(edge, NOW - timedelta(hours=2))
    hours = rng.choice((-13, -5, -1, 1, 5))
    return min(NOW - timedelta(days=rng.choice(_LENGTHS), hours=hours), NOW - timedelta(minutes=5))


def _orders(rng: random.Random, customer: str) -> list[dict[str, Any]]:
    found = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4, 5, 6, 10, 12))):
        lines = [
            {
                "name": name,
                "category": category,
                "productId": f"P-{name}",
                "quantity": rng.choice((1, 1, 2, 5)),
            }
            for name, category in rng.sample(_GOODS, rng.choice((1, 1, 2)))
        ]
        found.append(
            {"customerId": customer, "createdAt": _moment(rng), "status": "delivered",
             "total": rng.choice(_TOTALS), "products": lines}
        )  # fmt: skip
    return found


def _person(rng: random.Random, number: int, orders: list[dict[str, Any]]) -> dict[str, Any]:
    own = [order for order in orders if order["customerId"] == f"c{number}"]
    days = [order["createdAt"] for order in own]
    city, country = rng.choice(_PLACES)
    name = rng.choice(_NAMES)
    given: dict[str, Any] = {
        "name": name, "email": f"p{number}@{rng.choice(_MAIL)}", "city": city, "country": country,
        "gender": rng.choice(("female", "male")), "age": rng.choice(_AGES), "birthDate": _birth(rng),
        "tags": rng.sample(_TAGS, rng.choice((0, 0, 1, 2))), "externalId": f"X{number}",
        "phone": "+911234567",
        "totalSpent": rng.choice(_TOTALS) if own else 0,
        "totalOrderValue": sum(order["total"] for order in own),
        "orderCount": len(own), "visitCount": rng.choice((0, 1, 2, 5, 10, 11, 20)),
        "loginCount": rng.choice((0, 1, 3, 5, 10)), "lastActive": _moment(rng), "lastLogin": _moment(rng),
        "lastOrdered": max(days, default=None), "firstPurchaseDate": min(days, default=None),
        "accountCreated": _moment(rng), "isInactive": rng.random() < 0.3, "bucket": rng.randrange(10_000),
    }  # fmt: skip
    left_out = {
        key
        for key in ("city", "gender", "age", "phone", "email", "lastLogin", "lastActive")
        if rng.random() < 0.1
    }
    person: dict[str, Any] = {}
    for key, value in given.items():
        if key not in left_out and value is not None:
            _put(person, FIELDS[key].path, value)
    return person


def _birth(rng: random.Random) -> datetime:
    return datetime(rng.randrange(1950, 2010), rng.randrange(1, 13), rng.choice((1, 15, 28)), tzinfo=UTC)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for key in above:
        document = document.setdefault(key, {})
    document[last] = value
