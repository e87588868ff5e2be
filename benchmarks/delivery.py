"""Delivery: a campaign to everybody, from its launch to the last receipt."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import bare, memory, shop
from benchmarks.crew import Loop
from benchmarks.figure import Figure, note, size
from benchmarks.stage import Stage, await_true, bare_stage
from crm import campaigns, carriers, suppressed
from crm.auth import Account
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Document, Stores
from crm.stores.indexes import INDEXES
from crm.vendors.protocol import EMAIL, Message
from crm.vendors.simulated import SimulatedVendor

EVERYONE = {"type": "everyone"}
TEMPLATE = "Hi {name|there}, here's 10% off on your next order!"
LAUNCHES = 5
_MARKETER = Account(id="a" * 24, email="marketer@shop.example", name="Marketer", role="marketer")
_LIMIT_PART = 5  # the bare loop runs before and after, each time with a part of the recipients
_LOOK = 0.005
RATE = 500.0
_LATENCY = 0.2
_EVEN = 5.0  # s until nothing is on its way any more of what the first campaigns had for themselves
_FOLLOWED = 1.5  # s until every worker has the vendor's new configuration


def run(scale: float) -> Iterator[Figure]:
    """All figures of delivery."""
    with bare_stage() as stage:
        bare.load_customers(stage, size(1_000_000, scale))
        yield from deliver(stage, size(1_000_000, scale))
        yield plan(stage, size(1_000_000, scale))
        stage.clear()
        bare.load_customers(stage, size(10_000, scale))
        yield first_message(stage, size(10_000, scale))
        stage.clear()
        bare.load_customers(stage, size(5_000, scale, least=2_500))
        yield rate_held(stage, size(5_000, scale, least=2_500))
        yield fair_share(stage, RATE)


def launch(stage: Stage, rules: Document = EVERYONE, **options: Any) -> str:
    """Launch a campaign to everybody; its id."""
    campaign = campaigns.launch_new(
        stage.stores, name="Benchmark", rules=rules, template=TEMPLATE, options=options, account=_MARKETER,
        now=utc_now(),
    )  # fmt: skip
    return str(campaign["_id"])


def _await_status(stage: Stage, campaign_id: str, *statuses: str) -> None:
    await_true(lambda: _campaign(stage, campaign_id)["status"] in statuses, 3600, _LOOK)


def _campaign(stage: Stage, campaign_id: str) -> Document:
    return stage.stores.collection("campaigns").find_one({"_id": campaign_id}) or {}


def deliver(stage: Stage, count: int) -> Iterator[Figure]:
    """From the audience written down to nobody pending; the bare loop before and after."""
    part = -(-count // _LIMIT_PART)
    limits = [_bare_rate(stage, range(part))]
    planned = time.perf_counter()
    campaign_id = launch(stage)
    await_true(lambda: _campaign(stage, campaign_id)["status"] != "planning", 3600, _LOOK)
    started, meter = time.perf_counter(), stage.meter()
    note(f"deliver_1m: planned in {started - planned:.1f} s")

    def settled() -> float:
        stats = campaigns.stats(stage.stores, campaign_id)
        return 1 - float(stats["pending"]) / float(stats["total"])

    with memory.followed(stage.worker_pids(), settled) as course:
        await_true(lambda: _campaign(stage, campaign_id)["status"] == "finished", 3600)
    rate = count / (time.perf_counter() - started)
    note(f"own processor time: {meter.each(count)}")
    limits.append(_bare_rate(stage, range(part, min(count, 2 * part))))
    note(f"deliver_1m: {rate:,.0f} messages/s, bare loop {limits[0]:,.0f} before, {limits[1]:,.0f} after")
    stats = campaigns.stats(stage.stores, campaign_id)
    if stats["sent"] + stats["failed"] != count:
        raise AssertionError(f"{count} recipients, but {stats}")
    yield Figure("deliver_1m", rate, count, sum(limits) / len(limits))
    yield Figure("deliver_memory", course.growth(), count)


def first_message(stage: Stage, count: int, launches: int = LAUNCHES) -> Figure:
    """From the launch to the first answer of the vendor on its stream; the slowest of a few launches."""
    seconds = []
    stream = streams.key(stage.stores, streams.RECEIPTS)
    for _ in range(launches):
        newest: Any = stage.stores.redis.xrevrange(stream, count=1)
        started = time.perf_counter()
        campaign_id = launch(stage)
        after = newest[0][0] if newest else "0-0"
        if not stage.stores.redis.xread({stream: after}, count=1, block=60_000):
            raise AssertionError("no message within a minute")
        seconds.append(time.perf_counter() - started)
        await_true(lambda found=campaign_id: _campaign(stage, found)["status"] == "finished")  # type: ignore[misc]
    note(f"first_message: from {min(seconds):.2f} to {max(seconds):.2f} s")
    return Figure("first_message", max(seconds), count)


def plan(stage: Stage, count: int) -> Figure:
    """From the launch to the audience's size fixed, with everything that takes people out of it.

    One in a hundred is suppressed, one in ten held out; everybody had the campaign of `deliver`, a tenth
    another one, and two messages a week are the most.
    """
    tenth = {"type": "condition", "field": "bucket", "operator": "lessThan", "value": 1_000}
    _await_status(stage, launch(stage, tenth), "finished")
    people = (shop.customer(number)["email"] for number in range(0, count, 100))
    suppressed.add(stage.stores, list(people), reason="unsubscribed", account=_MARKETER, now=utc_now())
    two = [{"name": "A", "share": 1}, {"name": "B", "share": 1, "messageTemplate": f"{TEMPLATE} Now."}]
    stage.await_quiet()
    started = time.perf_counter()
    campaign_id = launch(
        stage, variants=two, holdout=0.1, frequencyCap={"messages": 2, "days": 7}, rateLimit=1.0
    )
    await_true(lambda: _campaign(stage, campaign_id)["status"] != "planning", 3600, _LOOK)
    seconds = time.perf_counter() - started
    campaigns.pause(stage.stores, campaign_id, account=_MARKETER, now=utc_now())
    stats = campaigns.stats(stage.stores, campaign_id)
    if stats["total"] != count or not 0.1 < stats["skipped"] / count < 0.4:
        raise AssertionError(f"{count} planned, but {stats}")
    note(f"plan_1m: {stats['skipped']:,} skipped: {campaigns.reasons(stage.stores, campaign_id, 'skipped')}")
    return Figure("plan_1m", seconds, count)


def _vendor(stage: Stage, **configuration: Any) -> None:
    carriers.configure(stage.stores, carriers.DEFAULT, configuration, account=_MARKETER, now=utc_now())
    time.sleep(_FOLLOWED)


def rate_held(stage: Stage, count: int, rate: float = RATE) -> Figure:
    """Messages a second at a vendor of 200 ms a call, one message a call, where a rate is set.

    From the audience written down to the last call; that began a call's time before the last answer.
    """
    _vendor(stage, latency=_LATENCY, batch=1, calls=100, rate=rate)
    campaign_id = launch(stage)
    await_true(lambda: _campaign(stage, campaign_id)["status"] != "planning", 3600, _LOOK)
    started = time.perf_counter()
    _await_status(stage, campaign_id, "finished")
    seconds = time.perf_counter() - started - _LATENCY
    note(f"rate_held: {count:,} messages in {seconds:.2f} s")
    return Figure("rate_held", count / seconds, count, rate)


def fair_share(stage: Stage, rate: float, many: int = 10, seconds: float = 15.0) -> Figure:
    """The largest deviation from the mean of messages sent, among campaigns that run at the same time."""
    _vendor(stage, latency=0, batch=500, calls=1, rate=rate)
    stores = stage.stores
    started = [launch(stage) for _ in range(many)]
    for campaign_id in started:
        await_true(lambda at=campaign_id: _campaign(stage, at)["status"] != "planning", 3600, _LOOK)  # type: ignore[misc]
    time.sleep(min(seconds, _EVEN))
    before = _settled(stage, started)
    time.sleep(seconds)
    gained = [after - first for first, after in zip(before, _settled(stage, started), strict=True)]
    for campaign_id in started:
        campaigns.cancel(stores, campaign_id, account=_MARKETER, now=utc_now())
    mean = sum(gained) / many
    note(f"fair_share: {sorted(gained)} messages in {seconds:.0f} s")
    return Figure("fair_share", max(abs(each - mean) for each in gained) / mean, many)


def _settled(stage: Stage, started: list[str]) -> list[int]:
    found = [campaigns.stats(stage.stores, campaign_id) for campaign_id in started]
    return [each["sent"] + each["failed"] for each in found]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What delivering 500 messages writes: rows, their ends, and two changes of the books."""

    number: int
    rows: list[Document]
    ends: list[tuple[Document, list[str]]]


