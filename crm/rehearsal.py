"""What a launch would do, before it does it: whom it reaches and who can't be sent the message."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm import audiences, messages, rulebook, segments
from crm.segments import Group, Join
from crm.settings import settings
from crm.stores.connection import Stores


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a launch would do now: whom it reaches, and who of them can't be sent this message.

    `missing` counts the people who lack each field that stands without a default; `unrenderable` are those
    who lack at least one, and would be skipped.
    """

    size: int
    missing: dict[str, int]
    unrenderable: int

    @property
    def reachable(self) -> int:
        return self.size - self.unrenderable


def readiness(stores: Stores, *, rules: Any, template: str, now: datetime) -> Readiness:
    """What launching these rules with this message would do now. Raises InvalidRule, InvalidInput."""
    zone = settings().zone
    known = rulebook.fields(stores)
    required = messages.parse(template, known).required
    rule = rulebook.parse(stores, rules)
    size = audiences.count(stores, rule, now=now, zone=zone)

    def lacking(fields: Iterable[str]) -> int:
        gaps = [{"type": "condition", "field": field, "operator": "isNotSet"} for field in fields]
        either = segments.parse({"type": "group", "operator": "OR", "conditions": gaps}, known)
        # Joined as rules, not as JSON: a tree as deep as may be would be too deep with a level more.
        return audiences.count(stores, Group(Join.AND, (rule, either)), now=now, zone=zone)

    missing = {field: lacking([field]) for field in required}
    missing = {field: people for field, people in missing.items() if people}
    unrenderable = next(iter(missing.values()), 0) if len(missing) < 2 else lacking(missing)
    return Readiness(size, missing, unrenderable)


def size(stores: Stores, *, rules: Any, now: datetime) -> int:
    """How many customers the rules select now. Raises InvalidRule."""
    return audiences.count(stores, rulebook.parse(stores, rules), now=now, zone=settings().zone)
