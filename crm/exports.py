"""An audience as a file."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from crm import audiences
from crm.segments import Rule
from crm.spreadsheets import csv_pieces
from crm.stores.connection import Stores

COLUMNS = (
    "externalId", "name", "email", "phone", "city", "country", "totalSpent", "orderCount", "lastOrdered",
    "accountCreated", "tags",
)  # fmt: skip


def members_csv(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Everybody the rule selects as of `now`, by `_id`, as CSV text piece by piece; cells are no formulas."""
    header = ("_id", *COLUMNS)
    people = audiences.members(stores, rule, COLUMNS, now=now, zone=zone)
    return csv_pieces(header, ([person.get(name) for name in header] for person in people))
