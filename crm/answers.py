"""What the vendor answered, on its way to the books.

What ended goes onto the receipts' stream; what was put off is tried again with growing pauses, until it has
been tried too often; what the vendor took charge of is waited for.
"""

import random
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm import halts
from crm.errors import Unavailable
from crm.lifecycle import DeliveryState
from crm.rows import GONE
from crm.stores import lanes, outbox, streams
from crm.stores import vendors as vendor_store
from crm.stores.connection import Document, Stores
from crm.stores.deliveries import UNCLEAR
from crm.stores.outbox import Delay
from crm.vendors.protocol import Answer, Vendor, Verdict

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between two tries; doubled each time
AWAY_PAUSE = 2.0
GIVE_UP_AWAY = timedelta(seconds=60)
NO_WORD = f"{UNCLEAR}the vendor's answer was lost"
_SENT = DeliveryState.SENT.value
_ENDS = {Verdict.SENT: DeliveryState.SENT, Verdict.FAILED: DeliveryState.FAILED}


class Receipt(NamedTuple):
    """What became of one message: `sent`, or `failed` for good with a reason."""

    customer_id: str
    attempt: int
    status: str
    reason: str | None = None
    message_id: str | None = None


@dataclass(slots=True)
class Flight:
    """Rows of one batch in one call to the vendor."""

    campaign_id: str
    number: int
    rows: list[Document]
    future: "Future[list[Answer] | Exception] | None" = None

    @classmethod
    def lost(cls, campaign_id: str, number: int, rows: list[Document]) -> "Flight":
        """Rows whose call nobody has the answer of."""
        return cls(campaign_id, number, rows)

    @property
    def size(self) -> int:
        return len(self.rows)

    @property
    def landed(self) -> bool:
        """Whether the answer is there, so that nobody has to wait for it."""
        return self.future is None or self.future.done()

    @property
    def took_none(self) -> bool:
        """Whether the vendor said that it took none of them. Waits for the answer."""
        return isinstance(self.result, Unavailable)

    @property
    def result(self) -> "list[Answer] | Exception | None":
        """The answers, or what the call raised; None for a lost one. Waits for it."""
        return self.future.result() if self.future is not None else None

    def land(self) -> None:
        """Wait for the answer."""
        if self.future is not None:
            self.future.result()


def key(row: Document) -> str:
    """The idempotency key of a row's present attempt."""
    return f"{row['_id']}:{row['attempt']}"


def keep(stores: Stores, vendor: Vendor, flights: Sequence[Flight], now: datetime) -> None:
    """Write down what became of the rows of these flights."""
    ended: dict[tuple[str, int], list[Receipt]] = {}  # a batch's together, however many calls it took
    for flight in flights:
        if receipts := _sorted(stores, vendor, flight, now):
            together = ended.setdefault((flight.campaign_id, flight.number), receipts)
            if together is not receipts:
                together += receipts
    entries = [entry(campaign_id, number, receipts) for (campaign_id, number), receipts in ended.items()]
    streams.publish(stores, streams.RECEIPTS, entries)
    _note_outage(stores, vendor, flights, now)


def _sorted(stores: Stores, vendor: Vendor, flight: Flight, now: datetime) -> list[Receipt]:
    """The receipts of a flight; the rest of its rows is put off or waited for."""
    result = flight.result
    open_rows = {key(row): row for row in flight.rows}
    ended = [Receipt(row["customerId"], row["attempt"], DeliveryState.FAILED, GONE)
             for row in flight.rows if "body" not in row]  # fmt: skip
    for receipt in ended:
        del open_rows[f"{flight.campaign_id}:{receipt.customer_id}:{receipt.attempt}"]
    if isinstance(result, Unavailable):
        _put_off(stores, vendor, flight, {row: str(result) for row in open_rows}, now, blame=False)
        return ended
    if not isinstance(result, list):
        if vendor.honours_keys and result is not None:
            _put_off(stores, vendor, flight, dict.fromkeys(open_rows, "the call failed"), now)
            return ended
        return ended + [_unclear(row) for row in open_rows.values()]
    return ended + _by_verdict(stores, vendor, flight, open_rows, result, now)


