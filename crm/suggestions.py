"""Prompts to begin with, made of what stands in the shop's data.

Each was read by the grammar and selects somebody when it is made: a suggestion is never a dead end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from crm import audiences, prompts, rulebook
from crm.grammar.values import Values
from crm.prompt_values import known_values
from crm.settings import Settings
from crm.stores.connection import Stores

MOST = 5
_DROPS = (("90 days", 3), ("6 months", 2), ("30 days", 2))
_OUR_OWN = frozenset('"“”„()[]')  # what would be read as more than a name


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prompt and how many it selected when it was made."""

    text: str
    size: int


def suggestions(stores: Stores, settings: Settings, *, now: datetime) -> tuple[Suggestion, ...]:
    """At most five prompts: places, big spenders, a product, a segment, a tag, who stopped, newcomers."""
    values = known_values(stores)
    made = (_made(stores, text, values, settings, now) for text in _candidates(stores, values, settings))
    found = (one for one in made if one is not None)
    kinds: list[Suggestion] = []
    for one in found:
        kinds.append(one)
        if len(kinds) == MOST:
            break
    return tuple(kinds)


def _made(stores: Stores, text: str, values: Values, settings: Settings, now: datetime) -> Suggestion | None:
    """The suggestion, None where the grammar asks, assumes something, or finds nobody."""
    zone: ZoneInfo = settings.zone
    answer = prompts.understand(
        text, now=now, zone=zone, values=values, currency=settings.currency, things=rulebook.Things(stores)
    )
    if answer.kind != "segment" or answer.assumptions:
        return None
    rule = rulebook.parse(stores, answer.rules)
    size = audiences.preview(stores, rule, now=now, zone=zone, charts=(), sample_size=0).size
    return Suggestion(text, size) if size else None


def _candidates(stores: Stores, values: Values, settings: Settings) -> Iterator[str]:
    """Prompts in the order in which they are offered; of several of a kind the first that holds."""
    cities, tags, products = (_plain(values.listed(field)) for field in ("city", "tags", "product"))
    if len(cities) > 1:
        yield f"Customers from {cities[0]} or {cities[1]} with at least 3 orders"
    if spend := audiences.big_spend(stores):
        yield f"People who have ordered in 6 months and spent over {spend:,}"
    if products:
        yield f"Bought {products[0]} in the last 90 days"
    if saved := _plain([name for name, _ in values.segments.values()]):
        yield f"People in the segment {saved[0]} who ordered in the last 90 days"
    if cities and tags:
        yield f"Tagged {tags[0]} but not from {cities[0]}"
    for length, orders in _DROPS:
        yield f"At least {orders} orders but haven't ordered in {length}"
    yield "Signed up this year but never ordered"
    if cities:
        yield f"Customers from {cities[0]}"


def _plain(names: list[str]) -> list[str]:
    return [name for name in names if not _OUR_OWN & set(name)]
