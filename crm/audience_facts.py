"""What can be said of an audience and of nobody in it: its size, cities and favourite products.

What fewer than five people share is left out, so that these figures may be given to a language model.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from crm import audiences, segments
from crm.audience_charts import WITHOUT, ValueBar
from crm.segments import Behaviour, Condition, Rule, walk
from crm.stores import offers
from crm.stores.connection import Stores

LEAST = 5  # people who share something before it is said
_ASKED = 1_000  # customers whose orders are looked into
_MOST = 3


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """`cities` and `products` with the people who share them, the most frequent first.

    Products are counted among `asked` people, drawn at random. `words` is the audience in a sentence; None
    where its rule names single people.
    """

    size: int
    cities: tuple[tuple[str, int], ...]
    products: tuple[tuple[str, int], ...]
    asked: int
    words: str | None
    currency: str

    @property
    def bought(self) -> str | None:
        """The product that most of them ordered, if it is a fifth or more; None where none is so."""
        if not self.products or self.products[0][1] < max(LEAST, self.asked / 5):
            return None
        return self.products[0][0]


def of(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo, currency: str) -> AudienceFacts:
    """The facts of whom a rule selects."""
    seen = audiences.preview(stores, rule, now=now, zone=zone, charts=("city",), sample_size=1)
    people = audiences.sample_customers(stores, rule, now=now, zone=zone, limit=_ASKED)
    ids = [person["_id"] for person in people]
    cities = [
        (bar.value, bar.customers)
        for chart in seen.charts
        for bar in chart.bars
        if isinstance(bar, ValueBar) and bar.value and bar.customers >= LEAST
    ]
    products = [(name, many) for name, many in offers.bought_by(stores, ids, _MOST) if many >= LEAST]
    words = None if _names_somebody(rule) else segments.describe(rule, currency=currency)
    return AudienceFacts(seen.size, tuple(cities[:_MOST]), tuple(products), len(ids), words, currency)


def _names_somebody(rule: Rule) -> bool:
    conditions = [
        one for _, node in walk(rule) for one in (node.where if isinstance(node, Behaviour) else (node,))
    ]
    return any(isinstance(one, Condition) and one.field.name in WITHOUT for one in conditions)
