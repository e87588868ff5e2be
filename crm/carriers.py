"""The vendors as this installation has configured them."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crm import auth, seals
from crm.auth import Account
from crm.errors import FieldError, InvalidInput
from crm.settings import settings
from crm.stores import samples
from crm.stores import vendors as store
from crm.stores.connection import Stores
from crm.vendors import registry
from crm.vendors.protocol import Vendor
from crm.vendors.registry import VENDORS
from crm.vendors.simulated import NAME as DEFAULT
from crm.vendors.smtp import NAME as SMTP

__all__ = [
    "DEFAULT",
    "VENDORS",
    "choose",
    "chosen",
    "configuration",
    "configure",
    "test",
    "usable",
    "vendor",
    "warnings",
    "way",
]

_PURPOSE = "vendor secrets"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FRESH = 1.0  # seconds until a worker looks whether the configuration has changed

_lock = threading.Lock()
_made: dict[tuple[str, str, str], tuple[float, dict[str, Any], Vendor]] = {}


def configuration(stores: Stores, name: str) -> dict[str, Any]:
    """What is configured for a vendor, defaults included; secrets are sealed. Raises NotFound."""
    found = store.find(stores, name)
    return registry.defaults(name) | (found["configuration"] if found else {})


def configure(
    stores: Stores, name: str, changes: Mapping[str, Any], *, account: Account, now: datetime
) -> dict[str, Any]:
    """Change what is given of a vendor's configuration; workers follow within a second.

    Raises InvalidInput that names the fields it refuses, NotFound.
    """
    secret = registry.secrets(name)
    sealed = {key: _seal(value) if key in secret and value else value for key, value in changes.items()}
    wanted = configuration(stores, name) | sealed
    registry.build(name, _opened(name, wanted))
    store.keep(stores, name, wanted, now)
    auth.log(stores, account, "vendor configured", name, now=now)
    with _lock:
        _made.pop((stores.db.name, stores.prefix, name), None)
    return wanted


def chosen(stores: Stores) -> str:
    """The vendor of campaigns that name none when they are launched."""
    name = store.chosen(stores)
    return name if name in VENDORS else DEFAULT


def usable(stores: Stores) -> list[str]:
    """The vendors that are configured, so that a campaign could go out by them."""
    return [name for name in VENDORS if _is_usable(stores, name)]


def _is_usable(stores: Stores, name: str) -> bool:
    try:
        vendor(stores, name)
    except InvalidInput:
        return False
    return True


def choose(stores: Stores, name: str, *, account: Account, now: datetime) -> None:
    """Have campaigns go out by this vendor from now on; those that were launched keep theirs.

    Raises NotFound, and InvalidInput for one that is not configured.
    """
    registry.build(name, _opened(name, configuration(stores, name)))
    store.choose(stores, name, now)
    auth.log(stores, account, "vendor chosen", name, now=now)


def test(stores: Stores, name: str, changes: Mapping[str, Any]) -> str:
    """Try the connection that these changes would give; nothing is kept or sent.

    Returns a sentence. Raises InvalidInput, NotFound, and Unavailable with the reason.
    """
    return registry.build(name, _opened(name, configuration(stores, name)) | dict(changes)).check()


def warnings(stores: Stores, name: str | None) -> list[str]:
    """What is to be thought of before a campaign is launched with this vendor."""
    found, real = [], name or chosen(stores)
    if real == SMTP and samples.any_made(stores):
        found.append(
            "Real e-mail: sample data was added here, so this campaign may write to people who do not exist. "
            "A mail server that sends much of that is soon refused by others."
        )
    base = settings().base_url
    if real != DEFAULT and urlsplit(base).hostname in _LOOPBACK:
        found.append(
            f"Links to unsubscribe would begin with {base}, which opens on this machine alone. Set "
            "CRM_PUBLIC_URL to the address by which others reach Mini-CRM."
        )
    return found


def way(stores: Stores, name: str | None, channel: str | None) -> str | None:
    """The channel that a campaign with this vendor and channel goes by; None where any will do.

    Raises InvalidInput where there is no such vendor, or it does not have that channel.
    """
    if name is not None and name not in VENDORS:
        reason = f"is one of {', '.join(VENDORS)}"
        raise InvalidInput(f"There is no vendor “{name}”.", [FieldError("vendor", reason)])
    has = vendor(stores, name or chosen(stores)).channels
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
    made = known[2] if known and known[1] == wanted else registry.build(name, _opened(name, wanted))
    with _lock:
        _made[key] = (time.monotonic() + _FRESH, wanted, made)
    return made


def _seal(value: Any) -> Any:
    """A secret as it is kept: only this installation's key opens it."""
    return seals.seal(value, _PURPOSE) if isinstance(value, str) else value


def _opened(name: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with its secrets in clear; one that was sealed by another key is empty."""
    wanted = dict(kept)
    for key in registry.secrets(name):
        if isinstance(wanted.get(key), str) and wanted[key]:
            wanted[key] = seals.opened(wanted[key], _PURPOSE) or ""
    return wanted
