"""One turn of a sender with one vendor: batches are visited one after another, and what they hand over flies.

A visit hands over as many people of its batch as rates, the campaign's fair part of them and the vendor's
calls allow, and gives the rest back. The vendor's answers are kept when the turn is finished.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from crm import answers, quiet_hours, rows
from crm.answers import Flight
from crm.errors import Unavailable
from crm.lifecycle import CampaignStatus, DeliveryState
from crm.receipts import finish_if_done
from crm.stores import campaigns as campaign_store
from crm.stores import lanes, outbox, rates, streams
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores
from crm.stores.outbox import Cap
from crm.vendors.protocol import EMAIL, SMS, Answer, Message, Vendor

log = logging.getLogger(__name__)

BATCH = 500
_PART, _MOST = 0.2, 0.1  # s: a visit takes the first of a rate, divided by the campaigns that run; at most
_PATIENCE = 1.0  # s that a visit waits for the vendor's rate, and so how long it can put off a pause
_NAP = 0.1
_LOOK_AGAIN = timedelta(seconds=2)
UNCLEAR_AFTER = timedelta(seconds=120)
"""How old a message in a vendor's hands is before its answer counts as lost, if the vendor has no keys."""


def ahead(campaign: Document, vendor: Vendor) -> int:
    """How many entries may lie on the send stream: few where a rate holds it, so that turns are short."""
    return lanes.FEW if _rates(campaign, vendor) else lanes.AHEAD


def _rates(campaign: Document, vendor: Vendor) -> list[tuple[str, float]]:
    given = [(f"vendor:{vendor.name}", vendor.limits.rate)]
    given.append((f"campaign:{campaign['_id']}", campaign.get("rateLimit")))
    return [(name, rate) for name, rate in given if rate]


class _Visit(NamedTuple):
    """A batch that is visited, as it is found."""

    campaign: Document
    batch: Document
    entry: Document
    rates: list[tuple[str, float]]

    @property
    def id(self) -> str:
        return str(self.campaign["_id"])

    @property
    def number(self) -> int:
        return int(self.batch["number"])


