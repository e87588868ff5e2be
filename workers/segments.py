"""What saved segments need now and then: their sizes counted once a day, deleted ones removed in the end."""

import logging
import threading

from crm.moment import utc_now
from crm.saved import sizes, trash
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage

log = logging.getLogger(__name__)

_EVERY = 300.0  # seconds: a new day is noticed within five minutes


def attend(stores: Stores, config: Settings, stop: threading.Event) -> None:
    """See to them until `stop` is set. A mistake is logged and tried again the next time."""
    while not stop.is_set():
        try:
            see_to(stores, config)
        except Exception as error:
            if is_outage(error):
                log.warning(
                    "a store is away, trying again", extra={"action": "store_away", "role": "segments"}
                )
            else:
                log.exception("looking after segments failed", extra={"action": "segments_failed"})
        stop.wait(_EVERY)


def see_to(stores: Stores, config: Settings) -> None:
    """Do once what is due."""
    now = utc_now()
    counted = sizes.measure_all(stores, now=now, zone=config.zone)
    removed = trash.purge(stores, now=now)
    if counted or removed:
        log.info(
            "segments looked after",
            extra={"action": "segments_attended", "counted": counted, "removed": removed},
        )


def start(stores: Stores, config: Settings, stop: threading.Event) -> threading.Thread:
    """A thread that attends to them."""
    thread = threading.Thread(target=attend, args=(stores, config, stop), name="segments", daemon=True)
    thread.start()
    return thread
