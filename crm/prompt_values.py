"""What stands in a shop's data that a prompt can name, kept for a minute."""

import threading
import time

from crm import attributes, audiences, offers
from crm.fields import FIELDS
from crm.grammar.goods import GOODS
from crm.grammar.values import Values
from crm.stores import audiences as queries
from crm.stores import named
from crm.stores.connection import Stores

_VALUE_FIELDS = ("city", "country", "gender", "tags")
_MOST_VALUES = 2_000
_FRESH = 60.0  # seconds


def known_values(stores: Stores, *, newest: bool = False) -> Values:
    """Cities, countries, genders, tags, products and categories as they stand in the data, the custom
    attributes, and the saved segments by their names.

    Up to a minute old unless `newest`.
    """
    key = (stores.db.name, stores.prefix)
    with _lock:
        kept = _values.get(key)
    if kept and not newest and time.monotonic() - kept[0] < _FRESH:
        return kept[1]
    found = {
        name: (*queries.known_values(stores, name, _MOST_VALUES), *FIELDS[name].options)
        for name in _VALUE_FIELDS
    }
    ordered = offers.ordered(stores)
    found |= {name: ordered[name] for name in GOODS}
    own = attributes.fields(stores).values()
    values = Values.of(found, own, lambda field: audiences.values_of(stores, field))
    values = values.with_segments(named.segments(stores))
    with _lock:
        _values.clear()  # one database a process, but for tests
        _values[key] = (time.monotonic(), values)
    return values


_lock = threading.Lock()
_values: dict[tuple[str, str], tuple[float, Values]] = {}