def _by_verdict(
    stores: Stores,
    vendor: Vendor,
    flight: Flight,
    open_rows: dict[str, Document],
    told: Iterable[Answer],
    now: datetime,
) -> list[Receipt]:
    """The receipts of the rows that these answers end; the others are put off or waited for."""
    ended: list[Receipt] = []
    put_off: dict[str, str] = {}
    charged: dict[str, str | None] = {}  # key → the vendor's id, of those whose end is told later
    settled: set[str] = set()
    for answer in told:
        known, verdict, why, message_id, after = answer
        if (row := open_rows.get(known)) is None:
            continue
        if verdict is Verdict.SENT and not after:  # nearly all of them: without the detour of `receipt_of`
            ended.append(Receipt(row["customerId"], row["attempt"], _SENT, None, message_id))
            settled.add(known)
        elif verdict is Verdict.TEMPORARY:
            put_off[known] = why or "the vendor put it off"
        elif verdict is Verdict.ACCEPTED:
            charged[known] = message_id
        elif after:
            late = entry(flight.campaign_id, flight.number, [receipt_of(row, answer)])
            lanes.later(stores, streams.RECEIPTS, late, now + timedelta(seconds=answer.after))
            charged.setdefault(answer.key, answer.message_id)
        else:
            ended.append(receipt_of(row, answer))
            settled.add(answer.key)
    for silent in open_rows.keys() - settled - put_off.keys() - charged.keys():
        if vendor.honours_keys:
            charged[silent] = None
        else:
            ended.append(_unclear(open_rows[silent]))
    _await(stores, vendor, {each: open_rows[each] for each in charged if each not in settled}, charged, now)
    if put_off:
        ended += _put_off(stores, vendor, flight, put_off, now)
    return ended


def _await(
    stores: Stores, vendor: Vendor, rows: dict[str, Document], ids: dict[str, str | None], now: datetime
) -> None:
    """Note these rows, by key, as taken by a vendor who tells their end later; `ids` are the vendor's."""
    if rows:
        due = now + timedelta(seconds=vendor.limits.answer_within)
        known = {row["_id"]: message_id for each, row in rows.items() if (message_id := ids[each])}
        outbox.accepted(stores, list(rows.values()), due, known, now)


def receipt_of(row: Document, answer: Answer) -> Receipt:
    """An answer that ends a message, as a receipt."""
    if answer.verdict is Verdict.UNCLEAR:
        return _unclear(row, answer.reason)
    state = _ENDS[answer.verdict]
    reason = (answer.reason or "refused by the vendor") if state is DeliveryState.FAILED else None
    return Receipt(row["customerId"], row["attempt"], state, reason, answer.message_id)


def _unclear(row: Document, reason: str | None = None) -> Receipt:
    why = f"{UNCLEAR}{reason}" if reason else NO_WORD
    return Receipt(row["customerId"], row["attempt"], DeliveryState.FAILED, why)


def _put_off(
    stores: Stores,
    vendor: Vendor,
    flight: Flight,
    reasons: dict[str, str],
    now: datetime,
    *,
    blame: bool = True,
) -> list[Receipt]:
    """Try these again later; those that were tried often enough have failed. `blame`: count it as a try."""
    given_up: list[Receipt] = []
    delays: list[Delay] = []
    for row in flight.rows:
        reason = reasons.get(key(row))
        if reason is None:
            continue
        tries = row.get("tries", 0) + blame
        if tries >= vendor.limits.tries:
            why = f"given up after {tries} tries: {reason}"
            given_up.append(Receipt(row["customerId"], row["attempt"], DeliveryState.FAILED, why))
        else:
            delays.append(Delay(row["_id"], row["attempt"], now + _pause(tries, blame), tries))
    outbox.put_off(stores, delays, now)
    if delays:
        again = {"campaignId": flight.campaign_id, "number": flight.number, "due": True}
        lanes.later(stores, streams.SEND, again, min(delay.due for delay in delays))
    return given_up


def _pause(tries: int, blame: bool) -> timedelta:
    """Twice as long each time, and never the same for all: the vendor is not to be met by a wave."""
    longest = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE) if blame else AWAY_PAUSE
    return timedelta(seconds=longest * (0.5 + random.random()))  # noqa: S311


def _note_outage(stores: Stores, vendor: Vendor, flights: Sequence[Flight], now: datetime) -> None:
    """Remember since when a vendor does not answer; after a minute of it, pause the campaigns concerned."""
    flown = [flight for flight in flights if flight.future is not None]
    if any(not flight.took_none for flight in flown):
        vendor_store.answered(stores, vendor.name)
    elif flown:
        since = vendor_store.away_since(stores, vendor.name, now)
        if now - since > GIVE_UP_AWAY:
            because = f"The vendor “{vendor.name}” has not answered for a minute."
            for campaign_id in {flight.campaign_id for flight in flown}:
                halts.halt(stores, campaign_id, because, now)


def entry(campaign_id: str, number: int, receipts: Iterable[Receipt]) -> Document:
    """Receipts for one batch as they travel: customers grouped by what became of their messages."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for receipt in receipts:
        groups.setdefault(receipt[1:], []).append(receipt.customer_id)
    return {
        "campaignId": campaign_id,
        "number": number,
        "outcomes": [
            {"state": state, "attempt": attempt, "reason": reason, "messageId": message_id, "customers": who}
            for (attempt, state, reason, message_id), who in groups.items()
        ],
    }