class Turn:
    """Visits to batches of campaigns that one vendor carries. Call `finish` at the end, whatever happens."""

    def __init__(self, stores: Stores, vendor: Vendor, wait: Callable[[float], None]) -> None:
        self._stores, self._vendor, self._wait = stores, vendor, wait
        self._flights: list[Flight] = []
        self._unanswered: set[str] = set()  # campaigns with people who were settled without an answer
        self._running: int | None = None
        self._down = False
        self._begun = time.monotonic()

    def visit(self, campaign: Document, entry: Document, now: datetime) -> None:
        """Hand over what there is to hand over of the batch that an entry names."""
        batch = plan_store.find(self._stores, campaign["_id"], entry["number"])
        if batch is None or not batch["counts"][DeliveryState.PENDING]:
            return
        visit = _Visit(campaign, batch, entry, _rates(campaign, self._vendor))
        if self._down:
            self._later(visit, now + _LOOK_AGAIN)
            return
        begun = batch["left"] < len(batch["customerIds"])
        if begun and entry.get("left") != batch["left"]:
            self._leftovers(visit, now)
        if batch["left"] and campaign["status"] == CampaignStatus.RUNNING and not entry.get("due"):
            self._fresh(visit, now)

    def finish(self, now: datetime) -> None:
        """Keep the answers of everything that was handed over in this turn.

        A campaign whose last people were skipped has no answer to come that would finish it.
        """
        for flight in self._flights:
            flight.land()
        answers.keep(self._stores, self._vendor, self._flights, now)
        self._flights = []
        for campaign_id in self._unanswered:
            finish_if_done(self._stores, campaign_id, now)
        self._unanswered = set()

    def _fresh(self, visit: _Visit, now: datetime) -> None:
        """Hand over the next people of a batch, in slices, until the visit's part is used up."""
        ids, left, quota = visit.batch["customerIds"], visit.batch["left"], self._quota(visit)
        deadline = time.monotonic() + _PATIENCE
        while left and quota and not self._down:
            granted = self._granted(visit, min(left, quota, self._slice()), deadline, left, now)
            if granted is None:
                return
            if not granted:
                break
            people = ids[len(ids) - left : len(ids) - left + granted]
            written = self._hand_over(visit, people, left, now)
            if written is None:
                return  # not running: paused or cancelled since the entry was published
            found = [row for row in written if row["state"] == DeliveryState.PENDING and "waits" not in row]
            if asleep := [row["dueAt"] for row in written if "waits" in row]:
                self._later(visit, min(asleep), due=True)
            if len(found) < len(people):
                self._unanswered.add(visit.id)
            self._submit(visit, found, granted)
            left, quota = left - granted, quota - granted
        if left:
            rest = {"campaignId": visit.id, "number": visit.number, "left": left}
            lanes.give_back(self._stores, visit.id, rest)

    def _hand_over(
        self, visit: _Visit, people: Sequence[str], left: int, now: datetime
    ) -> list[Document] | None:
        skipped = set(visit.batch["skippedIds"])
        chosen = [each for each in people if each not in skipped]
        now += timedelta(seconds=time.monotonic() - self._begun)  # a turn may have waited for a rate
        made = rows.compose(self._stores, visit.campaign, visit.number, chosen, now)
        return outbox.hand_over(
            self._stores,
            visit.id,
            visit.number,
            (left, left - len(people)),
            made,
            now,
            cap_of(visit.campaign, now),
        )

    def _granted(self, visit: _Visit, wanted: int, deadline: float, left: int, now: datetime) -> int | None:
        """How many may go now; 0 when the visit has waited long enough, None when it comes again later."""
        while True:
            self._wait_for_room()
            grant = rates.take(self._stores, visit.rates, wanted)
            if grant.granted:
                return grant.granted
            if grant.held_by == len(visit.rates) - 1 and visit.campaign.get("rateLimit"):
                # Its own rate holds this campaign: the others need not wait for it.
                entry = {"campaignId": visit.id, "number": visit.number, "left": left}
                lanes.later(self._stores, streams.SEND, entry, now + timedelta(seconds=grant.wait))
                return None
            if time.monotonic() > deadline:
                return 0
            self._wait(min(max(grant.wait, 0.002), _NAP))

    def _wait_for_room(self) -> None:
        """No more is handed over than the vendor's calls can carry: what waits here can't be paused."""
        limit = self._slice()
        while sum(flight.size for flight in self._flights if not flight.landed) > limit:
            self._wait(_NAP / 5)

    def _slice(self) -> int:
        return min(BATCH, self._vendor.limits.batch * self._vendor.limits.calls)

    def _quota(self, visit: _Visit) -> int:
        """How many people a visit hands over at most, so that campaigns share a rate alike."""
        if not visit.rates:
            return BATCH
        if self._running is None:
            self._running = campaign_store.count_running(self._stores)
        rate = min(rate for _, rate in visit.rates)
        return max(1, int(rate * min(_MOST, _PART / max(1, self._running))))

    def _leftovers(self, visit: _Visit, now: datetime) -> None:
        """See to people who were handed over before: to be tried again, or with an answer that is lost."""
        found = outbox.pending(self._stores, visit.id, visit.batch["customerIds"])
        again = [row for row in found if row.get("waits") == outbox.RETRY]
        in_hand = [row for row in found if not row.get("waits")]
        shut = self._shut(visit, again, in_hand, now)
        again = [row for row in again if row["_id"] not in shut]
        in_hand = [row for row in in_hand if row["_id"] not in shut]
        if in_hand and not visit.entry.get("due"):
            self._once_more(visit, in_hand, now)
        if visit.campaign["status"] != CampaignStatus.RUNNING:
            return  # they wait for it to be resumed
        self._due(visit, [row for row in again if row["dueAt"] <= now], now)
        waiting = [*shut.values(), *(row["dueAt"] for row in again if row["dueAt"] > now)]
        if waiting:
            self._later(visit, min(waiting), due=True)

    def _shut(
        self, visit: _Visit, again: list[Document], in_hand: list[Document], now: datetime
    ) -> dict[str, datetime]:
        """Rows that would go out now and may not, since their sending window is shut; put to sleep.

        What a vendor with keys may have been given already is not given to it again in the night either.
        """
        hours = quiet_hours.of(visit.campaign, now)
        if hours is None:
            return {}
        due = [row for row in again if row["dueAt"] <= now]
        shut = hours.shut([*due, *in_hand] if self._vendor.honours_keys else due)
        outbox.sleep(self._stores, shut, now)
        return shut

    def _due(self, visit: _Visit, found: list[Document], now: datetime) -> None:
        if blocked := rows.blocked(self._stores, found):
            outbox.skip(self._stores, visit.id, visit.number, blocked, now)
            self._unanswered.add(visit.id)
        ids = [row["_id"] for row in found if row["_id"] not in blocked]
        quota = self._quota(visit)
        while ids and quota and not self._down:
            granted = self._granted_again(visit, min(len(ids), quota, self._slice()))
            if not granted:
                break
            released = outbox.release(self._stores, visit.id, ids[:granted], now)
            self._submit(visit, released, granted)
            ids, quota = ids[granted:], quota - granted
        if ids and self._down:
            self._later(visit, now + _LOOK_AGAIN, due=True)
        elif ids:  # the rest waits for its turn: a whole campaign that wakes up keeps nobody waiting
            rest = {"campaignId": visit.id, "number": visit.number, "due": True, "turn": True}
            lanes.give_back(self._stores, visit.id, rest)

    def _granted_again(self, visit: _Visit, wanted: int) -> int:
        """How many may go now. Only whose turn it is waits a moment for a rate."""
        for last in (False, True) if visit.entry.get("turn") else (True,):
            self._wait_for_room()
            grant = rates.take(self._stores, visit.rates, wanted)
            if grant.granted or last:
                return grant.granted
            self._wait(min(max(grant.wait, 0.002), _NAP))
        return 0

    def _once_more(self, visit: _Visit, in_hand: list[Document], now: datetime) -> None:
        """A sender died, or its answers are still on their stream."""
        if self._vendor.honours_keys:
            for part in _parts(in_hand, self._slice()):
                self._wait_for_room()
                self._submit(visit, part)
            return
        lost = [row for row in in_hand if row["updatedAt"] <= now - UNCLEAR_AFTER]
        settled = not streams.backlog(self._stores, streams.RECEIPTS)
        if lost and settled:
            self._flights.append(Flight.lost(visit.id, visit.number, lost))
        if len(lost) < len(in_hand) or not settled:
            self._later(visit, now + UNCLEAR_AFTER / 4)

    def _later(self, visit: _Visit, at: datetime, *, due: bool = False) -> None:
        entry = {"campaignId": visit.id, "number": visit.number} | ({"due": True} if due else {})
        if not due and "left" in visit.entry:
            entry["left"] = visit.entry["left"]
        lanes.later(self._stores, streams.SEND, entry, at)

    def _submit(self, visit: _Visit, found: Sequence[Document], granted: int | None = None) -> None:
        """Let the vendor have these rows; what was granted for more is given back."""
        if granted is not None and len(found) < granted:
            rates.give_back(self._stores, visit.rates, granted - len(found))
        limits = self._vendor.limits
        channel, link_of = visit.campaign.get("channel"), rows.unsubscribe_links(visit.campaign)
        for part in _parts(found, limits.batch):
            flight = Flight(visit.id, visit.number, list(part))
            sendable = [_message(row, channel, link_of) for row in part if "body" in row]
            if limits.calls > 1:
                flight.future = _pool(self._vendor.name, limits.calls).submit(_call, self._vendor, sendable)
            else:
                flight.future = _now(_call, self._vendor, sendable)
                self._down = self._down or flight.took_none
            self._flights.append(flight)
        self._down = self._down or any(flight.took_none for flight in self._flights if flight.landed)


