"""An audience as a file, as of an instant."""

import csv
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from crm import exports, segments
from crm.stores.connection import Stores
from tests.shop import customer, order

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
BOUGHT = segments.parse(
    {"type": "behaviour", "measure": "count", "operator": "greaterThanOrEqual", "value": 1,
     "within": {"last": {"days": 30}}}
)  # fmt: skip


def rows(stores: Stores, now: datetime) -> list[dict[str, str]]:
    text = "".join(exports.members_csv(stores, BOUGHT, now=now, zone=ZONE))
    return list(csv.DictReader(text.splitlines()))


def test_a_file_has_who_was_in_the_audience_at_its_instant(stores: Stores) -> None:
    customer(stores, "a", "Pune", ("vip", "new"), name="=cmd()", totalSpent=10.5)
    customer(stores, "b", name="Bo")
    order(stores, "o1", "a", "2026-05-01T10:00", 10.5)
    order(stores, "o2", "b", "2026-02-01T10:00", 5.0)
    (now,) = rows(stores, NOW)
    assert (now["_id"], now["name"], now["tags"], now["totalSpent"]) == ("a", "'=cmd()", "vip, new", "10.5")
    assert [row["_id"] for row in rows(stores, NOW - timedelta(days=90))] == ["b"]
    assert rows(stores, NOW - timedelta(days=365)) == []
