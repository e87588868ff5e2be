"""Who somebody is and what he may do: roles, capabilities and the one table between them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    ANALYST = "analyst"
    UPLOADER = "uploader"
    SHOPPER = "shopper"


class KeyRole(StrEnum):
    """What an API key is for."""

    UPLOADER = "uploader"
    VENDOR = "vendor"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a page or an endpoint asks for. An administrator has every one."""

    name: str
    label: str
    roles: frozenset[str]


def _capability(name: str, label: str, *roles: str) -> Capability:
    return Capability(name, label, frozenset(roles))


_READERS = (Role.MARKETER, Role.ANALYST)

CAPABILITIES: dict[str, Capability] = {
    capability.name: capability
    for capability in (
        _capability("overview", "see the overview", *_READERS),
        _capability("segments", "see, edit, save and preview segments; ask in words", *_READERS),
        _capability("campaigns", "create, launch, pause, resume, cancel and retry campaigns", Role.MARKETER),
        _capability("history", "see campaigns and their deliveries", *_READERS),
        _capability("explore", "explore charts", *_READERS),
        _capability("customers", "see customers", *_READERS),
        _capability("upload", "upload files, post customers and products", Role.UPLOADER, Role.MARKETER),
        _capability("order", "place orders (a shopper his own)", Role.SHOPPER, Role.UPLOADER, Role.MARKETER),
        _capability("orders", "see orders (a shopper his own)", Role.SHOPPER, *_READERS),
        _capability("products", "see the catalogue", Role.SHOPPER, Role.UPLOADER, *_READERS),
        _capability("receipts", "report what became of a message", KeyRole.VENDOR),
        _capability("metrics", "read the figures for operators", KeyRole.METRICS),
        _capability("administer", "change settings, accounts, API keys and sample data; erase customers"),
    )
}

STAFF = (Role.ADMINISTRATOR, Role.MARKETER, Role.ANALYST, Role.UPLOADER)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in, or an API key (whose `id` begins with `key:`).

    `role` is None for somebody who signed in with Google and waits for an administrator to give one.
    `customer_id` is a shopper's own record, None until it is known to be his.
    """

    id: str
    email: str
    name: str
    role: str | None
    session_version: int = 0
    customer_id: str | None = None
    disabled: bool = False
    has_password: bool = True
    created_at: datetime | None = None
    last_login: datetime | None = None

    @property
    def is_staff(self) -> bool:
        """Whether this is a person who may use the pages."""
        return self.role in STAFF and not self.disabled and not self.is_key

    @property
    def is_key(self) -> bool:
        return self.id.startswith("key:")


def can(account: Account, capability: str) -> bool:
    """Whether the account's role has the capability. Raises KeyError for a name that is no capability."""
    if account.role is None or account.disabled:
        return False
    return account.role == Role.ADMINISTRATOR or account.role in CAPABILITIES[capability].roles
