"""Keeps the columnar copy of customers and orders, whatever happens to the stores meanwhile."""

import logging
import threading

from crm import snapshot
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage

log = logging.getLogger(__name__)

_AGAIN_AFTER = 2.0  # seconds


def attend(stores: Stores, config: Settings, stop: threading.Event) -> None:
    """Keep it until `stop` is set. A mistake is logged and tried again: MongoDB answers in the meantime."""
    while not stop.is_set():
        try:
            snapshot.keep(stores, config, stop)
        except Exception as error:
            if is_outage(error):
                log.warning(
                    "a store is away, trying again", extra={"action": "store_away", "role": "snapshot"}
                )
            else:
                log.exception("the snapshot could not be kept", extra={"action": "snapshot_failed"})
            stop.wait(_AGAIN_AFTER)


def start(stores: Stores, config: Settings, stop: threading.Event) -> threading.Thread:
    """A thread that attends to it."""
    thread = threading.Thread(target=attend, args=(stores, config, stop), name="snapshot", daemon=True)
    thread.start()
    return thread
