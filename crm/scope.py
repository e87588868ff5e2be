"""What a report is about, and what the lines of its orders are called. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

NO_CITY = "No city given"
NO_CATEGORY = "No category"
NO_PRODUCT = "Unnamed product"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which orders a report is about.

    `start` (included) and `end` (excluded) bound the order's date. `cities` and `tags` are the customer's, in
    any case; any of them will do. `categories` and `products` (names) are of order lines, as written: an
    order then counts with the part of its value that these lines have. An empty tuple restricts nothing.
    """

    start: datetime | None = None
    end: datetime | None = None
    cities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()

    @property
    def of_lines(self) -> bool:
        """Whether it counts parts of orders only."""
        return bool(self.categories or self.products)

    @property
    def of_customers(self) -> bool:
        """Whether it depends on who ordered."""
        return bool(self.cities or self.tags)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products side by side: id, name, category; a name or category may be None."""

    ids: list[str]
    names: list[Any]
    categories: list[Any]
