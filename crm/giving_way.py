"""When the snapshot waits: while many records come in, and nobody looks at what it would show.

To keep it up to date takes half as much of the machine again as to persist an order. Once the records are
there it catches up in seconds; whoever asks meanwhile is answered by MongoDB, and it goes on at once.
"""

from datetime import timedelta

from crm.columnar.shelf import Shelf
from crm.stores import streams
from crm.stores.connection import Stores
from crm.stores.outages import is_outage

_LATELY = timedelta(minutes=5)
_MANY = 16  # entries: single records that wait are persisted within a moment


def now(stores: Stores, shelf: Shelf) -> bool:
    """Whether the snapshot on this shelf is to wait."""
    return not shelf.asked(_LATELY) and _flooded(stores)


def _flooded(stores: Stores) -> bool:
    try:
        waiting = streams.backlog(stores, streams.CUSTOMERS, *streams.ORDERS)
        return waiting >= _MANY or streams.backlog(stores, *streams.FILES) > 0
    except Exception as error:
        if not is_outage(error):
            raise
        return False  # nothing comes in without Redis
