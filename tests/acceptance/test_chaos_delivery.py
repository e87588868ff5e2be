"""A campaign through workers, stores and a vendor's service that are killed at random: each person once."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crm import campaigns, carriers, dead_letters, keys, ledger, suppressed
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores import indexes, lanes, streams
from crm.stores.connection import Stores, connect
from crm.variants import Lots
from crm.vendors.http import HttpVendor
from crm.vendors.protocol import EMAIL, Message
from crm.vendors.simulated import SimulatedVendor
from embedded import ports
from tests.acceptance.chaos import MONGOD, VALKEY, VENDOR, WEB, WORKER, Chaos, Herd, running, servers
from tests.acceptance.programs import VendorService, Web
from tests.acceptance.watch import Watch, endings
from tests.crowd import EVERYONE, MARKETER, crowd
from tests.waiting import until

FULL = os.environ.get("CRM_FULL_SIZE") == "1"
SIZE = 200_000 if FULL else 20_000
STRIKES = [WORKER] * (40 if FULL else 3) + [VALKEY, MONGOD, VENDOR] * (10 if FULL else 2) + [WEB] * 4 * FULL
WORKERS = 3
SEED = 21
STREAMS = (streams.PLAN, streams.SEND, streams.RECEIPTS)
FAULTS = {"temporary": 0.03, "duplicate": 0.05, "late": 0.1, "lateBy": 1.0, "lost": 0.5}
LIMITS = {"rate": 2_000, "batch": 100, "calls": 4, "tries": 20, "answerWithin": 3}
HOLDOUT = 0.05
LAST = 0.8  # share of the audience that is settled at the last strike


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    """Workers, a web process and a vendor's service on stores of this test's own."""
    with ExitStack() as stack:
        mongod, valkey = stack.enter_context(servers(tmp_path))
        endpoints = Endpoints(mongod.program.address, valkey.program.address)
        stores = connect(endpoints, database="chaos", prefix="chaos:")
        stack.callback(stores.close)
        indexes.ensure(stores)
        _, api_key = keys.create(stores, name="vendor", role="vendor", by=None, now=utc_now())
        web = stack.enter_context(running(Web(ports.free(), endpoints, stores, tmp_path), tmp_path))
        receipts = f"{web.program.address}/api/delivery-receipt"
        service = VendorService(ports.free(), tmp_path / "keys", receipts, api_key, FAULTS)
        vendor = stack.enter_context(running(service, tmp_path))
        herd = stack.enter_context(Herd(endpoints, stores, ["delivery"], WORKERS, tmp_path, max_attempts=5))
        parts = {MONGOD: mongod, VALKEY: valkey, VENDOR: vendor, WEB: web}
        yield Chaos(stores, parts, herd, STREAMS, SEED)
        assert herd.all_run()


@pytest.mark.slow
def test_a_campaign_settles_everybody_once_through_kills_of_everything(chaos: Chaos) -> None:
    stores, service = chaos.stores, chaos.servers[VENDOR].program
    assert isinstance(service, VendorService)
    campaign_id = launch(stores, service)
    strikes = random.Random(SEED).sample(STRIKES, len(STRIKES))
    with Watch(stores, campaign_id, SEED) as watch:
        for number, victim in enumerate(strikes):
            share = LAST * number / len(strikes)
            until(lambda share=share: settled(stores, campaign_id) >= share, timeout=300)  # type: ignore[misc]
            chaos.strike(victim, more=lambda: send_again(stores, campaign_id))
        until(lambda: campaigns.stats(stores, campaign_id)["status"] == "finished", timeout=300)
    assert len(chaos.held) == len(strikes) and min(chaos.held) > 0
    check_looks(watch)
    told = check_rows(stores, campaign_id)
    check_vendor(service, told)
    check_nothing_is_left(stores)


def launch(stores: Stores, service: VendorService) -> str:
    """A campaign to everybody in two variants, some of whom are suppressed and some held out."""
    for _ in range(0, SIZE, 1_000):
        crowd(stores, 1_000)
    some = stores.collection("customers").find({"bucket": {"$lt": 10}}, {"email": 1})
    suppressed.add(
        stores, [one["email"] for one in some], reason="complained", account=MARKETER, now=utc_now()
    )
    given = {"url": service.address} | LIMITS
    carriers.configure(stores, "http", given, account=MARKETER, now=utc_now())
    variants = [{"name": "A", "share": 1}, {"name": "B", "share": 1, "messageTemplate": "Dear {name}"}]
    campaign = campaigns.launch_new(
        stores, name="Chaos", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=utc_now(),
        options={"vendor": "http", "variants": variants, "holdout": HOLDOUT},
    )  # fmt: skip
    return str(campaign["_id"])


def send_again(stores: Stores, campaign_id: str) -> None:
    """Entries that come a second time, where no other waits."""
    if not streams.backlog(stores, streams.SEND):
        again = [{"campaignId": campaign_id, "number": number} for number in range(8)]
        streams.publish(stores, streams.SEND, again)


def settled(stores: Stores, campaign_id: str) -> float:
    """The share of the audience that has an end."""
    stats = campaigns.stats(stores, campaign_id)
    return 1 - stats["pending"] / stats["total"] if stats["total"] else 0.0


def check_looks(watch: Watch) -> None:
    """The books balanced at every look, and there were enough of them while people were pending."""
    assert watch.wrong == []
    among = [one for one in watch.looks if 0 < one["pending"] < one["total"]]
    assert len(among) > 30 and watch.batches > 30
    assert {one["total"] for one in watch.looks} <= {0, SIZE}


def check_rows(stores: Stores, campaign_id: str) -> dict[str, str]:
    """Everybody has one row and one end, once; those whom the vendor was to be given, the end it tells.

    Returns the latter by key.
    """
    rows = {one["_id"]: one for one in stores.collection("deliveries").find({"campaignId": campaign_id})}
    people = {one["_id"]: one for one in stores.collection("customers").find({}, {"bucket": 1})}
    assert rows.keys() == {f"{campaign_id}:{who}" for who in people}
    assert {one["attempt"] for one in rows.values()} == {1}
    lots = Lots(campaign_id, HOLDOUT, [1, 1])
    kept = {who for who, one in people.items() if one["bucket"] < 10 or lots.held_out(who)}
    messaged = [f"{campaign_id}:{who}:1" for who in people.keys() - kept]
    told = {one.key: str(one.verdict) for one in SimulatedVendor().ask(messaged)}
    expected = {key.removesuffix(":1"): verdict for key, verdict in told.items()}
    expected |= {f"{campaign_id}:{who}": "skipped" for who in kept}
    assert {key: one["state"] for key, one in rows.items()} == expected
    assert endings(stores) == Counter(rows.keys())
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert {state: many for state, many in books.counts.items() if many} == Counter(expected.values())
    return told


def check_vendor(service: VendorService, told: dict[str, str]) -> None:
    """Its own log has the key of each message once, and it says of each what it said before."""
    taken = service.log.read_text().split()
    assert len(taken) == len(set(taken))
    assert set(taken) == told.keys()
    vendor = HttpVendor(service.address)
    for start in range(0, len(taken), 500):
        asked = vendor.ask(taken[start : start + 500])
        assert {one.key: str(one.verdict) for one in asked} == {one.key: told[one.key] for one in asked}
    again = vendor.submit([Message(key, EMAIL, "ann@crm.test", "Hi") for key in taken[:50]])
    assert {one.key: str(one.verdict) for one in again} == {key: told[key] for key in taken[:50]}
    assert service.log.read_text().split() == taken


def check_nothing_is_left(stores: Stores) -> None:
    """No entry waits, is in hand, or was put aside."""
    until(lambda: not streams.backlog(stores, *STREAMS), timeout=300)
    until(lambda: not lanes.waiting(stores) and not lanes.postponed(stores), timeout=300)
    assert dead_letters.count(stores) == 0
