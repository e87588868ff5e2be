"""The key of the language model: that of the environment, else one that an administrator has set.

Kept sealed, and never handed out again but for its last characters. Every process follows within a second.
"""

import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from crm import auth, seals
from crm.auth import Account
from crm.errors import FieldError, InvalidInput, NotFound, Unavailable
from crm.settings import Settings
from crm.stores import model_key as store
from crm.stores.connection import Stores
from crm.vendors.groq_model import GroqModel
from crm.vendors.language_model import ModelFailed

_PURPOSE = "language model key"
_SHAPE = re.compile(r"[!-~]{16,400}")
_ENDING = 4
_FRESH = 1.0  # seconds until a process looks whether the key has changed

_lock = threading.Lock()
_seen: dict[tuple[str, str], tuple[float, str]] = {}
_models: dict[tuple[str, str, str | None, float], GroqModel] = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be shown of a key that was set: its last characters, who set it and when.

    Not `usable` where the installation's secret is another now; it has to be set anew.
    """

    ending: str
    by: str
    at: datetime
    usable: bool


def of_environment(settings: Settings) -> str:
    """The key of the environment, which wins; empty where there is none."""
    return settings.groq_api_key.get_secret_value().strip() if settings.groq_api_key else ""


def by_key(settings: Settings) -> GroqModel | None:
    """The language model by the key of the environment alone; None without one."""
    key = of_environment(settings)
    return _made(key, settings) if key else None


def kept(stores: Stores) -> Kept | None:
    """The key that was set here, whether it is in use or not."""
    found = store.find(stores)
    if found is None:
        return None
    usable = seals.opened(found["sealed"], _PURPOSE) is not None
    return Kept(found["ending"], found["setBy"]["name"], found["setAt"].replace(tzinfo=UTC), usable)


def set_key(stores: Stores, key: str, *, account: Account, now: datetime) -> None:
    """Keep a key instead of the one before. Raises InvalidInput."""
    key = _checked(key)
    store.keep(
        stores,
        {
            "sealed": seals.seal(key, _PURPOSE),
            "ending": key[-_ENDING:],
            "setBy": {"id": account.id, "name": account.name or account.email},
            "setAt": now,
        },
    )
    auth.log(stores, account, "language model key set", key[-_ENDING:], now=now)
    _forget(stores)


def remove(stores: Stores, *, account: Account, now: datetime) -> None:
    """Forget the key that was set. Raises NotFound."""
    if not store.remove(stores):
        raise NotFound("No key is kept here.")
    auth.log(stores, account, "language model key removed", "", now=now)
    _forget(stores)


def test(stores: Stores, settings: Settings, key: str = "") -> str:
    """Ask the model for a word, with this key or the one in use. Returns a sentence.

    Raises InvalidInput for a key that can be none, Unavailable with the reason.
    """
    model = _made(_checked(key), settings) if key.strip() else model_of(stores, settings)
    if model is None:
        raise InvalidInput("There is no key to try.", [FieldError("key", "is missing")])
    try:
        return model.test()
    except ModelFailed as failed:
        raise Unavailable(f"The language model {failed.reason}.") from failed


def model_of(stores: Stores, settings: Settings) -> GroqModel | None:
    """The language model; the same object while its key and settings stay. None without a key."""
    key = of_environment(settings) or _kept_key(stores)
    if not key:
        return None
    marks = (key, settings.groq_model, settings.groq_base_url, settings.groq_timeout)
    with _lock:
        if marks not in _models:
            _models.clear()
            _models[marks] = _made(key, settings)
        return _models[marks]


def _kept_key(stores: Stores) -> str:
    name = (stores.db.name, stores.prefix)
    with _lock:
        seen = _seen.get(name)
    if seen and seen[0] > time.monotonic():
        return seen[1]
    found = store.find(stores)
    key = (seals.opened(found["sealed"], _PURPOSE) or "") if found else ""
    with _lock:
        _seen[name] = (time.monotonic() + _FRESH, key)
    return key


def _made(key: str, settings: Settings) -> GroqModel:
    return GroqModel(
        key=key, model=settings.groq_model, base_url=settings.groq_base_url, timeout=settings.groq_timeout
    )


def _checked(key: str) -> str:
    key = key.strip()
    if not _SHAPE.fullmatch(key):
        reason = "has 16 to 400 letters, digits and signs, without blanks"
        raise InvalidInput(f"That is no key: one {reason}.", [FieldError("key", reason)])
    return key


def _forget(stores: Stores) -> None:
    with _lock:
        _seen.pop((stores.db.name, stores.prefix), None)
        _models.clear()
