"""Whom a launch would reach, before it does it. What each of them would get, `crm.dry_run` finds out."""

from datetime import datetime
from typing import Any

from crm import audiences, rulebook
from crm.settings import settings
from crm.stores.connection import Stores


def size(stores: Stores, *, rules: Any, now: datetime) -> int:
    """How many customers the rules select now. Raises InvalidRule."""
    return audiences.count(stores, rulebook.parse(stores, rules), now=now, zone=settings().zone)
