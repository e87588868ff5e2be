"""The shop that figures are taken in: seeded customers and orders, as records, documents, CSV and NDJSON.

Everything follows from a number: customer 17 is the same one wherever he is made. Amounts are multiples of a
quarter, which floats add up exactly, so that totals can be compared to the cent in any order of additions.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from crm.ingestion.people import new_customer
from crm.stores.connection import Document

Record = dict[str, Any]
Numbers = NDArray[np.int64]

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
CITIES = ("Pune", "Mumbai", "Delhi", "Chennai", "Kolkata", "Jaipur", "Surat", "Lucknow", "Nagpur", "Indore")
TAGS = ("vip", "newsletter", "wholesale", "returns", "app", "festival")
SKEW = 0.8  # Zipf's exponent: of 100,000 customers about 450 stand in 500 orders
_FIRST = ("Asha", "Ravi", "Meera", "Arjun", "Priya", "Kabir", "Anita", "Dev", "Lata", "Vikram")
_LAST = ("Sharma", "Patel", "Reddy", "Iyer", "Khan", "Das", "Nair", "Gupta", "Joshi", "Mehta")
_PRODUCTS = tuple((f"P{number:03}", f"Product {number}", f"Category {number % 12}") for number in range(200))
_DAYS = 700


def email(number: int) -> str:
    return f"c{number:08}@shop.example"


def external_id(number: int) -> str:
    return f"C{number:08}"


def customer(number: int) -> Record:
    """The fields of one customer, as a shop's export has them."""
    chance = random.Random(number)
    joined = EPOCH - timedelta(minutes=chance.randrange(_DAYS * 1440))
    return {
        "externalId": external_id(number),
        "name": f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
        "email": email(number),
        "phone": f"+91 98{number:08}",
        "city": chance.choice(CITIES),
        "country": "India",
        "gender": chance.choice(("female", "male")),
        "age": 18 + chance.randrange(60),
        "tags": chance.sample(TAGS, chance.randrange(3)),
        "visitCount": chance.randrange(200),
        "accountCreated": joined,
        "lastActive": joined + (EPOCH - joined) * chance.random(),
    }


def customer_documents(numbers: range) -> Iterator[Document]:
    """Customers as MongoDB holds them; ids ascend with the number."""
    for number in numbers:
        fields = {name: value for name, value in customer(number).items() if value != []}
        document = new_customer(fields, version=0, at=EPOCH, import_id=None)
        yield document | {"_id": f"{number:024x}"}


def write_customers_csv(path: Path, numbers: range) -> None:
    """Customers with a column for each of their fields."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(customer(0)) + "\r\n")
        for number in numbers:
            file.write(",".join(map(_cell, customer(number).values())) + "\r\n")


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return ";".join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of a shop of `customers`; `skew` 0 spreads them evenly. `mark` begins their references."""

    mark: str
    numbers: range
    customers: int
    skew: float = 0.0

    def buyers(self) -> Numbers:
        """Who placed each of them, by the customer's number. The same for an order in whatever part it is."""
        chance = _chance(np.arange(self.numbers.start, self.numbers.stop, dtype=np.uint64))
        if not self.skew:
            return (chance * self.customers).astype(np.int64)
        weights = np.cumsum(np.arange(1, self.customers + 1, dtype=float) ** -self.skew)
        ranks = np.searchsorted(weights, chance * weights[-1])
        return ranks * 7919 % self.customers  # the best customers are not the first ones

    def part(self, index: int, of: int) -> "Orders":
        """One of `of` equal parts."""
        step = -(-len(self.numbers) // of)
        return Orders(self.mark, self.numbers[index * step : (index + 1) * step], self.customers, self.skew)

    def reference(self, number: int) -> str:
        return f"{self.mark}{number:09}"

    def records(self) -> Iterator[Record]:
        """Orders in the names of the API, moments as text."""
        for number, buyer in zip(self.numbers, self.buyers(), strict=True):
            order = _order(number)
            yield order | {
                "orderReference": self.reference(number),
                "customerEmail": email(buyer),
                "createdAt": order["createdAt"].isoformat(),
            }

    def documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """Orders as MongoDB holds them in the end; `ids` are the customers' by their numbers."""
        for number, buyer in zip(self.numbers, self.buyers(), strict=True):
            fixed = {"version": 1, "updatedAt": EPOCH, "customerId": ids[buyer]}
            yield {"_id": self.reference(number), **_order(number), **fixed}

    def ndjson(self) -> bytes:
        return b"\n".join(orjson.dumps(record) for record in self.records())

    def write_csv(self, path: Path) -> None:
        """One line an order, with one product."""
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(
                "order_id,customer_email,date,total,status,currency,sku,product,category,qty,price\r\n"
            )
            for record in self.records():
                line = record["products"][0]
                first = (record[name] for name in ("orderReference", "customerEmail", "createdAt", "total"))
                rest = (record["status"], record["currency"], *line.values())
                file.write(",".join(map(str, (*first, *rest))) + "\r\n")

    def add_to(self, counts: Numbers, spent: NDArray[np.float64]) -> None:
        """Add these orders to each customer's number of orders and total spent."""
        buyers = self.buyers()
        np.add.at(counts, buyers, 1)
        np.add.at(spent, buyers, [_total(number) for number in self.numbers])


def _chance(numbers: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each number (splitmix64)."""
    mixed = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(11)) / float(2**53)


def _total(number: int) -> float:
    return (number * 2_654_435_761 % 40_000 + 400) / 4


def totals(numbers: range) -> NDArray[np.float64]:
    """What each of these orders came to."""
    return (np.arange(numbers.start, numbers.stop) * 2_654_435_761 % 40_000 + 400) / 4


def placed_at(number: int, orders: int) -> datetime:
    """When an order was placed in a shop whose orders are spread over the two years up to `EPOCH`."""
    return EPOCH - timedelta(milliseconds=int((1 - number / orders) * _DAYS * 86_400_000))


def line(number: int) -> Document:
    """The one line of an order."""
    product, name, category = _PRODUCTS[number * 31 % len(_PRODUCTS)]
    return {
        "productId": product,
        "name": name,
        "category": category,
        "quantity": 1,
        "price": _total(number),
    }


def _order(number: int) -> Document:
    return {
        "createdAt": EPOCH + timedelta(seconds=number),
        "total": _total(number),
        "status": "delivered",
        "currency": "INR",
        "products": [line(number)],
    }