def cap_of(campaign: Document, now: datetime) -> Cap | None:
    """The campaign's frequency cap, counted back from now."""
    given = campaign.get("frequencyCap")
    if not given:
        return None
    messages, days = given["messages"], given["days"]
    reason = f"capped: {messages} message{'s' * (messages > 1)} in {days} day{'s' * (days > 1)}"
    return Cap(messages, now - timedelta(days=days), reason)


def _message(row: Document, channel: str | None, link_of: Callable[[str], str]) -> Message:
    address = rows.address(row)
    way = channel or (EMAIL if address is None or "@" in address else SMS)
    link = link_of(row["customerId"]) if way == EMAIL else None
    return Message(
        answers.key(row), way, address, row["body"], row.get("subject"), row.get("html"), row.get("tries", 0),
        link,
    )  # fmt: skip


def _call(vendor: Vendor, messages: Sequence[Message]) -> list[Answer] | Exception:
    """The vendor's answers, or what it raised."""
    try:
        return vendor.submit(messages) if messages else []
    except Unavailable as error:
        return error
    except Exception as error:
        log.warning(
            "a call to the vendor failed",
            extra={"action": "vendor_failed", "vendor": vendor.name, "error": repr(error)[:300]},
        )
        return error


def _now(
    call: Callable[[Vendor, Sequence[Message]], list[Answer] | Exception],
    vendor: Vendor,
    messages: Sequence[Message],
) -> "Future[list[Answer] | Exception]":
    done: Future[list[Answer] | Exception] = Future()
    done.set_result(call(vendor, messages))
    return done


@lru_cache(maxsize=8)
def _pool(vendor: str, calls: int) -> ThreadPoolExecutor:
    """The threads that call a vendor, shared by the senders of this process."""
    return ThreadPoolExecutor(calls, thread_name_prefix=f"vendor-{vendor}")


def _parts(found: Sequence[Document], size: int) -> Iterator[Sequence[Document]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]