def _bare_rate(stage: Stage, people: range) -> float:
    """Messages a second of a loop that writes rows, then their ends, and counts both in the plan."""
    stage.stores.collection("bareDeliveries").create_indexes(INDEXES["deliveries"])
    parts = len(stage.crew.pids)
    cuts = [people[part::parts] for part in range(parts)]
    return len(people) / bare.seconds(stage, Loop(_ahead, _write), cuts, len(people))


def _ahead(stores: Stores, people: range) -> list[_Batch]:
    batches = []
    plan = stores.collection("barePlan")
    for rows in bare.chunks(map(_row, people)):
        number = rows[0]["batch"]
        ends: dict[str | None, list[str]] = {}
        messages = [Message(f"{row['_id']}:1", EMAIL, row["email"], row["body"]) for row in rows]
        for row, receipt in zip(rows, SimulatedVendor().submit(messages), strict=True):
            ends.setdefault(receipt.reason, []).append(row["_id"])
        counts = {"pending": len(rows), "sent": 0, "failed": 0}
        people_of = [row["customerId"] for row in rows]
        plan.insert_one({"_id": f"bare:{number}", "customerIds": people_of, "counts": counts, "left": 500})
        batches.append(_Batch(number, rows, [(_end(reason), ids) for reason, ids in ends.items()]))
    return batches


