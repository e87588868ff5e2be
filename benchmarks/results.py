"""Results: what a campaign brought in, read from the orders of everybody in it."""

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.figure import Figure, note, size
from benchmarks.stage import Stage, bare_stage
from crm import lift
from crm.moment import utc_now
from crm.screening import HELD_OUT
from crm.stores.connection import Document, Stores

_BATCH = 500
_HELD_OUT, _ORDERED = 0.1, 0.05  # of everybody; the latter in each week
_WEEKS = 12
_CAMPAIGN = "lift"


def run(scale: float) -> Iterator[Figure]:
    """All figures of results."""
    with bare_stage() as stage:
        yield lift_1m(stage, size(1_000_000, scale))


def lift_1m(stage: Stage, count: int) -> Figure:
    """Seconds until the lift of a finished campaign within 7 days is known, orders of 12 weeks beside it."""
    now = utc_now()
    _finished(stage.stores, count, now - timedelta(days=10))
    begun = time.perf_counter()
    found = lift.of(stage.stores, _CAMPAIGN, days=7, now=now)
    taken = time.perf_counter() - begun
    if found.treated.people + found.held_out.people != count:
        raise RuntimeError(
            f"{found.treated.people + found.held_out.people} people were compared, not {count}"
        )
    note(f"lift_1m: {found.treated.buyers + found.held_out.buyers} buyers")
    return Figure("lift_1m", taken, count)


def _finished(stores: Stores, count: int, at: datetime) -> None:
    """A campaign that was sent at that instant, its plan, its rows, and orders before and after."""
    chance = random.Random(7)
    stores.collection("campaigns").insert_one(
        {"_id": _CAMPAIGN, "name": "Lift", "status": "finished", "audienceSize": count, "startedAt": at}
    )
    for number, start in enumerate(range(0, count, _BATCH)):
        people = [f"{each:024d}" for each in range(start, min(count, start + _BATCH))]
        out = [who for who in people if chance.random() < _HELD_OUT]
        turn = at + timedelta(milliseconds=10 * number)
        stores.collection("plan").insert_one(
            {
                "_id": f"{_CAMPAIGN}:{number}", "campaignId": _CAMPAIGN, "number": number,
                "customerIds": people, "skippedIds": out, "left": 0, "turnAt": turn, "handedAt": turn,
            }
        )  # fmt: skip
        stores.collection("deliveries").insert_many([_row(who, who in set(out)) for who in people])
        if orders := [_order(who, turn, chance) for who in people * _WEEKS if chance.random() < _ORDERED]:
            stores.collection("orders").insert_many(orders)


def _row(who: str, out: bool) -> Document:
    ending = {"state": "skipped", "reason": HELD_OUT} if out else {"state": "sent", "body": "x" * 100}
    return {"_id": f"{_CAMPAIGN}:{who}", "campaignId": _CAMPAIGN, "customerId": who} | ending


def _order(who: str, turn: datetime, chance: random.Random) -> Document:
    day = chance.uniform(-7 * (_WEEKS - 1), 7)
    return {
        "_id": f"{_CAMPAIGN}-{who}-{day}", "customerId": who, "createdAt": turn + timedelta(days=day),
        "total": 100.0, "status": "delivered", "products": [{"name": "Mug", "quantity": 1, "price": 100.0}],
    }  # fmt: skip
