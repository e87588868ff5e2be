"""The vendors as this installation has configured them."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm import auth
from crm.auth import Account
from crm.errors import FieldError, InvalidInput
from crm.stores import vendors as store
from crm.stores.connection import Stores
from crm.vendors import registry
from crm.vendors.protocol import Vendor
from crm.vendors.registry import VENDORS
from crm.vendors.simulated import NAME as DEFAULT

__all__ = ["DEFAULT", "VENDORS", "configuration", "configure", "vendor", "way"]

_FRESH = 1.0  # seconds until a worker looks whether the configuration has changed

_lock = threading.Lock()
_made: dict[tuple[str, str, str], tuple[float, dict[str, Any], Vendor]] = {}


def configuration(stores: Stores, name: str) -> dict[str, Any]:
    """What is configured for a vendor, defaults included. Raises NotFound for a name that is none."""
    found = store.find(stores, name)
    return registry.defaults(name) | (found["configuration"] if found else {})


def configure(
    stores: Stores, name: str, changes: Mapping[str, Any], *, account: Account, now: datetime
) -> dict[str, Any]:
    """Change what is given of a vendor's configuration; workers follow within a second.

    Raises InvalidInput that names the fields it refuses, NotFound.
    """
    wanted = configuration(stores, name) | dict(changes)
    registry.build(name, wanted)
    store.keep(stores, name, wanted, now)
    auth.log(stores, account, "vendor configured", name, now=now)
    with _lock:
        _made.pop((stores.db.name, stores.prefix, name), None)
    return wanted


def way(stores: Stores, name: str | None, channel: str | None) -> str | None:
    """The channel that a campaign with this vendor and channel goes by; None where any will do.

    Raises InvalidInput where there is no such vendor, or it does not have that channel.
    """
    if name is not None and name not in VENDORS:
        reason = f"is one of {', '.join(VENDORS)}"
        raise InvalidInput(f"There is no vendor “{name}”.", [FieldError("vendor", reason)])
    has = vendor(stores, name or DEFAULT).channels
    if channel is None:
        return next(iter(has)) if len(has) == 1 else None
    if channel not in has:
        reason = f"is no channel of this vendor, which has {' and '.join(sorted(has))}"
        raise InvalidInput(f"The vendor can't send by {channel}.", [FieldError("channel", reason)])
    return channel


def vendor(stores: Stores, name: str = DEFAULT) -> Vendor:
    """The vendor as it is configured. The same object while its configuration stays. Raises NotFound."""
    key = (stores.db.name, stores.prefix, name)
    with _lock:
        known = _made.get(key)
    if known and known[0] > time.monotonic():
        return known[2]
    wanted = configuration(stores, name)
    made = known[2] if known and known[1] == wanted else registry.build(name, wanted)
    with _lock:
        _made[key] = (time.monotonic() + _FRESH, wanted, made)
    return made
