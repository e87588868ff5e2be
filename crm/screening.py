"""Who of an audience is not messaged, and why: suppressed, capped, held out, or without an address.

The first reason that holds is the one that stands in the books, in this order: no address, suppressed,
capped, held out. So those held out are like those who are messaged in everything else.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from crm import suppressed, turns
from crm.content import Content
from crm.stores import contacts
from crm.stores.connection import Document, Stores

HELD_OUT = "held out"


class Screen:
    """Asks about an audience, a chunk of people after another, in ascending order of their ids."""

    def __init__(self, stores: Stores, campaign: Document, said: Content, now: datetime) -> None:
        self._stores, self._said = stores, said
        self._cap = turns.cap_of(campaign, now)
        self._lately = _Lately(stores, campaign["_id"], self._cap.since) if self._cap else None

    def reasons(self, people: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Of these people (`_id`, email, phone, externalId): those who are not messaged, with the reason."""
        addresses = {person["_id"]: self._said.address(person) for person in people}
        found: dict[str, str] = {}
        if unreachable := self._said.unreachable:
            found = {who: unreachable for who, address in addresses.items() if address is None}
        found |= suppressed.reasons(self._stores, addresses)
        if self._cap and self._lately and people:
            had = self._lately.counts(people[-1]["_id"])
            most, why = self._cap.messages, self._cap.reason
            for who in addresses:
                if had[who] >= most:
                    found.setdefault(who, why)
        for who in addresses:
            if self._said.lots.held_out(who):
                found.setdefault(who, HELD_OUT)
        return found


class _Lately:
    """How many messages people had lately: every recent campaign's people, read along with the audience.

    All are in ascending order, so that no campaign's people need be held in memory at once.
    """

    def __init__(self, stores: Stores, campaign_id: str, since: datetime) -> None:
        self._courses = [
            _Course(stores, other, since) for other in contacts.campaigns_since(stores, since, campaign_id)
        ]

    def counts(self, until: str) -> Counter[str]:
        """Messages by customer, of those not asked about before, up to this id."""
        counted: Counter[str] = Counter()
        for course in self._courses:
            counted.update(course.up_to(until))
        return counted


class _Course:
    """One campaign's messaged people, without those who were refused or skipped."""

    def __init__(self, stores: Stores, campaign_id: str, since: datetime) -> None:
        self._people = _Ascending(contacts.messaged(stores, campaign_id, since))
        self._without = _Ascending([one] for one in contacts.explained(stores, campaign_id))

    def up_to(self, until: str) -> list[str]:
        out = set(self._without.up_to(until))
        return [one for one in self._people.up_to(until) if one not in out]


class _Ascending:
    """Ids from an iterator of ascending lists, up to one id at a time."""

    def __init__(self, lists: Iterator[list[str]]) -> None:
        self._lists = lists
        self._held: deque[str] = deque()

    def up_to(self, until: str) -> list[str]:
        while not self._held or self._held[-1] <= until:
            more = next(self._lists, None)
            if more is None:
                break
            self._held.extend(more)
        found: list[str] = []
        while self._held and self._held[0] <= until:
            found.append(self._held.popleft())
        return found
