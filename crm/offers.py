"""What an editor of rules lets people choose from by name: segments, campaigns, lists, what is ordered."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.fields import ORDER_FIELDS, fold
from crm.lifecycle import NOT_BEGUN, CampaignStatus
from crm.stores import offers as store
from crm.stores.connection import Stores

_MOST = 1_000
_ORDERS = 20_000
_LAUNCHED = [str(status) for status in CampaignStatus if status not in NOT_BEGUN]


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a rule may refer to. `entries` are a list's, `variants` a campaign's."""

    id: str
    name: str
    variants: tuple[str, ...] = ()
    entries: int = 0


def segments(stores: Stores) -> list[Offer]:
    """Segments by name."""
    return [Offer(found["_id"], found["name"]) for found in store.segments(stores, _MOST)]


def campaigns(stores: Stores) -> list[Offer]:
    """Campaigns that were launched, newest first."""
    return [
        Offer(found["_id"], found["name"], tuple(one["name"] for one in found.get("variants", ())))
        for found in store.campaigns(stores, _LAUNCHED, _MOST)
    ]


def lists(stores: Stores) -> list[Offer]:
    """Stored lists, newest first."""
    return [
        Offer(found["_id"], found["name"], entries=found.get("entries", 0))
        for found in store.lists(stores, _MOST)
    ]


def ordered(stores: Stores) -> Mapping[str, tuple[str, ...]]:
    """Values by field of `crm.fields.ORDER_FIELDS`: the newest orders', most frequent first, each spelling
    once, then what is usual."""
    found = store.ordered(stores, _ORDERS, _MOST)
    given: dict[str, tuple[str, ...]] = {}
    for name, field in ORDER_FIELDS.items():
        once: dict[str, str] = {}
        for value in (*found.get(name, ()), *field.options):
            once.setdefault(fold(value), value)
        given[name] = tuple(once.values())
    return given
