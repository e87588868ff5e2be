"""Accounts of a test."""

from datetime import UTC, datetime

from crm import auth
from crm.auth import Account
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)

PASSWORD = "a long enough password"


def staff(stores: Stores, role: str = "administrator", email: str | None = None) -> Account:
    return auth.create_account(
        stores, email=email or f"{role}@crm.example", name=role.title(), role=role, password=PASSWORD,
        by=None, now=NOW,
    )  # fmt: skip


def entered(stores: Stores, email: str, password: str = PASSWORD, address: str = "1.2.3.4") -> Account:
    return auth.authenticate(stores, email, password, address=address, now=NOW)
