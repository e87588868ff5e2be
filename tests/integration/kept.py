"""Segments that a test saves, changes and deletes."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm import library
from crm.auth import Account
from crm.errors import CrmError
from crm.saved import trash
from crm.stores.connection import Stores

NOW = datetime(2026, 5, 15, 12, 30, tzinfo=UTC)

ZONE = ZoneInfo("UTC")

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")

BO = Account("b" * 24, "bo@example.com", "Bo", "analyst")

EVERYONE = {"type": "everyone"}


def more(amount: int) -> dict[str, Any]:
    return {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": amount}


def within(segment: dict[str, Any]) -> dict[str, Any]:
    return {"type": "segment", "segmentId": segment["_id"], "in": True}


def saved(stores: Stores, name: str = "Big", rules: Any = None, **other: Any) -> dict[str, Any]:
    rules = rules or more(1000)
    return library.save(stores, name=name, rules=rules, account=ANNA, now=NOW, zone=ZONE, **other)


def changed(stores: Stores, segment: dict[str, Any], rules: Any, **other: Any) -> dict[str, Any]:
    given = {"account": BO, "now": NOW + timedelta(hours=1), "zone": ZONE} | other
    return library.update(stores, segment["_id"], rules=rules, **given)


def delete(stores: Stores, segment: dict[str, Any], at: datetime = NOW) -> None:
    trash.delete(stores, segment["_id"], account=ANNA, now=at)


def together(acts: list[Any]) -> list[Exception]:
    """Do all at once; what was refused."""
    refused: list[Exception] = []
    start = threading.Barrier(len(acts))

    def run(act: Any) -> None:
        start.wait()
        try:
            act()
        except CrmError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
