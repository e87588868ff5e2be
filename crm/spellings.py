"""How people write the values that rules compare in their folded form."""

import time
from collections.abc import Sequence

from crm.fields import Field
from crm.stores import audiences as store
from crm.stores.connection import Stores

_GOOD_FOR = 300.0  # seconds: any spelling is right that some customer has
_MOST_KEPT = 5_000
_KEPT: dict[tuple[str, str, str], tuple[float, str]] = {}


def written(stores: Stores, field: Field, folded: Sequence[str]) -> dict[str, str]:
    """Folded values of a text or tags field, each as one customer has, or a little while ago had, it written.

    Without those that nobody has. Looking one up takes a round trip, and charts ask for the same ones at
    every edit of a rule.
    """
    now, found = time.monotonic(), dict[str, str]()
    for value in folded:
        kept = _KEPT.get((stores.db.name, field.name, value))
        if kept and now - kept[0] < _GOOD_FOR:
            found[value] = kept[1]
    looked_up = store.written(stores, field, [value for value in folded if value not in found])
    if len(_KEPT) + len(looked_up) > _MOST_KEPT:
        _KEPT.clear()
    for value, text in looked_up.items():
        _KEPT[stores.db.name, field.name, value] = now, text
    return found | looked_up