def _row(number: int) -> Document:
    """A row as delivery writes it."""
    fields = shop.customer(number)
    customer_id = f"{number:024x}"
    now = utc_now()
    return {
        "_id": f"{'b' * 24}:{customer_id}",
        "campaignId": "b" * 24,
        "customerId": customer_id,
        "batch": number,
        "state": "pending",
        "attempt": 1,
        "createdAt": now,
        "updatedAt": now,
        "name": fields["name"],
        "email": fields["email"],
        "search": f"{fields['name']} {fields['email']}".casefold(),
        "body": TEMPLATE.replace("{name|there}", fields["name"]),
    }


def _end(reason: str | None) -> Document:
    if reason is None:
        return {"state": "sent", "updatedAt": utc_now()}
    return {"state": "failed", "reason": reason, "updatedAt": utc_now()}


def _write(stores: Stores, batch: _Batch) -> None:
    deliveries, plan = stores.collection("bareDeliveries"), stores.collection("barePlan")
    this = {"_id": f"bare:{batch.number}"}
    deliveries.insert_many(batch.rows, ordered=False)
    plan.update_one(this, {"$set": {"left": 0}})
    sent = 0
    for end, ids in batch.ends:
        deliveries.update_many({"_id": {"$in": ids}}, {"$set": end})
        sent += len(ids) if end["state"] == "sent" else 0
    failed = len(batch.rows) - sent
    plan.update_one(
        this, {"$inc": {"counts.pending": -len(batch.rows), "counts.sent": sent, "counts.failed": failed}}
    )
