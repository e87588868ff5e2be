"""When a campaign's messages may go out, person by person: its sending window in each one's time zone.

The zone of a customer is what his custom attribute named “timezone” says (an IANA name such as
`Asia/Kolkata`), else the account's. A row whose window is shut waits as one that was put off, until it opens.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crm import windows
from crm.fields import Field, FieldType, fold, value_at
from crm.stores import outbox
from crm.stores.connection import Document, Stores
from crm.windows import Window

_FILLERS = re.compile(r"[\s_-]")


class Asleep(NamedTuple):
    """How many people wait for their window, when the next one opens, and in which zone that is."""

    people: int
    opens: datetime
    zone: str


class Hours:
    """The window of one campaign. Remembers when it opens in each zone, so it is good for one instant."""

    def __init__(self, window: Window, usual: str, path: str | None, now: datetime) -> None:
        self._window, self._usual, self._now = window, usual, now
        self.path = path
        self._openings: dict[str, datetime] = {}

    def zone_of(self, customer: Mapping[str, Any]) -> str:
        """The name of a customer's time zone: his own where it is one, else the account's."""
        given = value_at(customer, self.path) if self.path else None
        return given if isinstance(given, str) and windows.zone(given) else self._usual

    def opening(self, row: Document) -> datetime:
        """When this row may go out: now, or later."""
        name = row.get("zone") or self._usual
        known = self._openings.get(name)
        if known is None:
            zone = windows.zone(name) or ZoneInfo(self._usual)
            known = self._openings[name] = self._window.opening(zone, self._now)
        return known

    def shut(self, found: Iterable[Document]) -> dict[str, datetime]:
        """Of these rows, those that may not go out now: `_id` → when they may."""
        openings = {row["_id"]: self.opening(row) for row in found}
        return {row_id: opens for row_id, opens in openings.items() if opens > self._now}

    def see_to(self, row: Document, customer: Mapping[str, Any]) -> None:
        """Have a new row that may not go out now wait."""
        row["zone"] = self.zone_of(customer)
        opens = self.opening(row)
        if opens > self._now:
            row |= {"waits": outbox.RETRY, "dueAt": opens, "asleep": True}


def of(campaign: Document, now: datetime) -> Hours | None:
    """The hours of a launched campaign at this instant; None where it goes out at any."""
    window = campaign.get("sendWindow")
    if not window:
        return None
    return Hours(windows.of(window), campaign["timeZone"], campaign.get("zonePath"), now)


def zone_path(fields: Mapping[str, Field]) -> str | None:
    """Where customers' zones are kept, if they are: the text attribute that is called timezone."""
    for field in fields.values():
        if field.key and field.type is FieldType.TEXT and _FILLERS.sub("", fold(field.name)) == "timezone":
            return field.path
    return None


def would_wait(window: Mapping[str, Any], zones: Mapping[str, int], at: datetime) -> Asleep | None:
    """Whom a launch at this instant would keep waiting, of so many people by zone; None for nobody."""
    open_hours = windows.of(window)
    opens = {name: open_hours.opening(ZoneInfo(name), at) for name, people in zones.items() if people}
    shut = {name: opening for name, opening in opens.items() if opening > at}
    if not shut:
        return None
    first = min(shut, key=lambda name: shut[name])
    return Asleep(sum(zones[name] for name in shut), shut[first], first)


def asleep(stores: Stores, campaign_id: str) -> Asleep | None:
    """Who waits for his window; None where nobody does."""
    first = outbox.first_asleep(stores, campaign_id)
    if first is None:
        return None
    return Asleep(outbox.count_asleep(stores, campaign_id), first["dueAt"], first["zone"])
